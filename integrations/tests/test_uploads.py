import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook

from accounting.tests.processes import start_python
from feed.importer import import_feed
from integrations.models import Upload
from integrations.services import storage, upload_runs
from integrations.services.sweeping import sweep
from integrations.services.upload_runs import MOST_TRIES, run_upload
from integrations.services.uploads import apply_upload, continue_upload, receive_upload
from integrations.tests.factories import department
from integrations.tests.scenes import incoming_of, lines_of, make_upload
from invoices.models import Department
from invoices.tests.factories import make_origin, make_user
from sera_batching.exceptions import NotAllowed, Refused
from sera_batching.models import AuditEvent

pytestmark = pytest.mark.django_db

COUNTS = {"created": 2, "changed": 0, "unchanged": 0, "refused": 1}
CONTENT = lines_of(department("HVAC"), b"{", department("Plumbing"))


def apply(upload: Upload) -> Upload:
    apply_upload(upload_id=upload.pk, origin=make_origin())
    run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    return upload


def test_a_file_is_checked_first_and_then_applied_as_it_was_checked() -> None:
    upload = make_upload(CONTENT)
    assert (upload.status, upload.check_report, upload.report) == ("checked", COUNTS, None)
    assert not Department.objects.exists()
    refused = upload.problems.get()
    assert (refused.is_of_check, refused.source, refused.line) == (True, "march.jsonl", 2)
    upload = apply(upload)
    assert (upload.status, upload.report, upload.lines_done) == ("applied", COUNTS, 3)
    assert Department.objects.count() == 2
    assert upload.problems.filter(is_of_check=False).count() == 1
    actions = AuditEvent.objects.filter(action__startswith="upload.").order_by("pk")
    assert [event.action for event in actions] == [
        "upload.received",
        "upload.check_ended",
        "upload.applied",
        "upload.apply_ended",
    ]
    with pytest.raises(Refused, match="only a checked one"):
        apply_upload(upload_id=upload.pk, origin=make_origin())
    assert not run_upload(upload_id=upload.pk)


def test_a_workbook_is_known_by_its_content() -> None:
    workbook = Workbook()
    workbook.active.title = "department"
    workbook.active.append(["name", "timezone", "default_item", "default_class", "terms"])
    workbook.active.append(["HVAC", "America/Chicago", "Service", None, None])
    file = io.BytesIO()
    workbook.save(file)
    upload = apply(make_upload(file.getvalue(), name="march.jsonl"))
    assert upload.format == "xlsx"
    assert upload.report == {"created": 1, "changed": 0, "unchanged": 0, "refused": 0}


def test_a_file_that_is_no_workbook_inside_is_refused_in_plain_words() -> None:
    upload = make_upload(b"PK\x03\x04 and nothing more")
    assert (upload.status, upload.failure) == (
        "refused",
        "This isn't a workbook; save it as .xlsx.",
    )


def test_a_file_that_was_altered_is_not_applied() -> None:
    upload = make_upload(CONTENT)
    path = storage._root() / upload.storage_key
    path.write_bytes(lines_of(department("Other")))
    upload = apply(upload)
    assert upload.status == "refused"
    assert upload.failure.startswith("The file was altered")
    assert not Department.objects.exists()


def test_a_file_that_is_gone_is_refused() -> None:
    upload = make_upload(CONTENT)
    storage.delete(upload.storage_key)
    assert apply(upload).failure == "The file is gone from the disk; upload it again."


def test_empty_and_too_large_files_are_not_kept(settings: Any) -> None:
    for content, limit, message in ((b"", 10, "empty"), (b"x" * 11, 10, "the limit is 10")):
        settings.FEED_MOST_BYTES = limit
        incoming = incoming_of(content)
        with pytest.raises(Refused, match=message):
            receive_upload(name="a", incoming=incoming, origin=make_origin())
        incoming.close()
    assert not Upload.objects.exists()
    assert list(storage.keys_older_than(-60)) == []


@pytest.mark.parametrize("role", ["Office", "Accountant"])
def test_who_may_not_upload(role: str) -> None:
    upload = make_upload(CONTENT)
    origin = make_origin(role)
    incoming = incoming_of(CONTENT)
    acts: list[Callable[[], object]] = [
        lambda: receive_upload(name="a", incoming=incoming, origin=origin),
        lambda: apply_upload(upload_id=upload.pk, origin=origin),
        lambda: continue_upload(upload_id=upload.pk, origin=origin),
    ]
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    incoming.close()
    upload.refresh_from_db()
    assert upload.status == "checked"
    assert Upload.objects.count() == 1


def test_who_lost_the_role_meanwhile_applies_nothing() -> None:
    upload = make_upload(CONTENT)
    origin = make_origin()
    apply_upload(upload_id=upload.pk, origin=origin)
    origin.user.groups.clear()
    assert not run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == "refused"
    assert not Department.objects.exists()


