"""Text that a workbook cannot hold is refused; all other text is kept unchanged."""

import pytest

from sera_batching.exceptions import Refused
from sera_batching.texts import checked_line, checked_text, required_line

KEPT = ["", "=cmd|' /C calc'!A0", "\u202eolleh", "Zoë 🚒 ﷽", "a" * 32_000, "<script>", "@x", "-1"]
CONTROL = ["\x00", "\x0b", "\x1f", "\x7f", "\x85", "\ud800", "\ufffe", "\uffff"]


@pytest.mark.parametrize("text", KEPT)
def test_any_script_and_sign_is_kept(text: str) -> None:
    assert checked_line(text, label="memo") == text
    assert checked_text(text, label="memo") == text


@pytest.mark.parametrize("sign", CONTROL)
def test_control_characters_are_refused(sign: str) -> None:
    message = "The memo contains a control character, which no workbook can carry."
    with pytest.raises(Refused) as caught:
        checked_text(f"a{sign}b", label="memo")
    assert str(caught.value) == message
    with pytest.raises(Refused) as caught:
        checked_line(f"a{sign}b", label="memo")
    assert str(caught.value) == message


@pytest.mark.parametrize("sign", ["\t", "\n", "\r"])
def test_one_line_has_no_tab_and_no_line_break(sign: str) -> None:
    with pytest.raises(Refused):
        checked_line(f"a{sign}b", label="city")


def test_line_breaks_of_browsers_become_newlines() -> None:
    assert checked_text("a\r\nb\rc\nd\te", label="memo") == "a\nb\nc\nd\te"


def test_too_long_text_is_refused_and_never_cut() -> None:
    with pytest.raises(Refused) as caught:
        checked_text("a" * 32_001, label="memo")
    assert str(caught.value) == "The memo has 32001 characters; the limit is 32000."
    with pytest.raises(Refused) as caught:
        checked_line("a" * 101, label="terms", longest=100)
    assert str(caught.value) == "The terms has 101 characters; the limit is 100."


@pytest.mark.parametrize("text", ["", " ", "\t"])
def test_required_text_says_something(text: str) -> None:
    with pytest.raises(Refused) as caught:
        required_line(text, label="item of a line")
    assert str(caught.value) == "The item of a line is missing."
    assert required_line("Repair", label="item of a line") == "Repair"
