"""The batch of all kinds that the tests of files read."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounting.models import Batch
from accounting.tests.factories import make_batch
from accounting.tests.readings import workbook_rows, zip_of
from invoices.services.invoices import change_invoice
from invoices.services.parties import AddressValues
from invoices.tests.factories import (
    make_credit_memo,
    make_customer,
    make_department,
    make_invoice,
    make_invoice_values,
    make_job,
    make_line,
)
from payments.services.payments import reallocate_payment
from payments.tests.factories import make_payment, make_refund
from sera_batching.models import Company
from sera_batching.origin import Origin


@dataclass(frozen=True)
class Golden:
    """The batch of all kinds, and the one before it."""

    before: Batch
    batch: Batch
    zipped: bytes

    def rows(self, number: int) -> list[dict[str, Any]]:
        return workbook_rows(self.zipped, number)


def prepare(origin: Origin) -> dict[str, Any]:
    """Make the documents of a first batch: an invoice to change, one to credit, payments."""
    service = AddressValues(
        line1="9 Oak Ave", line2="Rear", city="Waco", state="TX", postal_code="06701", country="US"
    )
    customer = make_customer("C-1", email="jane@example.com", service=service, origin=origin)
    hvac = make_department("HVAC", default_class="Heating", origin=origin)
    job = make_job("J-55", customer=customer, department=hvac, origin=origin)
    return {
        "customer": customer,
        "hvac": hvac,
        "job": job,
        "changed": make_invoice("00101", customer=customer, origin=origin),
        "credited": make_invoice(
            "00100", customer=customer, job=job, department=hvac, memo="Old one", origin=origin
        ),
        "deposit": make_payment("P-101", customer=customer, amount=16000, origin=origin),
        "paid": make_payment("P-100", customer=customer, job=job, amount=5000, origin=origin),
    }


def make_golden(origin: Origin) -> Golden:
    """Make the example of feed.md, and one document of each other kind, in one batch."""
    documents = prepare(origin)
    customer, hvac, job = (documents[name] for name in ("customer", "hvac", "job"))
    before = make_batch(name="Before", origin=origin)
    lines = (
        make_line(15000, quantity=Decimal("1.5"), rate=Decimal(100)),
        make_line(
            -2001,
            item="Marketing Coupons",
            description="SAVE20",
            is_taxable=False,
            class_name="Marketing",
            service_date=None,
        ),
    )
    invoice = make_invoice(
        "10023",
        customer=customer,
        job=job,
        department=hvac,
        memo="Left at the door",
        tax_name="Austin",
        tax_rate=Decimal("8.25"),
        tax_cents=1238,
        lines=lines,
        origin=origin,
    )
    change_invoice(
        invoice=documents["changed"],
        values=make_invoice_values(16000),
        reason="x",
        origin=origin,
    )
    reallocate_payment(
        payment=documents["deposit"],
        allocations=((documents["changed"], 16000),),
        reason="x",
        origin=origin,
    )
    make_refund("R-12", payment=documents["paid"], amount=5000, method="cash", origin=origin)
    make_credit_memo("CM-7", invoice=documents["credited"], origin=origin)
    payment = make_payment(
        "P-900",
        amount=12000,
        allocations=((invoice, 10000),),
        method="check",
        reference="0042",
        memo="Thanks",
        origin=origin,
    )
    make_refund("R-1", payment=payment, amount=500, origin=origin)
    imported = make_job("J-9", customer=customer, is_imported=True, origin=origin)
    make_payment("P-901", job=imported, amount=1999, origin=origin)
    Company.objects.update(
        deposit_accounts={"check": "Bank:Checking"}, refund_accounts={"cash": "Petty Cash"}
    )
    batch = make_batch(name="March", origin=origin)
    return Golden(before, batch, zip_of(batch))
