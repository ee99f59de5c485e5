import random
import zipfile

import pytest

from accounting.tests.workbooks.samples import Folder
from accounting.workbooks import workbook
from accounting.workbooks.layouts import Column
from accounting.workbooks.workbook import write_parts

NARROW = (Column("No", "text", "number"), Column("Line", "cents", "line"))


def document(number: int, lines: int) -> list[tuple[str, int]]:
    """Return the rows of a document."""
    return [(f"D{number}", line) for line in range(lines)]


def test_no_documents_are_one_part_with_the_header() -> None:
    folder = Folder()
    (part,) = write_parts(folder.open, title="1 Invoice Inserts", columns=NARROW, documents=[])
    assert (part.name, part.documents, part.workbook.rows) == ("1 Invoice Inserts.xlsx", 0, 0)
    assert folder.column("1 Invoice Inserts.xlsx", 0) == []


def test_part_of_exactly_50_000_rows_is_one() -> None:
    documents = (document(number, 5) for number in range(10_000))
    (part,) = write_parts(Folder().open, title="1 X", columns=NARROW, documents=documents)
    assert (part.documents, part.workbook.rows) == (10_000, 50_000)


def test_document_that_does_not_fit_starts_the_next_part() -> None:
    folder = Folder()
    documents = [document(1, 49_998), document(2, 3), document(3, 2)]
    parts = write_parts(folder.open, title="1 X", columns=NARROW, documents=documents)
    assert [(part.name, part.documents, part.workbook.rows) for part in parts] == [
        ("1 X.xlsx", 1, 49_998),
        ("1 X (2).xlsx", 2, 5),
    ]
    assert folder.column("1 X (2).xlsx", 0) == ["D2", "D2", "D2", "D3", "D3"]


def test_document_larger_than_a_part_is_not_split() -> None:
    documents = [document(1, 1), document(2, 50_001), document(3, 1)]
    parts = write_parts(Folder().open, title="1 X", columns=NARROW, documents=documents)
    assert [part.workbook.rows for part in parts] == [1, 50_001, 1]


@pytest.mark.parametrize(("script", "count"), [("latin", 3_000), ("chinese", 1_500)])
def test_part_is_full_at_9_5_megabytes_and_loses_nothing(script: str, count: int) -> None:
    # Random text hardly compresses, so the size ends the part long before the row limit.
    source = random.Random(1)
    alphabet = (
        [chr(code) for code in range(33, 127)]
        if script == "latin"
        else [chr(code) for code in range(0x4E00, 0x9FFF)]
    )
    columns = (*NARROW, Column("Memo", "text", "memo"))
    texts = ["".join(source.choices(alphabet, k=1_500)) for _ in range(count * 3)]
    documents = [
        [(f"D{number}", line, texts[number * 3 + line]) for line in range(3)]
        for number in range(count)
    ]
    folder = Folder()
    parts = write_parts(folder.open, title="1 X", columns=columns, documents=documents)
    assert len(parts) > 1
    assert all(part.workbook.size <= workbook.PART_BYTES for part in parts)
    assert all(part.workbook.rows == part.documents * 3 for part in parts)
    assert [text for part in parts for text in folder.column(part.name, 2)] == texts
    assert [number for part in parts for number in folder.column(part.name, 0)] == [
        row[0] for rows in documents for row in rows
    ]


def test_text_of_a_document_that_did_not_fit_is_not_left_behind() -> None:
    folder = Folder()
    columns = (Column("Memo", "text", "memo"),)
    source = random.Random(1)
    texts = [source.randbytes(14_000).hex() for _ in range(500)]
    write_parts(folder.open, title="1 X", columns=columns, documents=[[(text,)] for text in texts])
    written = [folder.column(name, 0) for name in folder.files]
    assert [text for values in written for text in values] == texts
    for name, values in zip(folder.files, written, strict=True):
        with zipfile.ZipFile(folder.files[name]) as archive:
            strings = archive.read("xl/sharedStrings.xml")
        assert strings.count(b"<si>") == len(values) + 1
