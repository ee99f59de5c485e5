import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounting.tests.workbooks.samples import sheet_of
from accounting.workbooks import cells
from accounting.workbooks.layouts import CellKind, Column, SheetRow, layout
from accounting.workbooks.workbook import WorkbookSummary, content_sha256, write_workbook

COLUMNS = (
    Column("Text", "text", "text"),
    Column("Date", "date", "date"),
    Column("Amount", "cents", "cents"),
    Column("Rate", "rate", "rate"),
    Column("Quantity", "quantity", "quantity"),
)
ROWS = [
    ("001042", date(2026, 1, 31), 1999, Decimal("33.333333"), Decimal("1.5")),
    (None, None, None, None, None),
    ("a\nb", date(9999, 12, 31), -1, Decimal("-0.000001"), Decimal(0)),
]


def texts(values: Sequence[str]) -> list[Any]:
    """Write values in one column and read them back."""
    sheet = sheet_of([Column("Text", "text", "text")], [(value,) for value in values])
    assert all(cell.data_type == "s" for (cell,) in sheet.iter_rows(min_row=2) if cell.value)
    return [value for (value,) in sheet.iter_rows(min_row=2, values_only=True)]


def one(kind: CellKind, value: Any) -> Any:
    """Write one value and read it back."""
    return sheet_of([Column("Only", kind, "only")], [(value,)])["A2"].value


