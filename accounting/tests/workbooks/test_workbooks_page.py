"""The columns in docs/workbooks.md match the layouts."""

import pytest
from django.conf import settings

from accounting.records.documents import DESKTOP, ONLINE
from accounting.workbooks.layouts import FILES, LAYOUT_VERSION, ExportFile, layout


def section(title: str) -> str:
    """Return the text below a heading of the document."""
    text = (settings.BASE_DIR / "docs" / "workbooks.md").read_text()
    return text.split(f"### {title}\n", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.title)
def test_the_document_names_the_columns_of_the_newest_layout(file: ExportFile) -> None:
    online, desktop = (
        ", ".join(column.header for column in layout(file.number, profile))
        for profile in (ONLINE, DESKTOP)
    )
    expected = (
        f"Both profiles: {online}."
        if online == desktop
        else f"QuickBooks Online: {online}.\n\nQuickBooks Desktop: {desktop}."
    )
    assert section(file.title).strip() == expected


def test_the_document_names_the_newest_version() -> None:
    text = (settings.BASE_DIR / "docs" / "workbooks.md").read_text()
    assert f"Layout version {LAYOUT_VERSION}." in text
