"""Batches for tests: drafted, confirmed and built by the real services."""

from accounting.batches.confirm import confirm_draft
from accounting.batches.drafts import make_draft
from accounting.models import Batch, Draft
from accounting.unbatched.filters import Filters
from accounting.unbatched.selection import NamedDocuments
from accounting.zips.build import build_batch
from invoices.tests.factories import make_origin
from sera_batching.origin import Origin


def draft_of(
    *documents: tuple[str, str], origin: Origin | None = None, filters: Filters | None = None
) -> Draft:
    """Draft the documents given as (kind, number), or everything that matches the filters."""
    return make_draft(
        origin=origin or make_origin(),
        choice=NamedDocuments(include=documents),
        filters=filters or Filters(),
    )


def confirm(draft: Draft, *, name: str = "Batch", origin: Origin | None = None) -> Batch:
    """Confirm a draft whose documents have not moved; no message goes to the workers."""
    return confirm_draft(
        draft_id=draft.pk,
        name=name,
        origin=origin or Origin(user=draft.user),
        is_built_here=True,
    ).batch


def make_batch(
    *documents: tuple[str, str],
    name: str = "Batch",
    is_built: bool = True,
    origin: Origin | None = None,
) -> Batch:
    """Make a batch of the documents given as (kind, number), or of everything; queued or ready."""
    origin = origin or make_origin()
    batch = confirm(draft_of(*documents, origin=origin), name=name, origin=origin)
    if is_built:
        assert build_batch(batch_id=batch.pk)
        batch.refresh_from_db()
    return batch


def make_ready_batch(*documents: tuple[str, str], origin: Origin | None = None) -> Batch:
    """Make a batch that can be undone, without building it: faster, but without files."""
    batch = make_batch(*documents, is_built=False, origin=origin)
    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.READY, sha256="0" * 64)
    batch.refresh_from_db()
    return batch


def make_failed_batch(
    *documents: tuple[str, str], failure: str = "Storage full.", origin: Origin | None = None
) -> Batch:
    """Make a batch whose build failed."""
    batch = make_batch(*documents, is_built=False, origin=origin)
    Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.FAILED, failure=failure)
    batch.refresh_from_db()
    return batch
