"""The rules of the design, and how each is taken away for a moment."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mutation:
    """A rule taken away by replacing a text that a file has once; the tests that must notice."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
    on_postgres: bool = False


_LEASES = "sera_batching/tests/test_leases.py"
_BUILDING = "accounting/tests/zips/test_building.py"
_RACES = "accounting/tests/batches/test_races.py"
_WORKERS = "faults/test_workers.py"

MUTATIONS: Final = (
    Mutation(
        "without a unique constraint",
        "accounting/migrations/0003_unique_without_nulls.py",
        'fields=("invoice",),',
        'fields=("invoice", "id"),',
        ("accounting/tests/models/test_item_constraints.py",),
    ),
    Mutation(
        "without the exclusive lock",
        "sera_batching/database/locks.py",
        '_take("pg_advisory_xact_lock")',
        '_take("pg_advisory_xact_lock_shared")',
        (f"{_RACES}::test_no_document_changes_while_a_batch_is_claimed_or_undone",),
        on_postgres=True,
    ),
    Mutation(
        "without the shared lock",
        "sera_batching/database/locks.py",
        '_take("pg_advisory_xact_lock_shared")',
        "pass",
        (f"{_RACES}::test_no_document_changes_while_a_batch_is_claimed_or_undone",),
        on_postgres=True,
    ),
    Mutation(
        "without IMMEDIATE on SQLite",
        "sera_batching/settings.py",
        '"transaction_mode": "IMMEDIATE"',
        '"transaction_mode": "DEFERRED"',
        ("faults/test_at_once.py::test_web_and_worker_processes_write_to_sqlite_together",),
    ),
    Mutation(
        "without the lease",
        "sera_batching/leases.py",
        "    if row is None or not row.has_free_lease():\n        return None",
        "    if row is None:\n        return None",
        (_LEASES, _BUILDING),
    ),
    Mutation(
        "without fencing",
        "sera_batching/leases.py",
        "attempt=self.attempt, lease_until__isnull=False",
        "lease_until__isnull=False",
        (f"{_BUILDING}::test_a_builder_that_wakes_after_its_lease_changes_nothing",),
    ),
    Mutation(
        "without fencing once the work has ended",
        "sera_batching/leases.py",
        "attempt=self.attempt, lease_until__isnull=False",
        "attempt=self.attempt",
        (f"{_BUILDING}::test_a_builder_that_wakes_after_its_lease_changes_nothing",),
    ),
    Mutation(
        "without an end to dying",
        "accounting/zips/build.py",
        "MOST_TRIES: Final = 3",
        "MOST_TRIES: Final = 1000",
        (f"{_BUILDING}::test_at_the_third_death_it_fails_and_retry_and_release_are_offered",),
    ),
    Mutation(
        "without atomic rename",
        "accounting/zips/storage.py",
        "path.replace(_root() / key)",
        "(_root() / key).write_bytes(path.read_bytes())",
        ("faults/test_crashes.py::test_a_build_that_dies_at_any_step_is_finished_by_another",),
    ),
    Mutation(
        "without cleaning up",
        "accounting/zips/storage.py",
        "    finally:\n        path.unlink(missing_ok=True)",
        "    finally:\n        pass",
        (f"{_BUILDING}::test_a_build_that_fails_says_why_and_leaves_no_partial_file",),
    ),
    Mutation(
        "with early ack",
        "sera_batching/settings.py",
        "CELERY_TASK_ACKS_LATE = True",
        "CELERY_TASK_ACKS_LATE = False",
        (f"{_WORKERS}::test_a_pool_child_that_is_killed_is_replaced_at_once",),
        on_postgres=True,
    ),
    Mutation(
        "without rejecting what a dead child had",
        "sera_batching/settings.py",
        "CELERY_TASK_REJECT_ON_WORKER_LOST = True",
        "CELERY_TASK_REJECT_ON_WORKER_LOST = False",
        (f"{_WORKERS}::test_a_pool_child_that_is_killed_is_replaced_at_once",),
        on_postgres=True,
    ),
    Mutation(
        "without a sweeper for lost messages",
        "accounting/sweep.py",
        "queued_again = tuple(pk for pk in hopeful if enqueue_build(pk))",
        "queued_again = tuple(hopeful)",
        ("accounting/tests/test_sweep.py",),
    ),
    Mutation(
        "without comparing invoices' fingerprints",
        "accounting/triggers/unbatched_documents.py",
        "ELSE n.fingerprint <> r.fingerprint END",
        "ELSE TRUE END",
        ("accounting/tests/unbatched/test_unbatched_invoices.py",),
    ),
    Mutation(
        "without comparing payments' fingerprints",
        "accounting/unbatched/rows.py",
        'Q(previous__isnull=True) | ~Q(sent_fingerprint=F("fingerprint"))',
        "Q(previous__isnull=True) | Q(previous__isnull=False)",
        ("accounting/tests/unbatched/test_unbatched_payments.py",),
    ),
    Mutation(
        "without looking again at confirming",
        "accounting/batches/confirm.py",
        "    moved = find_changed(draft)\n    if moved and not leaves_out_moved:",
        "    moved = find_changed(draft)[:0]\n    if moved and not leaves_out_moved:",
        ("accounting/tests/batches/test_confirm.py",),
    ),
    Mutation(
        "undo forgets the refunds",
        "accounting/batches/undo.py",
        "    RefundUse.objects.filter(item__batch=batch).update(is_live=False)\n",
        "",
        ("accounting/tests/batches/test_undo.py",),
    ),
    Mutation(
        "undo forgets what it superseded",
        "accounting/batches/undo.py",
        "    BatchItem.objects.live().filter(pk__in=superseded).update(is_newest=True)\n",
        "",
        ("accounting/tests/batches/test_undo.py",),
    ),
    Mutation(
        "without a checksum at the download",
        "accounting/zips/downloads.py",
        "    if found.hexdigest() != batch.sha256:",
        "    if not found.hexdigest():",
        ("accounting/tests/zips/test_stored_zips.py",),
    ),
    Mutation(
        "without a second attempt",
        "sera_batching/database/transactions.py",
        "ATTEMPTS: Final = 3",
        "ATTEMPTS: Final = 1",
        ("faults/test_deadlocks.py",),
        on_postgres=True,
    ),
    Mutation(
        "without a look after a lost commit",
        "accounting/batches/confirm.py",
        "_find_committed(draft_id) if may_have_committed(error) else None",
        "None",
        ("faults/test_postgres.py::test_a_connection_lost_during_commit_is_followed_by_a_look",),
        on_postgres=True,
    ),
)