def parts_of(file: io.BytesIO) -> dict[str, bytes]:
    """Return the parts of a workbook in order."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_values_read_back_with_type_and_format() -> None:
    sheet = sheet_of(COLUMNS, ROWS)
    assert sheet.title == "Sheet"
    assert list(sheet.values) == [
        ("Text", "Date", "Amount", "Rate", "Quantity"),
        ("001042", datetime.fromisoformat("2026-01-31"), 19.99, 33.333333, 1.5),
        (None, None, None, None, None),
        ("a\nb", datetime.fromisoformat("9999-12-31"), -0.01, -0.000001, 0),
    ]
    assert [(cell.data_type, cell.number_format) for cell in sheet[2]] == [
        ("s", "@"),
        ("d", "mm/dd/yyyy"),
        ("n", "0.00"),
        ("n", "0.00####"),
        ("n", "General"),
    ]
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"


def test_amounts_are_exact_decimal_text() -> None:
    file = io.BytesIO()
    write_workbook(file, sheet_name="Sheet", columns=COLUMNS, rows=ROWS)
    xml = parts_of(file)["xl/worksheets/sheet1.xml"].decode()
    assert re.findall(r'r="([A-Z]\d+)"[^>]*><v>([^<]*)', xml)[5:] == [
        ("A2", "5"),
        ("B2", "46053"),
        ("C2", "19.99"),
        ("D2", "33.333333"),
        ("E2", "1.5"),
        ("A4", "6"),
        ("B4", "2958465"),
        ("C4", "-0.01"),
        ("D4", "-0.000001"),
        ("E4", "0"),
    ]


def test_none_and_empty_text_have_no_cell() -> None:
    file = io.BytesIO()
    rows = [("", None, None, None, None)]
    write_workbook(file, sheet_name="Sheet", columns=COLUMNS, rows=rows)
    assert b'<row r="2"></row></sheetData>' in parts_of(file)["xl/worksheets/sheet1.xml"]


@pytest.mark.parametrize(
    "value",
    [
        "=cmd|' /C calc'!A0",
        "=1+1",
        "-Smith",
        "+1 555 0100",
        "@x",
        "\ttab",
        "\rreturn",
        "#N/A",
        "TRUE",
        "0007",
        "1E5",
        "2026-01-31",
        " spaces at both ends ",
        "a\r\nb",
        "<b>&amp;</b>\"'",
        "]]>",
        "Ünïcode 中文 🙂 \u202e",
        "_x000D_",
        "a_x0041_b_x005f",
        "_x_x00_x000",
    ],
)
def test_text_stays_this_text(value: str) -> None:
    assert texts([value]) == [value]


def test_text_that_looks_escaped_is_escaped_for_spreadsheets() -> None:
    # Excel reads _x0041_ as A, and _x005F_ as the underscore that keeps it from doing so.
    assert cells.escape("_x0041_ _x005F_ _X0041_ _x041_") == (
        "_x005F_x0041_ _x005F_x005F_ _X0041_ _x041_"
    )


# openpyxl itself loses "x005F_" when it reads; a spreadsheet does not.
ANY_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r_x0D&<>'\"=+-@"),
    min_size=1,
    max_size=60,
).filter(lambda text: "x005F_" not in text)


@given(st.lists(ANY_TEXT, min_size=1, max_size=20))
def test_every_text_reads_back_unchanged(values: list[str]) -> None:
    assert texts(values) == values


@given(st.lists(st.integers(-(10**12) + 1, 10**12 - 1), min_size=1, max_size=20))
def test_every_amount_reads_back_to_the_cent(amounts: list[int]) -> None:
    sheet = sheet_of([Column("Amount", "cents", "cents")], [(cents,) for cents in amounts])
    read = [Decimal(str(value)) for (value,) in sheet.iter_rows(min_row=2, values_only=True)]
    assert read == [Decimal(cents) / 100 for cents in amounts]


@given(
    st.lists(
        st.decimals(-999_999_999, 999_999_999, places=6, allow_nan=False, allow_infinity=False),
        min_size=1,
        max_size=20,
    )
)
def test_every_rate_reads_back_exactly(rates: list[Decimal]) -> None:
    sheet = sheet_of([Column("Rate", "rate", "rate")], [(rate,) for rate in rates])
    read = [Decimal(repr(value)) for (value,) in sheet.iter_rows(min_row=2, values_only=True)]
    assert read == rates


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("quantity", Decimal("1E+5"), 100_000),
        ("quantity", Decimal("-0.00"), 0),
        ("quantity", Decimal("2.500000000"), 2.5),
        ("cents", 0, 0),
        ("cents", -5, -0.05),
        ("date", date(1900, 3, 1), datetime.fromisoformat("1900-03-01")),
    ],
)
def test_numbers_and_dates_at_the_edges(kind: CellKind, value: object, read: object) -> None:
    assert one(kind, value) == read


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("text", "a\x00b", "a control character (U+0000) cannot be written"),
        ("text", "a\x0bb", "a control character (U+000B) cannot be written"),
        ("text", "\x01", "a control character (U+0001) cannot be written"),
        ("text", "\ud83d", "half a surrogate pair (U+D83D) cannot be written"),
        ("text", "\ufffe", "a control character (U+FFFE) cannot be written"),
        ("text", "x" * 32_768, "a text of 32,768 characters; a cell holds 32,767"),
        ("text", "🙂" * 16_384, "a text of 32,768 characters; a cell holds 32,767"),
        ("text", 5, "5 is not text"),
        ("text", True, "True is not text"),
        (
            "date",
            datetime.fromisoformat("2026-01-31"),
            "datetime.datetime(2026, 1, 31, 0, 0) is not a date",
        ),
        ("date", "2026-01-31", "'2026-01-31' is not a date"),
        ("date", date(1900, 2, 28), "1900-02-28 is before 1900-03-01"),
        ("cents", 19.99, "19.99 is not an amount in whole cents"),
        ("cents", True, "True is not an amount in whole cents"),
        ("cents", 10**15, "1000000000000000 cents have more than 15 digits"),
        ("rate", 1.5, "1.5 is not a decimal number"),
        ("rate", Decimal("NaN"), "NaN is not a finite number"),
        ("rate", Decimal("-Infinity"), "-Infinity is not a finite number"),
        ("rate", Decimal("0.0000001"), "0.0000001 has more than 6 decimals"),
        ("quantity", Decimal("1234567890.123456"), "1234567890.123456 has more than 15 digits"),
    ],
)
def test_value_that_cannot_be_written_is_refused(
    kind: CellKind, value: object, message: str
) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        one(kind, value)
    assert str(refusal.value) == f'Row 2, column "Only": {message}.'


def test_longest_texts_are_written() -> None:
    values = ["x" * 32_767, "🙂" * 16_383]
    assert texts(values) == values


def test_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Row 2: 2 values for 5 columns\.$"):
        sheet_of(COLUMNS, [("a", None)])


def test_sheet_name_over_31_characters_is_refused() -> None:
    with pytest.raises(ValueError, match="has more than 31 characters"):
        write_workbook(io.BytesIO(), sheet_name="x" * 32, columns=COLUMNS, rows=[])


@pytest.mark.parametrize("profile", ["online", "desktop"])
@pytest.mark.parametrize("file_number", range(1, 8))
def test_file_without_rows_has_its_header(file_number: int, profile: str) -> None:
    columns = layout(file_number, profile)
    assert list(sheet_of(columns, []).values) == [tuple(column.header for column in columns)]


def test_more_values_than_a_column_remembers() -> None:
    values = [f"text {number}" for number in range(cells.KEPT_CELLS * 2 + 1)]
    assert texts([*values, *values]) == [*values, *values]


def test_texts_beyond_the_shared_table_stand_in_their_cells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "SHARED_TEXTS", 100)
    values = [f"<{number:x}>" for number in range(103)]
    assert texts(values) == values
    file, columns = io.BytesIO(), (Column("Text", "text", "text"),)
    write_workbook(file, sheet_name="Sheet", columns=columns, rows=[(value,) for value in values])
    # The header is the first of the shared ones.
    assert parts_of(file)["xl/worksheets/sheet1.xml"].count(b't="inlineStr"') == 4


def test_column_letters() -> None:
    assert [cells.column_letters(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_same_rows_give_the_same_bytes() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    one_summary = write_workbook(first, sheet_name="Sheet", columns=COLUMNS, rows=ROWS)
    other_summary = write_workbook(second, sheet_name="Sheet", columns=COLUMNS, rows=iter(ROWS))
    assert first.getvalue() == second.getvalue()
    assert one_summary == other_summary
    with zipfile.ZipFile(first) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}
    properties = load_workbook(first).properties
    assert properties.created == properties.modified == datetime.fromisoformat("1980-01-01")


def test_content_is_the_same_on_every_machine() -> None:
    # If an upgrade of openpyxl changes this, rebuilt batches no longer match what was recorded.
    file = io.BytesIO()
    summary = write_workbook(file, sheet_name="Sheet", columns=COLUMNS, rows=ROWS)
    assert summary == WorkbookSummary(
        rows=3,
        size=len(file.getvalue()),
        sha256=summary.sha256,
        content_sha256="50dc853c1e68d6754a88c6840958043e156b230892287bb717f3ba12f4c9d966",
    )
    assert content_sha256(file) == summary.content_sha256


def test_package_is_complete_and_without_dimension() -> None:
    file = io.BytesIO()
    write_workbook(file, sheet_name="Sheet", columns=COLUMNS, rows=ROWS)
    parts = parts_of(file)
    assert list(parts) == [
        "[Content_Types].xml",
        "_rels/.rels",
        "docProps/app.xml",
        "docProps/core.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/theme/theme1.xml",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
    ]
    for content in parts.values():
        ElementTree.fromstring(content)  # noqa: S314
    assert b"dimension" not in parts["xl/worksheets/sheet1.xml"]
    assert parts["[Content_Types].xml"].count(b"/xl/sharedStrings.xml") == 1
    assert parts["xl/_rels/workbook.xml.rels"].count(b"sharedStrings.xml") == 1


class FullDisk(io.BytesIO):
    """A file on a disk that has room for this many bytes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, content: Any) -> int:
        """Write, or fail as a full disk does."""
        self.room -= len(content)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return super().write(content)


@pytest.mark.parametrize("room", [0, 500, 4_000, 20_000, 31_000, 40_000])
def test_full_disk_is_told_once_and_nothing_is_written_later(room: int) -> None:
    rows = [(f"{number * 7_919_999_981:x}", None, None, None, None) for number in range(4_000)]
    with pytest.raises(OSError, match="No space left on device"):
        write_workbook(FullDisk(room), sheet_name="Sheet", columns=COLUMNS, rows=rows)


def test_failing_rows_leave_no_open_file() -> None:
    def rows() -> Iterator[SheetRow]:
        yield ROWS[0]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="the database went away"):
        write_workbook(io.BytesIO(), sheet_name="Sheet", columns=COLUMNS, rows=rows())
