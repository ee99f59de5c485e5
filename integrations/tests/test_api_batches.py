import io
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounting.models import Batch, BatchDownload
from accounting.tests.factories import make_batch, make_failed_batch
from accounting.zips.build import build_batch
from accounting.zips.storage import path_of
from integrations.models import IdempotentRequest
from integrations.tests.factories import ApiClient, problem
from integrations.tests.test_api_access import uncounted
from invoices.models import Invoice
from invoices.tests.factories import make_invoice
from payments.tests.factories import make_payment

pytestmark = pytest.mark.django_db


def test_unbatched_in_pages_is_all_of_it_once() -> None:
    invoices = [make_invoice() for _ in range(5)]
    payment = make_payment(invoice=invoices[0])
    api = ApiClient("read")
    whole = api.get("unbatched").json()
    assert whole["next_cursor"] is None
    paged: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("unbatched", limit=2, **cursor).json()
        paged += page["rows"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert paged == whole["rows"]
    assert [row["number"] for row in paged] == [
        *sorted(invoice.number for invoice in invoices),
        payment.number,
    ]
    assert paged[0] == {
        "tab": "invoices",
        "kind": "invoice_insert",
        "number": min(invoice.number for invoice in invoices),
        "date": "2026-11-02",
        "department": paged[0]["department"],
        "customer": paged[0]["customer"],
        "amount": paged[0]["amount"],
        "is_blocked": False,
    }


def test_a_row_that_goes_between_two_pages_hides_no_other() -> None:
    for _ in range(3):
        make_invoice()
    api = ApiClient("read")
    first = api.get("unbatched", limit=1).json()
    make_batch(("invoice_insert", first["rows"][0]["number"]), is_built=False)
    second = api.get("unbatched", limit=1, cursor=first["next_cursor"]).json()
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert second["rows"][0]["number"] == numbers[1]


def test_unbatched_takes_the_filters_of_the_page() -> None:
    invoice = make_invoice()
    make_payment(invoice=invoice)
    api = ApiClient("read")
    assert len(api.get("unbatched", tab="payments").json()["rows"]) == 1
    assert len(api.get("unbatched", kind="invoice_insert").json()["rows"]) == 1
    assert len(api.get("unbatched", search=invoice.number.lower()).json()["rows"]) >= 1
    assert api.get("unbatched", **{"from": "2026-11-04"}).json()["rows"] == []
    department = invoice.current_revision.department  # type: ignore[union-attr]
    name = department.name if department else "none"
    assert len(api.get("unbatched", department=name, tab="invoices").json()["rows"]) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-13-01"}, "query.from"),
        ({"from": "20261101"}, "query.from"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "query"),
        ({"department": "Nowhere"}, "department"),
        ({"kind": "gift"}, "query.kind"),
        ({"limit": "0"}, "query.limit"),
        ({"limit": "1001"}, "query.limit"),
        ({"search": "a\0b"}, "query.search"),
        ({"cursor": "xyz"}, "query.cursor"),
        ({"cursor": "WyJpbnZvaWNlcyJd"}, "query.cursor"),
    ],
)
def test_what_unbatched_cannot_be_asked(query: dict[str, str], field: str) -> None:
    response = ApiClient("read").get("unbatched", **query)
    assert response.status_code == 422
    assert problem(response)["errors"][0]["field"] == field


def test_a_page_of_unbatched_takes_the_same_queries_whatever_is_on_it() -> None:
    api = ApiClient("read")
    counts = []
    for _ in range(2):
        make_invoice()
        make_invoice()
        with CaptureQueriesContext(connection) as queries:
            api.get("unbatched")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_batch_is_made_built_and_downloaded() -> None:
    invoice = make_invoice()
    make_invoice()
    api = ApiClient()
    body = {
        "include": [{"kind": "invoice_insert", "number": invoice.number}],
        "name": "November",
    }
    made = api.post("batches", body)
    assert made.status_code == 202
    batch = Batch.objects.get()
    assert made.headers["Location"] == f"/api/v1/batches/{batch.pk}"
    assert made.json()["status"] == "queued"
    assert made.json()["documents"] == 1
    assert made.json()["zip_url"] is None
    refused = api.get(f"batches/{batch.pk}/zip")
    assert problem(refused)["detail"] == f"Batch {batch.pk} has no zip: it is queued."
    assert build_batch(batch_id=batch.pk)
    shown = api.get(f"batches/{batch.pk}").json()
    assert shown["status"] == "ready"
    assert shown["name"] == "November.zip"
    assert shown["files"]["1 Invoice Inserts"]["documents"] == 1
    download = api.client.get(shown["zip_url"], headers=api.headers)
    content = b"".join(download.streaming_content)  # type: ignore[attr-defined]
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert BatchDownload.objects.get().user == api.token.owner


def test_a_zip_that_was_altered_is_not_handed_out() -> None:
    make_invoice()
    batch = make_batch()
    path_of(batch.storage_key).write_bytes(b"other")
    response = ApiClient("read").get(f"batches/{batch.pk}/zip")
    assert response.status_code == 409
    assert "fails its checksum" in problem(response)["detail"]
    assert not BatchDownload.objects.exists()


