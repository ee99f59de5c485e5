"""What must hold after each fault: nothing lost, nothing duplicated, sound books."""

from accounting.invariants import find_breaches
from accounting.models import Batch, BatchItem
from accounting.tests.readings import unbatched
from accounting.tests.scenes import make_every_kind
from accounting.zips.build import build_batch
from sera_batching.origin import Origin

Document = tuple[str, str]
"""Kind, number."""


def make_every_kind_with_zips(origin: Origin, *, prefix: str = "") -> None:
    """Make rows of all six kinds, as `make_every_kind`; the batches before them have their zips."""
    make_every_kind(origin, prefix=prefix)
    for batch in Batch.objects.filter(status=Batch.Status.READY, storage_key=""):
        Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.QUEUED, sha256="")
        assert build_batch(batch_id=batch.pk)


def breaches() -> list[str]:
    """Return what `manage.py check_books` finds."""
    return [f"{breach.invariant}: {breach.message}" for breach in find_breaches()]


def unbatched_documents() -> list[Document]:
    """Return what Unbatched shows, by kind and number."""
    return sorted((kind, number) for kind, number, _ in unbatched())


def batched_documents() -> list[Document]:
    """Return what live batches hold by their newest items, with duplicates."""
    items = BatchItem.objects.live().newest()
    return sorted(items.values_list("kind", "number"))
