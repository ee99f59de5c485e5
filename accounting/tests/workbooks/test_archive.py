import hashlib
import io
import zipfile

import pytest

from accounting.workbooks.archive import ArchiveSummary, Member, write_archive

CARD = "Settings\nDuplicates off\n"
CARD_BYTES = b"Settings\r\nDuplicates off\r\n"


def archive_of(*members: tuple[str, bytes]) -> tuple[io.BytesIO, ArchiveSummary]:
    """Write an archive and return it with its summary."""
    target = io.BytesIO()
    summary = write_archive(
        target, members=[(name, io.BytesIO(content)) for name, content in members], card=CARD
    )
    return target, summary


def test_members_are_stored_in_order_with_the_card_last() -> None:
    target, summary = archive_of(("2 B.xlsx", b"two"), ("1 A.xlsx", b"one"))
    with zipfile.ZipFile(target) as archive:
        assert [
            (info.filename, info.compress_type, info.date_time, info.create_system)
            for info in archive.infolist()
        ] == [
            ("2 B.xlsx", zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 3),
            ("1 A.xlsx", zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 3),
            ("SaasAnt settings.txt", zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 3),
        ]
        assert archive.read("1 A.xlsx") == b"one"
        assert archive.read("SaasAnt settings.txt") == CARD_BYTES
    assert summary == ArchiveSummary(
        size=len(target.getvalue()),
        sha256=hashlib.sha256(target.getvalue()).hexdigest(),
        members=(
            Member("2 B.xlsx", 3, hashlib.sha256(b"two").hexdigest()),
            Member("1 A.xlsx", 3, hashlib.sha256(b"one").hexdigest()),
            Member("SaasAnt settings.txt", 26, hashlib.sha256(CARD_BYTES).hexdigest()),
        ),
    )


def test_same_members_give_the_same_bytes_anywhere() -> None:
    first, summary = archive_of(("1 A.xlsx", b"one"))
    second, _ = archive_of(("1 A.xlsx", b"one"))
    assert first.getvalue() == second.getvalue()
    # Nothing is compressed, so this does not depend on the build of zlib either.
    assert summary.sha256 == "a4b41a32e9932cc95f591a8f5d9eb9ab748054194a531d01b732111af0d0414a"


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["1 A.xlsx", "1 A.xlsx"], 'The zip has a file "1 A.xlsx" already.'),
        (["SaasAnt settings.txt"], 'The zip has a file "SaasAnt settings.txt" already.'),
        (["../1 A.xlsx"], "'../1 A.xlsx' is not a plain file name."),
        (["a\\b.xlsx"], "'a\\\\b.xlsx' is not a plain file name."),
        (["a\nb.xlsx"], "'a\\nb.xlsx' is not a plain file name."),
    ],
)
def test_repeated_or_unsafe_name_is_refused(names: list[str], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        archive_of(*((name, b"") for name in names))
    assert str(refusal.value) == message
