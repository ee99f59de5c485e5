"""A payment's fingerprint: its facts and its rows before netting (domain.md §2)."""

import datetime
from typing import Any

import pytest

from payments.fingerprints import payment_fingerprint

FACTS: dict[str, Any] = {
    "date": datetime.date(2026, 11, 3),
    "method": "card",
    "reference": "4242",
    "memo": "",
    "rows": [("10023", "c57a", 16238), (None, None, 500)],
}


def test_it_is_the_same_on_every_database_and_day() -> None:
    assert payment_fingerprint(**FACTS) == (
        "d0c24ec661051b53b9423e74592169ffdbea65827f6e1713bd54d683bdc4a9af"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"date": datetime.date(2026, 11, 4)},
        {"method": "check"},
        {"reference": ""},
        {"memo": "x"},
        {"rows": []},
        {"rows": [("10023", "c57a", 16738)]},
        {"rows": [("10024", "c57a", 16238), (None, None, 500)]},
        {"rows": [("10023", "c57b", 16238), (None, None, 500)]},
        {"rows": [("10023", "c57a", 16237), (None, None, 501)]},
        {"rows": [(None, None, 500), ("10023", "c57a", 16238)]},
        {"rows": [(None, None, 16738)]},
    ],
)
def test_every_fact_and_row_is_in_it(change: dict[str, Any]) -> None:
    assert payment_fingerprint(**{**FACTS, **change}) != payment_fingerprint(**FACTS)
