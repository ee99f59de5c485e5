"""Reads a downloaded zip as a spreadsheet program shows it."""

import io
import zipfile
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook

WORKBOOKS: Final = [
    "1 Invoice Inserts.xlsx",
    "2 Invoice Updates.xlsx",
    "3 Payment Inserts.xlsx",
    "4 Payment Updates.xlsx",
    "5 Journal Inserts.xlsx",
    "6 Credit Memos.xlsx",
    "7 Warnings.xlsx",
]


def read_zip(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return file name → its rows without the header, for the seven workbooks."""
    rows = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == [*WORKBOOKS, "SaasAnt settings.txt"]
        for name in WORKBOOKS:
            workbook = load_workbook(io.BytesIO(archive.read(name)))
            assert len(workbook.worksheets) == 1
            rows[name] = list(workbook.worksheets[0].iter_rows(min_row=2, values_only=True))
    return rows
