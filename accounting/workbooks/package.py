"""What surrounds the sheet in a workbook: made once by openpyxl, then reused byte for byte."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import canonicalize

from openpyxl import Workbook
from openpyxl.styles import Font

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET: Final = "xl/worksheets/sheet1.xml"
STRINGS: Final = "xl/sharedStrings.xml"

NUMBER_FORMATS: Final[Mapping[str, str]] = {
    "header": "@",
    "text": "@",
    "date": "mm/dd/yyyy",
    "cents": "0.00",
    "rate": "0.00####",
    "quantity": "General",
}
"""Kind of a cell → how a spreadsheet shows it."""

_FIRST_PARTS: Final = ("[Content_Types].xml", "_rels/.rels")
_CREATED: Final = "1980-01-01T00:00:00Z"
_STRINGS_NAMED: Final[Mapping[str, str]] = {
    "[Content_Types].xml": (
        '<Override ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml'
        '.sharedStrings+xml" PartName="/xl/sharedStrings.xml"></Override>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationship Id="rId9" Target="sharedStrings.xml" Type="http://schemas.openxmlformats'
        '.org/officeDocument/2006/relationships/sharedStrings"></Relationship>'
    ),
}
"""Declares the shared strings, which openpyxl leaves out when it has none itself."""
_VERSION: Final = re.compile(r"<AppVersion>.*?</AppVersion>| Compatible / Openpyxl [0-9.]+")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a workbook apart from its sheet and strings, in order, and its cell styles."""

    parts: tuple[tuple[str, bytes], ...]
    styles: Mapping[str, int]


@lru_cache(maxsize=16)
def package(sheet_name: str) -> Package:
    """Return the package for a workbook of one sheet; ValueError for a name that Excel refuses.

    Each part is brought to canonical XML: openpyxl writes other bytes where lxml is installed.
    """
    if len(sheet_name) > 31:
        raise ValueError(f'The sheet name "{sheet_name}" has more than 31 characters.')
    workbook = Workbook()
    workbook.properties.creator = "Sera Batching"
    sheet = workbook.worksheets[0]
    sheet.title = sheet_name
    styles = {}
    for column, (kind, number_format) in enumerate(NUMBER_FORMATS.items(), start=1):
        cell = sheet.cell(row=1, column=column, value="text")
        cell.number_format = number_format
        if kind == "header":
            cell.font = Font(name="Calibri", size=11, bold=True)
        styles[kind] = int(cell.style_id)
    file = io.BytesIO()
    workbook.save(file)
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name not in {SHEET, STRINGS}]
        names.sort(key=lambda name: (name not in _FIRST_PARTS, name))
        parts = tuple((name, _fixed(name, archive.read(name).decode())) for name in names)
    return Package(parts=parts, styles=styles)


def _fixed(name: str, xml: str) -> bytes:
    xml = _MOMENT.sub(_CREATED, canonicalize(xml))
    if name in _STRINGS_NAMED and "sharedStrings.xml" not in xml:
        start, closing_tag = xml.rsplit("</", 1)
        xml = f"{start}{_STRINGS_NAMED[name]}</{closing_tag}"
    return (DECLARATION + _VERSION.sub("", xml)).encode()
