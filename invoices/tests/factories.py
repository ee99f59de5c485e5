"""Customers, jobs and invoices for tests: each made by the real services, with a new number."""

import datetime
from collections.abc import Iterable
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import Group

from invoices.models import CreditMemo, Customer, Department, Invoice, Job
from invoices.services.bulk import NewInvoice, create_finalized_invoices
from invoices.services.invoices import (
    InvoiceValues,
    LineValues,
    approve_invoice,
    create_invoice,
    record_credit_memo,
)
from invoices.services.parties import (
    AddressValues,
    CustomerValues,
    DepartmentValues,
    save_customer,
    save_department,
    save_job,
)
from sera_batching.models import User
from sera_batching.money import to_decimal
from sera_batching.origin import Origin

numbers = count(1)
"""Shared by all factories, so that no number, name or user is made twice."""

INVOICE_DATE = datetime.date(2026, 11, 2)
DUE_DATE = datetime.date(2026, 12, 2)
ADDRESS = AddressValues(
    line1="1 Elm St", city="Austin", state="TX", postal_code="78701", country="US"
)


def make_user(role: str = "Admin", *, username: str = "") -> User:
    """Make a user in the group of this role; "" is a user without a role."""
    user = User.objects.create_user(username=username or f"user{next(numbers)}")
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def make_origin(role: str = "Admin", *, channel: str = "page", source: str = "") -> Origin:
    """Make the origin of an action by a new user of this role."""
    return Origin(user=make_user(role), channel=channel, source=source)


def make_department(name: str = "", *, origin: Origin | None = None, **values: Any) -> Department:
    return save_department(
        values=DepartmentValues(name=name or f"Department {next(numbers)}", **values),
        origin=origin or make_origin(),
    )


def make_customer(
    number: str = "", *, name: str = "Jane Doe", origin: Origin | None = None, **values: Any
) -> Customer:
    """Make a customer with an address; `accounting_key` left out is made from the name."""
    return save_customer(
        number=number or f"C-{next(numbers)}",
        values=CustomerValues(name=name, **{"billing": ADDRESS, **values}),
        origin=origin or make_origin(),
    )


def make_job(
    number: str = "",
    *,
    customer: Customer | None = None,
    department: Department | None = None,
    is_imported: bool = False,
    origin: Origin | None = None,
) -> Job:
    origin = origin or make_origin()
    return save_job(
        number=number or f"J-{next(numbers)}",
        customer=customer or make_customer(origin=origin),
        department=department,
        is_imported=is_imported,
        origin=origin,
    )


def make_line(amount_cents: int = 15000, **values: Any) -> LineValues:
    """Return one line of this many cents, by default one piece at that rate."""
    return LineValues(
        **{
            "item": "Repair",
            "description": "Capacitor",
            "quantity": Decimal(1),
            "rate": to_decimal(amount_cents),
            "amount_cents": amount_cents,
            "is_taxable": True,
            "class_name": "HVAC",
            "service_date": datetime.date(2026, 11, 1),
            **values,
        }
    )


def make_invoice_values(total: int = 15000, **values: Any) -> InvoiceValues:
    """Return the values of an invoice, by default untaxed with one line of `total` cents."""
    return InvoiceValues(
        **{
            "date": INVOICE_DATE,
            "due_date": DUE_DATE,
            "terms": "Net 30",
            "message": "Thank you",
            "lines": (make_line(total),),
            **values,
        }
    )


def make_invoice(
    number: str = "",
    *,
    customer: Customer | None = None,
    finalized: bool = True,
    total: int = 15000,
    origin: Origin | None = None,
    **values: Any,
) -> Invoice:
    """Make an invoice of `total` cents, or with the given values; finalized or pending."""
    origin = origin or make_origin()
    job: Job | None = values.get("job")
    customer = customer or (job.customer if job else make_customer(origin=origin))
    invoice = create_invoice(
        number=number or f"{next(numbers) + 10000}",
        customer=customer,
        values=make_invoice_values(total, **values),
        origin=origin,
    )
    if finalized:
        approve_invoice(invoice=invoice, reason="Work completed.", origin=origin)
    return invoice


def make_invoices(
    numbers: Iterable[str],
    *,
    customer: Customer,
    total: int = 15000,
    origin: Origin | None = None,
) -> list[Invoice]:
    """Make many finalized invoices of `total` cents quickly."""
    values = make_invoice_values(total)
    return create_finalized_invoices(
        entries=[NewInvoice(number=each, customer=customer, values=values) for each in numbers],
        origin=origin or make_origin(),
    )


def make_credit_memo(
    number: str = "",
    *,
    invoice: Invoice | None = None,
    date: datetime.date = datetime.date(2026, 11, 10),
    origin: Origin | None = None,
) -> CreditMemo:
    origin = origin or make_origin()
    return record_credit_memo(
        number=number or f"CM-{next(numbers)}",
        invoice=invoice or make_invoice(origin=origin),
        date=date,
        origin=origin,
    )
