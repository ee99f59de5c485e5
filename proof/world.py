"""The small world of random histories: customers, jobs, and the few numbers, dates and amounts."""

from typing import Any, Final, Protocol

from hypothesis import strategies as st

from proof.documents import Documents, Record

CUSTOMERS: Final = ("C1", "C2", "C3")
KEYS: Final = {
    "C1": ("Jane Doe", "Jane Doe (1)"),
    "C2": ("Birch LLC", "Birch & Sons", "JANE DOE"),
    "C3": ("Acme", "Acme Inc."),
}
JOBS: Final = {"J1": "C1", "J2": "C2", "J3": "C1", "JX": "C1", "JY": "C2"}
DEPARTMENTS: Final = ("HVAC", "Plumbing")
INVOICES: Final = {"0101": "C1", "102": "C1", "103": "C1", "104": "C2"}
PAYMENTS: Final = {"P1": "C1", "P2": "C1", "P10": "C1", "P4": "C2", "P5": "C3"}
REFUNDS: Final = ("R1", "R2", "R3", "R4", "R5", "R6")
CREDIT_MEMOS: Final = {"CM1": "0101", "CM2": "104"}
DATES: Final = ("2026-10-15", "2026-10-30", "2026-11-02", "2026-11-05", "2026-11-20")
AMOUNTS: Final = (1000, 2550, 4000, 6000, 10000)
CLOSING_DATES: Final = (*[None] * 3, "2026-10-01", "2026-10-20", "2026-11-02")
EMAILS: Final = ("office@example.com", "office@example.com; jane@example.com", "")
METHODS: Final = ("card", "check", "ach", "external")
ADDRESS: Final = {
    "line1": "1 Elm St",
    "line2": "",
    "city": "Austin",
    "state": "TX",
    "postal_code": "78701",
    "country": "US",
}


class Draw(Protocol):
    """How a value is drawn from a strategy."""

    def __call__(self, strategy: st.SearchStrategy[Any], /) -> Any:
        """Return a value."""


def money(cents: int) -> str:
    """Return cents as the feed writes them."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents_of(amount: str) -> int:
    """Return the cents of an amount of the feed."""
    return int(amount.replace(".", ""))


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    """Draw one of these values."""
    return st.sampled_from(values)


def seldom(draw: Draw, chance: int = 8) -> bool:
    """Return True once in a while; shrinks to False."""
    return bool(draw(st.integers(0, chance - 1)) == chance - 1)


def department(name: str, *, archived: bool = False) -> Record:
    """Return a record of a department."""
    return {
        "type": "department",
        "name": name,
        "timezone": "America/Chicago",
        "default_item": f"{name} service",
        "default_class": name,
        "terms": "Net 30",
        "archived": archived,
    }


def customer(number: str, key: str, name: str = "", **changes: Any) -> Record:
    """Return a record of a customer."""
    return {
        "type": "customer",
        "number": number,
        "name": name or f"Customer {number}",
        "accounting_key": key,
        "email": "office@example.com",
        "billing_address": ADDRESS,
        "service_address": ADDRESS,
        "tax_exempt": False,
        **changes,
    }


def job(number: str, department: str | None) -> Record:
    """Return a record of a job; those with an X or Y are imported."""
    return {
        "type": "job",
        "number": number,
        "customer": JOBS[number],
        "department": department,
        "imported": number in ("JX", "JY"),
    }


def beginning() -> list[Record]:
    """Return what every history begins with."""
    return [
        *(department(name) for name in DEPARTMENTS),
        *(customer(number, KEYS[number][0]) for number in CUSTOMERS),
        job("J1", "HVAC"),
        job("J2", "Plumbing"),
        job("J3", None),
        job("JX", "HVAC"),
        job("JY", None),
    ]


def draw_party(draw: Draw, documents: Documents) -> Record:
    """Draw a change of a department, customer or job."""
    kind = draw(one_of("customer", "job", "department"))
    if kind == "department":
        return department(draw(one_of(*DEPARTMENTS)), archived=draw(st.booleans()))
    if kind == "job":
        return job(draw(one_of(*JOBS)), draw(one_of(None, *DEPARTMENTS)))
    number = draw(one_of(*CUSTOMERS))
    return draw_customer(draw, number, draw(one_of(*KEYS[number])))


def draw_customer(draw: Draw, number: str, key: str) -> Record:
    """Draw what a customer is called, and addresses, some of which checks 12 and 20 regret."""
    return customer(
        number,
        key,
        draw(one_of("", "Renamed")),
        email=draw(one_of(*EMAILS)),
        service_address=draw(one_of(None, ADDRESS, {**ADDRESS, "postal_code": ""})),
        billing_address=draw(one_of(ADDRESS, ADDRESS, {**ADDRESS, "line1": ""})),
    )


def draw_job(draw: Draw, owner: str) -> str | None:
    """Draw a job of a customer, mostly none."""
    own = [number for number, customer in JOBS.items() if customer == owner]
    if seldom(draw, 20):
        own = list(JOBS)
    return draw(st.sampled_from([None, None, None, *own]))  # type: ignore[no-any-return]
