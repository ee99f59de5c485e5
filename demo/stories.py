"""Unusual events in the demo company: one of each special case.

Each story says in its docstring what Unbatched shows of it after the two batches.
"""

from datetime import date
from decimal import Decimal
from typing import Final

from demo.amounts import Content, line_of, total_of
from demo.catalogue import ARCHIVED_TRADE, COUPON_CLASS, COUPON_ITEM, TRADES, Part
from demo.script import Phase, Script
from sera_batching.money import cents_text

HVAC, PLUMBING, ELECTRICAL, DRAINS = TRADES


def legacy_credit_memo(script: Script) -> None:
    """A credit memo; its invoice, a payment and a refund were already in the books."""
    invoice = script.invoice(Phase.OPENING)
    other = script.invoice(Phase.OPENING)
    payment = script.payment(Phase.OPENING, other)
    refund = script.refund(Phase.OPENING, payment, 2500)
    for record in (invoice, other, payment, refund):
        script.batched_before(record)
    record = {
        "type": "credit_memo",
        "number": "CM-7",
        "invoice": invoice["number"],
        "date": "2026-11-09",
    }
    script.add(Phase.SINCE, record)


def more_work_after_batching(script: Script) -> None:
    """An invoice update, and an update of its payment, whose link the replacement breaks."""
    customer = script.random.choice(script.customers)
    invoice = script.invoice(Phase.FIRST, customer=customer, trade=HVAC)
    script.payment(Phase.FIRST, invoice)
    filters = line_of(HVAC, HVAC.parts[1], date.fromisoformat(invoice["date"]), Decimal(2))
    lines = [*invoice["lines"], filters]
    tax = script.tax(customer, lines)
    script.again(Phase.SINCE, invoice, lines=lines, tax=tax, memo="Added two filters")


def changes_batched_since(script: Script) -> None:
    """Nothing: the update and the journal went out with the second batch, which depends on the
    first."""
    invoice = script.invoice(Phase.FIRST, trade=PLUMBING)
    script.again(Phase.SECOND, invoice, memo="Gate code 4711")
    paid = script.invoice(Phase.FIRST, trade=PLUMBING, lines=_flat(18000), tax=None)
    payment = script.payment(Phase.FIRST, paid)
    script.refund(Phase.SECOND, payment, 3000)


def a_date_in_another_month(script: Script) -> None:
    """An invoice update."""
    invoice = script.invoice(Phase.FIRST, trade=ELECTRICAL)
    script.again(Phase.SINCE, invoice, date="2026-11-08", due_date="2026-11-23")


def a_discount_after_batching(script: Script) -> None:
    """An invoice update to zero: it was batched, so it is not a zero invoice."""
    invoice = script.invoice(Phase.SECOND, trade=PLUMBING, tax=None)
    coupon = _coupon_of_everything(invoice)
    script.again(Phase.SINCE, invoice, lines=[*invoice["lines"], coupon])


def a_deposit_tied_to_its_invoice(script: Script) -> None:
    """A payment update: the deposit was batched, its invoice is an insert."""
    customer = script.random.choice(script.customers)
    job = script.job(Phase.FIRST, customer, HVAC)
    deposit = script.payment(
        Phase.FIRST,
        amount=50000,
        customer=customer["number"],
        job=job["number"],
        memo="Deposit for new system",
    )
    day = date.fromisoformat("2026-11-10")
    lines = [line_of(HVAC, Part("HVAC system", "3-ton heat pump", 689500), day, Decimal(1))]
    invoice = script.invoice(Phase.SINCE, customer=customer, trade=HVAC, job=job, lines=lines)
    allocations = [{"invoice": invoice["number"], "amount": "500.00"}]
    script.again(Phase.SINCE, deposit, allocations=allocations)


def money_moved_to_another_invoice(script: Script) -> None:
    """A payment update."""
    customer = script.random.choice(script.customers)
    wrong, right = (
        script.invoice(Phase.SECOND, customer=customer, trade=PLUMBING) for _ in range(2)
    )
    payment = script.payment(Phase.SECOND, wrong, shares=[5000])
    allocations = [{"invoice": right["number"], "amount": "50.00"}]
    script.again(Phase.SINCE, payment, allocations=allocations)


