"""A batch as text for people: the same facts as in the JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from accounting.management.tables import Column, table_lines
from accounting.models import Kind

_FILE_COLUMNS: Final = (
    Column("File", 18),
    Column("Documents", 9, is_number=True),
    Column("Rows", 8, is_number=True),
    Column("Total", 14, is_number=True),
)


def batch_lines(shape: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines about a batch, or about a dry run, of the given shape."""
    number = shape["batch"]
    title = "Dry run, nothing was batched" if number is None else f"Batch {number}"
    yield f"{title}: {shape['name']}, {shape['status']}"
    if shape["path"]:
        yield f"Zip: {shape['path']}"
        yield f"SHA-256: {shape['sha256']}"
    rows = [
        (title, content["documents"], content["rows"], content["total"])
        for title, content in shape["files"].items()
    ]
    yield from table_lines(_FILE_COLUMNS, rows)
    for warning in shape["warnings"]:
        kind = Kind(warning["kind"]).label.lower()
        yield f"Warning, {kind} {warning['number']}: {warning['problem']} {warning['remedy']}"
    for document in shape["left_out"]:
        kind = Kind(document["kind"]).label.lower()
        yield f"Left out, {kind} {document['number']}: {document['reason']}"