def test_a_dry_run_batches_nothing() -> None:
    make_invoice()
    api = ApiClient("batch")
    before = Batch.objects.count()
    response = api.post("batches", {"dry_run": True})
    assert response.status_code == 200
    assert response.json()["files"]["1 Invoice Inserts"]["documents"] == 1
    assert Batch.objects.count() == before


def test_nothing_to_batch_is_a_problem_that_says_so() -> None:
    response = ApiClient("batch").post("batches")
    assert response.status_code == 422
    refusal = problem(response)
    assert refusal["type"] == "/api/v1/docs/#refused"
    assert "othing" in refusal["detail"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"includes": []},
        {"dry_run": "true"},
        {"include": [{"kind": "invoice_insert", "number": "none such"}]},
        {"include": [{"kind": "gift", "number": "1"}]},
        {"name": ""},
        {"name": "a/b"},
        [],
        "text",
    ],
)
def test_what_no_batch_can_be(body: Any) -> None:
    make_invoice()
    response = ApiClient("batch").post("batches", body)
    assert problem(response)["status"] == 422
    assert not Batch.objects.exists()


def test_a_body_that_is_not_json_is_a_problem() -> None:
    api = ApiClient("batch")
    response = api.client.post(
        "/api/v1/batches", b"{", content_type="application/json", headers=api.headers
    )
    assert problem(response)["type"] == "/api/v1/docs/#bad-request"
    large = api.client.post(
        "/api/v1/batches", b" " * 6_000_000, content_type="application/json", headers=api.headers
    )
    assert problem(large)["status"] == 413


def test_the_same_key_makes_one_batch() -> None:
    make_invoice()
    api = ApiClient("batch")
    first = api.post("batches", key="monday")
    make_invoice()
    again = api.post("batches", key="monday")
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert Batch.objects.count() == 1
    assert IdempotentRequest.objects.get().status == 202


def test_batches_in_pages() -> None:
    for _ in range(3):
        make_invoice()
        make_batch(is_built=False)
    api = ApiClient("read")
    first = api.get("batches", limit=2).json()
    second = api.get("batches", limit=2, cursor=first["next_cursor"]).json()
    ids = [batch["batch"] for batch in first["batches"] + second["batches"]]
    assert ids == sorted(Batch.objects.values_list("pk", flat=True), reverse=True)
    assert second["next_cursor"] is None
    assert len(api.get("batches", status="ready").json()["batches"]) == 0


def test_an_undo_names_what_depends_on_the_batch() -> None:
    invoice = make_invoice()
    first = make_batch()
    make_payment(invoice=invoice)
    second = make_batch()
    api = ApiClient("undo")
    before = Batch.objects.filter(status="undone").count()
    refused = api.post(f"batches/{first.pk}/undo", {"reason": "Wrong."}, key="k")
    assert refused.status_code == 409
    assert problem(refused)["dependents"] == [second.pk]
    assert Batch.objects.filter(status="undone").count() == before
    together = {"reason": "Wrong.", "with_dependents": True}
    undone = api.post(f"batches/{first.pk}/undo", together, key="k2")
    assert undone.json()["undone"] == [second.pk, first.pk]
    assert api.post(f"batches/{first.pk}/undo", together, key="k2").content == undone.content
    again = api.post(f"batches/{first.pk}/undo", together)
    assert problem(again)["detail"].endswith("has already been undone. Nothing was changed.")
    assert problem(ApiClient("read").get(f"batches/{first.pk}/zip"))["status"] == 409
    download = ApiClient("read").get(f"batches/{first.pk}/zip", undone="true")
    assert download.status_code == 200
    download.close()


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": 1}])
def test_an_undo_needs_a_reason(body: dict[str, Any]) -> None:
    make_invoice()
    batch = make_batch()
    response = ApiClient("undo").post(f"batches/{batch.pk}/undo", body)
    assert problem(response)["errors"][0]["field"] == "body.reason"
    batch.refresh_from_db()
    assert batch.status == "ready"


def test_a_failed_batch_is_retried_or_released() -> None:
    make_invoice()
    failed = make_failed_batch()
    api = ApiClient("batch", "undo", "read")
    refused = api.post(f"batches/{failed.pk}/undo", {"reason": "Wrong."})
    assert "retry it, or release its items" in problem(refused)["detail"]
    retried = api.post(f"batches/{failed.pk}/retry")
    assert (retried.status_code, retried.json()["status"]) == (202, "queued")
    Batch.objects.update(status="failed")
    released = api.post(f"batches/{failed.pk}/release", {"reason": "Wrong."}).json()
    assert released["released"] == [failed.pk]
    assert problem(api.post(f"batches/{failed.pk}/retry"))["status"] == 422


def test_a_refusal_changes_nothing() -> None:
    make_invoice()
    batch = make_batch()
    api = ApiClient()
    api.get("batches")
    before = uncounted()
    assert api.post(f"batches/{batch.pk}/release", {"reason": "Wrong."}).status_code == 422
    assert api.post(f"batches/{batch.pk}/retry").status_code == 422
    assert uncounted() == before
