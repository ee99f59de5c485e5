"""What random histories must contain, or they prove little."""

from collections import Counter
from typing import Final

from proof.batching import FILES
from proof.page_draws import CUSTOMER_ACTS, INVOICE_ACTS, PAYMENT_ACTS

CHECKS: Final = ("8", "12", "14", "15", "15b", "16", "18", "20")
"""The checks of `workbooks.md` that both know of."""
COMMON: Final = (
    *FILES,
    *(f"check {check}" for check in CHECKS),
    *("blocked", "closed"),
    *("undone", "undone with dependents", "undo refused", "released", "replayed"),
    *("confirmed late", "left out late", "fed again"),
    *(f"page {act}" for act in (*INVOICE_ACTS, *PAYMENT_ACTS, *CUSTOMER_ACTS)),
)
"""What must happen once in `RARELY` histories at least, or the draws prove little."""
RARELY: Final = 25
"""The rarest happens three times as often, so that no floor is a matter of luck."""
MET: Final[Counter[str]] = Counter()
"""What happened, and how often, since `run` began."""
