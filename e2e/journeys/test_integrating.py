"""An admin imports documents: by a file that is checked first, and by a token for another
system."""

import http.client
import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from e2e.application import Demo
from e2e.conftest import accessibility_violations
from e2e.journeys.conftest import OpenPage, keep_picture, sign_in
from e2e.journeys.zips import WORKBOOKS

pytestmark = pytest.mark.browser

CUSTOMER: Final[dict[str, Any]] = {
    "type": "customer",
    "number": "C-9001",
    "name": "Nadia Brandt",
    "email": "",
    "billing_address": None,
    "service_address": None,
    "tax_exempt": False,
}
PAYMENT: Final[dict[str, Any]] = {
    "type": "payment",
    "number": "P-9001",
    "customer": "C-9001",
    "job": None,
    "date": "2026-11-03",
    "method": "check",
    "amount": "125.40",
    "reference": "1187",
    "memo": "",
    "settled": True,
    "allocations": [],
}


def lines(*records: dict[str, Any]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


@pytest.mark.slow
def test_a_file_is_checked_then_applied(open_demo: OpenPage) -> None:
    page = open_demo()
    sign_in(page, "admin")
    page.goto("/uploads/")
    bad = {**PAYMENT, "number": "P-9002", "amount": "1,25"}
    page.get_by_label("File of records").set_input_files(
        {
            "name": "november.jsonl",
            "mimeType": "application/x-ndjson",
            "buffer": lines(CUSTOMER, PAYMENT, bad),
        }
    )
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("button", name="Apply")).to_be_visible(timeout=60_000)
    checked = page.get_by_role("row", name="Checked: what it would do")
    assert checked.get_by_role("cell").all_inner_texts() == ["2", "0", "0", "1"]
    refused = page.get_by_role("region", name="Refused lines").get_by_role("row").nth(1)
    assert refused.get_by_role("cell").all_inner_texts()[:3] == ["november.jsonl", "3", "amount"]
    assert accessibility_violations(page) == []
    keep_picture(page, "upload-checked")

    page.get_by_role("button", name="Apply").click()
    applied = page.get_by_role("row", name="Applied: what it did")
    expect(applied).to_be_visible(timeout=60_000)
    assert applied.get_by_role("cell").all_inner_texts() == ["2", "0", "0", "1"]
    keep_picture(page, "upload-applied")
    page.goto("/unbatched/?tab=payments&q=P-9001")
    row = page.get_by_role("row").filter(has_text="P-9001")
    assert "Nadia Brandt" in row.inner_text()
    assert "125.40" in row.inner_text()


@dataclass(frozen=True)
class Integrator:
    """Another system: it knows the URL and its token."""

    url: str
    token: str

    def ask(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Return the status and the body of an answer of the API."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        connection.request(method, f"/api/v1/{path}", body, headers)
        answer = connection.getresponse()
        result = answer.status, answer.read()
        connection.close()
        return result

    def wait_for_batch(self, number: int) -> dict[str, Any]:
        """Ask until the worker has built it."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            status, body = self.ask("GET", f"batches/{number}")
            batch: dict[str, Any] = json.loads(body)
            if status != 200 or batch["status"] in {"ready", "failed"}:
                return batch
            time.sleep(0.2)
        raise AssertionError(f"Batch {number} was never built.")


@pytest.mark.slow
def test_a_token_feeds_batches_and_is_revoked(open_demo: OpenPage, demo: Demo) -> None:
    page = open_demo()
    sign_in(page, "admin")
    page.goto("/settings/tokens/")
    page.get_by_role("link", name="Make a token").click()
    page.get_by_label("Name").fill("Scheduler")
    page.get_by_label("Acts for").select_option(label="admin")
    for box in page.get_by_role("group", name="May").get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token", exact=True).inner_text()
    assert accessibility_violations(page) == []
    system = Integrator(demo.url, secret)

    status, body = system.ask("POST", "feed", lines(CUSTOMER, PAYMENT), "application/x-ndjson")
    assert (status, json.loads(body)["created"]) == (200, 2)
    wanted = {"include": [{"kind": "payment_insert", "number": "P-9001"}], "name": "By machine"}
    status, body = system.ask("POST", "batches", json.dumps(wanted).encode())
    assert status == 202
    number = json.loads(body)["batch"]
    batch = system.wait_for_batch(number)
    assert (batch["status"], batch["name"]) == ("ready", "By machine.zip")
    status, body = system.ask("GET", f"batches/{number}/zip")
    assert status == 200
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == [*WORKBOOKS, "SaasAnt settings.txt"]

    page.goto("/batches/")
    assert "By machine.zip" in page.get_by_role("row").nth(1).inner_text()
    assert system.ask("POST", f"batches/{number}/undo", b'{"reason": "A try."}')[0] == 200
    page.reload()
    assert "Undone" in page.get_by_role("row").nth(1).inner_text()

    page.goto("/settings/tokens/")
    keep_picture(page, "tokens")
    page.get_by_role("button", name="Revoke Scheduler").click()
    assert system.ask("GET", "unbatched")[0] == 401
    assert secret not in page.content()