def refunds_after_batching(script: Script) -> None:
    """Three journal entries, two of them of one payment."""
    for refunds in ((7500,), (1000, 2000)):
        invoice = script.invoice(Phase.FIRST, trade=PLUMBING, lines=_flat(25000))
        payment = script.payment(Phase.FIRST, invoice)
        for cents in refunds:
            script.refund(Phase.SINCE, payment, cents)


def refunds_before_batching(script: Script) -> None:
    """A payment insert of the net amount; one refunded in full does not appear."""
    for paid, refunded in ((30000, 10000), (12000, 12000)):
        invoice = script.invoice(Phase.SINCE, trade=DRAINS, lines=_flat(paid), tax=None)
        payment = script.payment(Phase.SINCE, invoice)
        script.refund(Phase.SINCE, payment, refunded)


def a_refund_in_another_month(script: Script) -> None:
    """A payment insert with a warning: netting moves money between periods."""
    days: Content = {"date": "2026-10-30", "due_date": "2026-10-30"}
    invoice = script.invoice(Phase.SECOND, trade=DRAINS, lines=_flat(20000), tax=None, **days)
    payment = script.payment(Phase.SINCE, invoice, date="2026-10-31", memo="Came in late")
    script.refund(Phase.SINCE, payment, 4000)


def money_where_a_refund_was(script: Script) -> None:
    """A capped payment: in the books the refunded one still pays the invoice in full."""
    invoice = script.invoice(Phase.FIRST, trade=ELECTRICAL, lines=_flat(40000), tax=None)
    first = script.payment(Phase.FIRST, invoice)
    script.refund(Phase.SINCE, first, 15000, date="2026-11-09")
    script.payment(Phase.SINCE, invoice, shares=[15000], date="2026-11-12")


def split_payments(script: Script) -> None:
    """A payment insert on three invoices with a rest, and one that is only a deposit."""
    customer = script.random.choice(script.customers)
    invoices = [script.invoice(Phase.SINCE, customer=customer) for _ in range(3)]
    shares = [total_of(invoice) for invoice in invoices]
    script.payment(Phase.SINCE, *invoices, shares=shares, amount=sum(shares) + 5000)
    job = script.job(Phase.SINCE, customer, ELECTRICAL)
    script.payment(
        Phase.SINCE,
        amount=25000,
        customer=customer["number"],
        job=job["number"],
        memo="Deposit\nfor panel upgrade",
    )


def a_payment_on_an_imported_job(script: Script) -> None:
    """A payment insert without invoice number, and a warning."""
    customer = script.random.choice(script.customers)
    job = script.job(Phase.SINCE, customer, HVAC, imported=True)
    script.payment(
        Phase.SINCE, amount=33000, customer=customer["number"], job=job["number"], method="check"
    )


def pending_invoices(script: Script) -> None:
    """Neither appears; the payment of the first is a deposit until it is approved."""
    invoice = script.invoice(Phase.SINCE, status="pending")
    script.payment(Phase.SINCE, invoice, shares=[2000])
    cancelled = script.invoice(Phase.SINCE, status="pending")
    script.act_on_invoice(Phase.SINCE, cancelled, "cancel", "Customer called it off")


def unlocked_invoices(script: Script) -> None:
    """Payment inserts without their invoices on Unbatched: one batched, one never."""
    batched = script.invoice(Phase.SECOND, trade=HVAC)
    script.again(Phase.SINCE, batched, status="pending")
    never_batched = script.invoice(Phase.SINCE, trade=HVAC)
    script.again(Phase.SINCE, never_batched, status="pending")
    for invoice in (batched, never_batched):
        script.payment(Phase.SINCE, invoice, shares=[3000])


def a_held_invoice(script: Script) -> None:
    """Neither the invoice nor its payment appears."""
    invoice = script.invoice(Phase.SINCE)
    script.payment(Phase.SINCE, invoice, shares=[1500])
    script.act_on_invoice(Phase.SINCE, invoice, "do_not_batch", "Customer disputes the hours")