def test_a_run_that_was_overtaken_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = make_upload(CONTENT)
    apply_upload(upload_id=upload.pk, origin=make_origin())

    def overtaken(*arguments: Any, **options: Any) -> Any:
        Upload.objects.filter(pk=upload.pk).update(attempt=99)
        return import_feed(*arguments, **options)

    monkeypatch.setattr(upload_runs, "import_feed", overtaken)
    assert not run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.status, upload.report, upload.attempt) == ("applying", None, 99)


def test_a_second_worker_leaves_while_a_lease_holds() -> None:
    upload = make_upload(CONTENT, checks=False)
    Upload.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    assert not run_upload(upload_id=upload.pk)
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep().messages_sent == 1
    assert run_upload(upload_id=upload.pk)


def test_after_three_deaths_somebody_has_to_ask_for_more() -> None:
    upload = make_upload(CONTENT)
    apply_upload(upload_id=upload.pk, origin=make_origin())
    Upload.objects.update(tries=MOST_TRIES)
    assert not run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == "interrupted"
    assert "lost 3 times" in upload.failure
    continue_upload(upload_id=upload.pk, origin=make_origin())
    assert run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    assert (upload.status, upload.failure) == ("applied", "")
    with pytest.raises(Refused, match="only an interrupted one"):
        continue_upload(upload_id=upload.pk, origin=make_origin())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_whole_portions_and_the_next_one_goes_on() -> None:
    records = [department(f"Department {number}") for number in range(2_500)]
    upload = make_upload(lines_of(*records))
    apply_upload(upload_id=upload.pk, origin=make_origin())
    process = start_python(
        "from integrations.services import upload_runs\n"
        "from sera_batching.leases import Lease\n"
        "inner = Lease.renew\n"
        "def renew(self, **values):\n"
        "    inner(self, **values)\n"
        "    if values.get('lines_done') == 2_000: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Lease.renew = renew\n"
        f"upload_runs.run_upload(upload_id={upload.pk})\n"
    )
    process.communicate(timeout=300)
    assert process.returncode == -9
    upload.refresh_from_db()
    assert (upload.status, upload.lines_done) == ("applying", 2_000)
    done = Department.objects.count()
    assert done == 2_000
    assert not run_upload(upload_id=upload.pk)
    Upload.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_upload(upload_id=upload.pk)
    upload.refresh_from_db()
    assert upload.status == "applied"
    assert upload.report == {"created": 500, "changed": 0, "unchanged": 2_000, "refused": 0}


def test_old_files_are_removed_and_their_history_stays(settings: Any) -> None:
    upload = make_upload(CONTENT)
    settings.UPLOADS_LAST_DAYS = 30
    assert sweep().files_dropped == 0
    Upload.objects.update(uploaded_at=timezone.now() - timedelta(days=31))
    assert sweep().files_dropped == 1
    upload.refresh_from_db()
    assert (upload.storage_key, upload.check_report) == ("", COUNTS)
    assert list(storage.keys_older_than(-60)) == []
    with pytest.raises(Refused, match="has since been removed"):
        apply_upload(upload_id=upload.pk, origin=make_origin())


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def test_the_page_receives_a_file_and_shows_what_came_of_it(browser: Client) -> None:
    file = SimpleUploadedFile("../march\x01.jsonl", CONTENT)
    answer = browser.post("/uploads/add/", {"file": file})
    upload = Upload.objects.get()
    assert answer.headers["Location"] == f"/uploads/{upload.pk}/"
    assert (upload.size, upload.status) == (len(CONTENT), "checking")
    assert "/" not in upload.name
    assert "every 2s" in browser.get(f"/uploads/{upload.pk}/status/").content.decode()
    run_upload(upload_id=upload.pk)
    page = browser.get(f"/uploads/{upload.pk}/").content.decode()
    assert "Nothing has been written yet" in page
    assert browser.post(f"/uploads/{upload.pk}/apply/").status_code == 302
    run_upload(upload_id=upload.pk)
    lines = b"".join(browser.get(f"/uploads/{upload.pk}/refused.csv")).decode().splitlines()
    assert lines[0] == "\ufeffFile,Line,Field,Reason"
    assert lines[1].split(",")[1:3] == ["2", "line"]
    assert browser.get("/uploads/77/").status_code == 404
    assert browser.get("/uploads/?page=x").status_code == 200


def test_a_file_over_the_limit_is_answered_before_it_is_read(
    browser: Client, settings: Any
) -> None:
    settings.FEED_MOST_BYTES = 1_000
    file = SimpleUploadedFile("a.jsonl", b"x" * 20_000)
    answer = browser.post("/uploads/add/", {"file": file})
    assert answer.status_code == 413
    assert "Split it" in answer.content.decode()
    assert not Upload.objects.exists()
    assert list(storage.keys_older_than(-60)) == []


def test_a_file_without_the_form_s_token_is_not_kept() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    answer = client.post("/uploads/add/", {"file": SimpleUploadedFile("a.jsonl", CONTENT)})
    assert answer.status_code == 403
    assert not Upload.objects.exists()
    assert list(storage.keys_older_than(-60)) == []


def test_the_history_takes_the_same_queries_however_long_it_is(browser: Client) -> None:
    browser.get("/uploads/")
    counts = []
    for _ in range(2):
        make_upload(CONTENT)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/uploads/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
