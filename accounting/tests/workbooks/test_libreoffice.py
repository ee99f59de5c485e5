import csv
import io
import subprocess
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounting.tests.factories import make_batch
from accounting.tests.readings import zip_of
from accounting.tests.scenes import make_every_kind
from accounting.workbooks.layouts import FILES, Column, layout
from accounting.workbooks.workbook import write_workbook
from invoices.tests.factories import make_customer, make_invoice, make_line, make_origin
from payments.tests.factories import make_payment
from sera_batching.models import Company

TEXTS = [
    "=cmd|' /C calc'!A0",
    "-Smith",
    "+1 555",
    "@x",
    "0007",
    "_x000D_",
    "_x005F_",
    "Ünïcode 中文 🙂 \u202e",
    " spaces ",
    '<b>&amp;</b>"',
    "two\nlines",
]


def convert(folder: Path, *books: Path) -> None:
    """Let LibreOffice write each workbook as a CSV file."""
    subprocess.run(
        [  # noqa: S607 (wherever it is installed)
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            # Comma, double quotes, UTF-8, from row 1; cells as they are shown; a formula as such.
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true",
            "--outdir",
            str(folder),
            *map(str, books),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )


@pytest.mark.libreoffice
def test_libreoffice_reads_what_was_written(tmp_path: Path) -> None:
    columns = (
        Column("Text", "text", "text"),
        Column("Date", "date", "date"),
        Column("Amount", "cents", "cents"),
        Column("Rate", "rate", "rate"),
        Column("Quantity", "quantity", "quantity"),
    )
    values = (date(2026, 1, 31), -1999, Decimal("33.333333"), Decimal("1.5"))
    with (tmp_path / "book.xlsx").open("w+b") as file:
        rows = [(text, *values) for text in TEXTS]
        write_workbook(file, sheet_name="1 Invoice Inserts", columns=columns, rows=rows)
    convert(tmp_path, tmp_path / "book.xlsx")
    with (tmp_path / "book.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["Text", "Date", "Amount", "Rate", "Quantity"],
            *([text, "01/31/2026", "-19.99", "33.333333", "1.5"] for text in TEXTS),
        ]


def shown(value: Any, kind: str) -> str:
    """Return a cell that openpyxl read as a spreadsheet shows it."""
    if value is None:
        return ""
    if kind == "date":
        return f"{value:%m/%d/%Y}"
    if kind == "cents":
        return f"{Decimal(str(value)):.2f}"
    if kind not in ("rate", "quantity"):
        return str(value)
    units, _, decimals = f"{Decimal(str(value)).normalize():f}".partition(".")
    decimals = decimals.ljust(2, "0") if kind == "rate" else decimals
    return f"{units}.{decimals}" if decimals else units


@pytest.mark.libreoffice
@pytest.mark.django_db
@pytest.mark.parametrize("profile", ["online", "desktop"])
def test_libreoffice_opens_each_of_the_seven_files(profile: str, tmp_path: Path) -> None:
    origin = make_origin()
    Company.current()
    Company.objects.update(profile=profile, default_tax_item="Tax", ar_account="A/R")
    make_every_kind(origin)
    # openpyxl, our other reader, decodes _x005F_ twice.
    for text in [text for text in TEXTS if text != "_x005F_"]:
        customer = make_customer(name=f"C {TEXTS.index(text)}", email="not one", origin=origin)
        line = make_line(15000, item=text.replace("\n", " ").strip(), description=text)
        invoice = make_invoice(
            customer=customer, memo=text, message=text, lines=(line,), origin=origin
        )
        make_payment(invoice=invoice, memo=text, origin=origin)
    with zipfile.ZipFile(io.BytesIO(zip_of(make_batch(origin=origin)))) as archive:
        archive.extractall(tmp_path)
    books = [tmp_path / file.name for file in FILES]

    convert(tmp_path, *books)

    for file, book in zip(FILES, books, strict=True):
        kinds = [column.kind for column in layout(file.number, profile)]
        headers, *rows = load_workbook(book).worksheets[0].iter_rows(values_only=True)
        assert rows, file.name
        with book.with_suffix(".csv").open(encoding="utf-8", newline="") as opened:
            assert list(csv.reader(opened)) == [
                list(headers),
                *(
                    [shown(value, kind) for value, kind in zip(row, kinds, strict=True)]
                    for row in rows
                ),
            ]
