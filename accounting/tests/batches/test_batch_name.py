"""Valid names of batches (domain.md §5; reliability.md, B5)."""

from datetime import UTC, datetime

import pytest

from sera_batching.batch_names import check_pattern, clean_batch_name, name_by_pattern
from sera_batching.exceptions import Refused

LONGEST = "x" * 100


@pytest.mark.parametrize(
    ("entered", "name"),
    [
        ("Batch_2026-11-02_1005", "Batch_2026-11-02_1005.zip"),
        ("March.zip", "March.zip"),
        ("March.ZIP", "March.zip"),
        ("March.zip.zip", "March.zip.zip"),
        ("  March  ", "March.zip"),
        ("March .zip", "March.zip"),
        ("x", "x.zip"),
        (LONGEST, f"{LONGEST}.zip"),
        (f"{LONGEST}.zip", f"{LONGEST}.zip"),
        ("Müller & Söhne 🧾", "Müller & Söhne 🧾.zip"),
        ("v1.2", "v1.2.zip"),
        ("CONSOLE", "CONSOLE.zip"),
        ("=1+1", "=1+1.zip"),
    ],
)
def test_names_that_a_batch_may_have(entered: str, name: str) -> None:
    assert clean_batch_name(entered) == name


@pytest.mark.parametrize(
    ("entered", "message"),
    [
        ("", "Enter a name for the batch."),
        ("   ", "Enter a name for the batch."),
        (".zip", "Enter a name for the batch."),
        ("x" * 101, "The name has 101 characters; use at most 100, without .zip."),
        ("x" * 300, "The name has 300 characters; use at most 100, without .zip."),
        ("../../etc/passwd", "The name may not contain /: file names can't have it."),
        ("a\\b", "The name may not contain \\: file names can't have it."),
        ("a:b", "The name may not contain :: file names can't have it."),
        ("a*b", "The name may not contain *: file names can't have it."),
        ("a?b", "The name may not contain ?: file names can't have it."),
        ('a"b', "The name may not contain \": file names can't have it."),
        ("a<b", "The name may not contain <: file names can't have it."),
        ("a>b", "The name may not contain >: file names can't have it."),
        ("a|b", "The name may not contain |: file names can't have it."),
        ("a\r\nb", "The name may not contain line breaks or invisible characters."),
        ("a\x00b", "The name may not contain line breaks or invisible characters."),
        ("a\u202egnp.exe", "The name may not contain line breaks or invisible characters."),
        ("a\ud800", "The name may not contain line breaks or invisible characters."),
        ("..", "The name may not begin or end with a dot."),
        (".hidden", "The name may not begin or end with a dot."),
        ("March.", "The name may not begin or end with a dot."),
        ("CON", "Windows reserves the name CON; choose another."),
        ("con.zip", "Windows reserves the name con; choose another."),
        ("COM¹", "Windows reserves the name COM¹; choose another."),
        ("nul .old", "Windows reserves the name nul .old; choose another."),
        ("LPT1.old", "Windows reserves the name LPT1.old; choose another."),
    ],
)
def test_names_that_no_file_can_have_are_refused(entered: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        clean_batch_name(entered)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("Batch_{date}_{time}", "Batch_2026-03-01_0905"),
        ("{month} to QuickBooks", "March 2026 to QuickBooks"),
        ("Weekly", "Weekly"),
        ("{date}{date}", "2026-03-012026-03-01"),
    ],
)
def test_a_pattern_suggests_a_name(pattern: str, name: str) -> None:
    assert name_by_pattern(pattern, datetime(2026, 3, 1, 9, 5, tzinfo=UTC)) == name
    check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("Batch {user}", "There is no {user}; use {date}, {time} and {month}."),
        ("Batch {}", "There is no {}; use {date}, {time} and {month}."),
        ("a/{date}", "The name may not contain /: file names can't have it."),
        ("  ", "Enter a name for the batch."),
        (
            "{month}" * 11,
            "The name has 154 characters; use at most 100, without .zip.",
        ),
    ],
)
def test_a_pattern_that_no_file_can_have_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(Refused) as refusal:
        check_pattern(pattern)
    assert str(refusal.value) == message
