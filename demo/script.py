"""Generates feed records, phase by phase; the same seed generates the same records."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Any, Final

from demo.amounts import Content, line_of, sum_of, total_of
from demo.catalogue import (
    BUSINESSES,
    CITIES,
    COUPON_CLASS,
    COUPON_ITEM,
    COUPONS,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    TRADES,
    Part,
    Trade,
)
from sera_batching.money import cents_text, round_half_up

BUSINESS_SHARE: Final = 0.15
METHODS: Final = ("card", "card", "card", "check", "check", "ach", "cash")


@dataclass(frozen=True, slots=True)
class Period:
    """The first and last day of a phase, inclusive."""

    first: date
    last: date


class Phase(Enum):
    """When a record arrives: before our first batch, before the second, or after it."""

    OPENING = Period(date(2026, 7, 1), date(2026, 8, 31))
    """In the books before this application: in the Opening batch."""
    FIRST = Period(date(2026, 9, 1), date(2026, 10, 15))
    SECOND = Period(date(2026, 10, 16), date(2026, 11, 6))
    SINCE = Period(date(2026, 11, 7), date(2026, 11, 20))
    """Unbatched."""


PHASES: Final = tuple(Phase)


class Script:
    """The records so far, and methods to add more; amounts in cents."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  made-up data, no secrets
        self.records: dict[Phase, list[Content]] = {phase: [] for phase in PHASES}
        self.customers: list[Content] = []
        self._numbers: dict[str, int] = {}

    def next_number(self, prefix: str, first: int) -> str:
        """Return "P-900", "P-901", …"""
        self._numbers[prefix] = self._numbers.get(prefix, first - 1) + 1
        return f"{prefix}{self._numbers[prefix]}"

    def count(self, record_type: str) -> int:
        """Return the number of documents of a type."""
        records = (record for phase in PHASES for record in self.records[phase])
        return len({one["number"] for one in records if one["type"] == record_type})

    def add(self, phase: Phase, record: Content) -> Content:
        self.records[phase].append(record)
        return record

    def again(self, phase: Phase, record: Content, **changes: Any) -> Content:
        """Send a record again, with changed content."""
        return self.add(phase, {**record, **changes})

    def day_in(self, phase: Phase, *, after: date | None = None) -> date:
        """Return a random day of the phase, on or after another."""
        period = phase.value
        first = max(period.first, after or period.first)
        return first + timedelta(days=self.random.randint(0, max(0, (period.last - first).days)))

    # Parties

    def department(self, trade: Trade) -> Content:
        return self.add(
            Phase.OPENING,
            {
                "type": "department",
                "name": trade.name,
                "timezone": "America/Chicago",
                "default_item": trade.item,
                "default_class": trade.name,
                "terms": trade.terms,
                "archived": trade.is_archived,
            },
        )

    def customer(self, name: str = "", **changes: Any) -> Content:
        is_business = not name and self.random.random() < BUSINESS_SHARE
        if not name:
            name = self.random.choice(BUSINESSES) if is_business else self._person()
        address = self._address()
        record = {
            "type": "customer",
            "number": self.next_number("C-", 1001),
            "name": name,
            "email": f"customer{len(self.customers) + 1}@example.com",
            "billing_address": address,
            "service_address": self._address() if self.random.random() < 0.2 else None,
            "tax_exempt": is_business and self.random.random() < 0.4,
            **changes,
        }
        self.customers.append(record)
        return self.add(Phase.OPENING, record)

    def _person(self) -> str:
        return f"{self.random.choice(FIRST_NAMES)} {self.random.choice(LAST_NAMES)}"

    def _address(self) -> Content:
        city = self.random.choice(CITIES)
        return {
            "line1": f"{self.random.randint(1, 9899)} {self.random.choice(STREETS)}",
            "line2": "",
            "city": city.name,
            "state": "TX",
            "postal_code": city.postal_code,
            "country": "US",
        }

    def job(self, phase: Phase, customer: Content, trade: Trade, **changes: Any) -> Content:
        record = {
            "type": "job",
            "number": self.next_number("J-", 5001),
            "customer": customer["number"],
            "department": trade.name,
            "imported": False,
            **changes,
        }
        return self.add(phase, record)

    # Invoices

    def invoice(
        self,
        phase: Phase,
        *,
        customer: Content | None = None,
        trade: Trade | None = None,
        job: Content | None = None,
        lines: Sequence[Content] = (),
        **changes: Any,
    ) -> Content:
        """Add an invoice, by default on its own job."""
        customer = customer or self.random.choice(self.customers)
        trade = trade or self.random.choice(TRADES)
        if job is None and "job" not in changes:
            job = self.job(phase, customer, trade)
        day = self.day_in(phase)
        record = {
            "type": "invoice",
            "number": self.next_number("", 10001),
            "customer": customer["number"],
            "job": job["number"] if job else None,
            "department": trade.name,
            "status": "finalized",
            "date": day.isoformat(),
            "due_date": (day + timedelta(days=_days_of(trade.terms))).isoformat(),
            "terms": trade.terms,
            "memo": "",
            "message": "Thank you for your business!",
            "lines": list(lines) or self.lines(trade, day),
            **changes,
        }
        record.setdefault("tax", self.tax(customer, record["lines"]))
        return self.add(phase, record)

    def lines(self, trade: Trade, day: date) -> list[Content]:
        """Generate the lines of a visit: labor, parts, sometimes a promo code."""
        hours = Decimal(self.random.randint(2, 16)) / 4
        labor = Part(
            trade.item, self.random.choice(trade.work), trade.hourly_cents, is_taxable=False
        )
        lines = [line_of(trade, labor, day, hours)]
        parts = self.random.sample(trade.parts, self.random.randint(0, len(trade.parts) - 1))
        lines += [
            line_of(trade, part, day, Decimal(self.random.choice((1, 1, 1, 2, 4))))
            for part in parts
        ]
        if self.random.random() < 0.15:
            lines.append(self.coupon(day, at_most=sum_of(lines)))
        return lines

    def coupon(self, day: date, *, at_most: int) -> Content:
        """Generate a promo code: a separate line with a negative amount."""
        code, cents = self.random.choice(COUPONS)
        amount = cents_text(-min(cents, at_most))
        return {
            "item": COUPON_ITEM,
            "description": f"Promo code {code}",
            "quantity": "1",
            "rate": amount,
            "amount": amount,
            "taxable": False,
            "class": COUPON_CLASS,
            "service_date": day.isoformat(),
        }

    def tax(self, customer: Content, lines: Sequence[Content]) -> Content | None:
        """Return the tax on the taxable lines at the customer's location; None if exempt."""
        taxable = sum_of([line for line in lines if line["taxable"]])
        if customer["tax_exempt"] or taxable <= 0:
            return None
        postal_code = customer["billing_address"]["postal_code"]
        city = next(city for city in CITIES if city.postal_code == postal_code)
        cents = round_half_up(Decimal(taxable).scaleb(-4) * Decimal(city.tax_rate))
        return {"code": city.tax_code, "rate": city.tax_rate, "amount": cents_text(cents)}

    # Money

    def payment(
        self,
        phase: Phase,
        *invoices: Content,
        shares: Sequence[int] = (),
        amount: int | None = None,
        **changes: Any,
    ) -> Content:
        """Add a payment of these invoices in full, or of the given parts of them in cents."""
        shares = shares or [total_of(invoice) for invoice in invoices]
        method = self.random.choice(METHODS)
        latest = max([date.fromisoformat(one["date"]) for one in invoices], default=None)
        first = invoices[0] if invoices else {"customer": None, "job": None}
        record = {
            "type": "payment",
            "number": self.next_number("P-", 901),
            "customer": first["customer"],
            "job": first["job"],
            "date": self.day_in(phase, after=latest).isoformat(),
            "method": method,
            "amount": cents_text(sum(shares) if amount is None else amount),
            "reference": self._reference(method),
            "memo": "",
            "settled": True,
            "allocations": [
                {"invoice": invoice["number"], "amount": cents_text(share)}
                for invoice, share in zip(invoices, shares, strict=True)
            ],
            **changes,
        }
        return self.add(phase, record)

    def _reference(self, method: str) -> str:
        return "" if method == "cash" else f"{self.random.randint(0, 9999):04d}"

    def refund(self, phase: Phase, payment: Content, cents: int, **changes: Any) -> Content:
        paid_on = date.fromisoformat(payment["date"])
        record = {
            "type": "refund",
            "number": self.next_number("R-", 11),
            "payment": payment["number"],
            "date": self.day_in(phase, after=paid_on).isoformat(),
            "amount": cents_text(cents),
            "method": payment["method"],
            "memo": "Goodwill",
            **changes,
        }
        return self.add(phase, record)

    # What happens to documents

    def act_on_invoice(self, phase: Phase, invoice: Content, action: str, note: str) -> Content:
        return self.add(
            phase,
            {
                "type": "invoice_action",
                "invoice": invoice["number"],
                "action": action,
                "note": note,
            },
        )

    def act_on_payment(self, phase: Phase, payment: Content, action: str, note: str) -> Content:
        return self.add(
            phase,
            {
                "type": "payment_action",
                "payment": payment["number"],
                "action": action,
                "note": note,
            },
        )

    def batched_before(self, record: Content) -> Content:
        return self.add(
            Phase.OPENING,
            {"type": "batched_before", "kind": record["type"], "number": record["number"]},
        )


def _days_of(terms: str) -> int:
    return int(terms.removeprefix("Net ")) if terms.startswith("Net ") else 0