def disputed_payments(script: Script) -> None:
    """The first does not appear; the second was batched, so it is a follow-up."""
    for phase in (Phase.SINCE, Phase.SECOND):
        invoice = script.invoice(phase, trade=PLUMBING)
        payment = script.payment(phase, invoice, method="card")
        script.act_on_payment(Phase.SINCE, payment, "dispute", "Chargeback notice from the bank")


def a_zero_invoice(script: Script) -> None:
    """A warranty visit: does not appear."""
    lines = _flat(9500)
    coupon = _coupon_of_everything({"lines": lines, "tax": None})
    script.invoice(Phase.SINCE, trade=HVAC, lines=[*lines, coupon], tax=None, memo="Warranty")


def a_flat_price(script: Script) -> None:
    """An invoice insert with a warning: quantity times rate is not the amount."""
    line = {**_flat(10000)[0], "quantity": "3", "rate": "33.33"}
    script.invoice(Phase.SINCE, trade=PLUMBING, lines=[line])


def no_department(script: Script) -> None:
    """An invoice insert and a payment insert without department or job."""
    invoice = script.invoice(Phase.SINCE, job=None, department=None, lines=_flat(4500), tax=None)
    script.payment(Phase.SINCE, invoice, method="external", memo="Paid on the old site\tref. 0017")


def an_archived_department(script: Script) -> None:
    """Invoice inserts of a department that takes no new work."""
    for _ in range(2):
        script.invoice(Phase.SINCE, trade=ARCHIVED_TRADE)


def money_not_settled(script: Script) -> None:
    """A payment insert; it can only be removed in full."""
    invoice = script.invoice(Phase.SINCE, trade=ELECTRICAL)
    script.payment(Phase.SINCE, invoice, method="ach", settled=False)


def things_to_fix(script: Script) -> None:
    """Only follow-ups: a batched invoice voided, a batched payment removed, a key changed."""
    void = script.invoice(Phase.FIRST, trade=DRAINS)
    script.act_on_invoice(Phase.SINCE, void, "void", "Billed to the wrong customer")
    invoice = script.invoice(Phase.FIRST, trade=ELECTRICAL)
    payment = script.payment(Phase.FIRST, invoice, method="check")
    script.act_on_payment(Phase.SINCE, payment, "remove", "Entered twice")
    wedded = "Ana María Okafor-Garza"  # no other generated customer can have this name
    married = script.customer("Ana María Garza")
    script.invoice(Phase.FIRST, customer=married)
    script.again(Phase.SINCE, married, name=wedded, accounting_key=wedded)


def _flat(cents: int) -> list[Content]:
    """Return one line with a flat price, not taxable."""
    return [
        {
            "item": "Flat rate",
            "description": "Flat-rate repair",
            "quantity": "1",
            "rate": cents_text(cents),
            "amount": cents_text(cents),
            "taxable": False,
            "class": "Flat rate",
            "service_date": None,
        }
    ]


def _coupon_of_everything(invoice: Content) -> Content:
    amount = cents_text(-total_of(invoice))
    return {
        "item": COUPON_ITEM,
        "description": "On the house",
        "quantity": "1",
        "rate": amount,
        "amount": amount,
        "taxable": False,
        "class": COUPON_CLASS,
        "service_date": None,
    }


STORIES: Final = (
    legacy_credit_memo,
    more_work_after_batching,
    changes_batched_since,
    a_date_in_another_month,
    a_discount_after_batching,
    a_deposit_tied_to_its_invoice,
    money_moved_to_another_invoice,
    refunds_after_batching,
    refunds_before_batching,
    a_refund_in_another_month,
    money_where_a_refund_was,
    split_payments,
    a_payment_on_an_imported_job,
    pending_invoices,
    unlocked_invoices,
    a_held_invoice,
    disputed_payments,
    a_zero_invoice,
    a_flat_price,
    no_department,
    an_archived_department,
    money_not_settled,
    things_to_fix,
)
