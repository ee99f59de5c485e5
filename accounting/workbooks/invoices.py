"""Files 1 and 2: one row per line of an invoice."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from accounting.records.documents import Address, BatchSettings, InvoiceRecord, Line
from accounting.records.limits import LIMITS, Limits, cut
from accounting.workbooks.layouts import INVOICE_INSERTS, SheetRow, row_maker
from sera_batching.money import round_half_up

_MOST_DECIMALS: Final = 6
_MOST_DIGITS: Final = 15
"""A spreadsheet keeps 15 digits of a number."""
_LARGEST_PRODUCT: Final = Decimal(10) ** 13

_NO_LINE: Final[Mapping[str, Any]] = {
    "service_date": None,
    "item": None,
    "description": None,
    "quantity": None,
    "rate": None,
    "amount": 0,
    "taxable": "FALSE",
    "line_tax_code": "Non",
    "line_class": None,
}


def rows(
    record: InvoiceRecord, settings: BatchSettings, *, file_number: int = INVOICE_INSERTS
) -> Iterator[SheetRow]:
    """Yield the rows of one invoice in layout order, amounts in cents (files 1 and 2).

    An invoice without lines (one edited down to nothing) still has one row, of amount 0.
    """
    make_row = row_maker(file_number, settings.profile, settings.layout_version)
    limits = LIMITS[settings.profile]
    values = document_values(record, settings)
    values["number"] = record.number
    values["date"] = record.date
    values["memo"] = cut(record.memo, limits.memo)
    for each in each_line(record, limits):
        values.update(each)
        yield make_row(values)


def document_values(record: InvoiceRecord, settings: BatchSettings) -> dict[str, Any]:
    """Return what repeats on every row of an invoice, and of a credit memo that restates it."""
    limits = LIMITS[settings.profile]
    party = record.party
    return {
        "customer": party.accounting_key,
        "due_date": record.due_date,
        "terms": record.terms,
        "message": cut(record.message, limits.message),
        "email": party.email,
        "tax_name": record.tax_name,
        "tax": record.tax_cents,
        # Desktop wants a sales-tax item on every document, taxed or not.
        "tax_item": record.tax_name or settings.default_tax_item,
        "customer_tax_code": tax_code(any(line.is_taxable for line in record.lines)),
        "location": record.department,
        "document_class": shared_class(record),
        "ar_account": settings.ar_account,
        "internal_id": None,
        **_address_values("billing", party.billing, limits),
        **_address_values("shipping", party.shipping or Address(), limits),
    }


def each_line(record: InvoiceRecord, limits: Limits) -> Iterator[Mapping[str, Any]]:
    """Yield what each line adds to its row; one empty line for none, so that nothing is lost."""
    for line in record.lines:
        yield line_values(line, limits)
    if not record.lines:
        yield _NO_LINE


def line_values(line: Line, limits: Limits) -> dict[str, Any]:
    """Return what a line adds to its row; quantity and rate only if they give the amount."""
    is_exact = explains_amount(line)
    return {
        "service_date": line.service_date,
        "item": line.item,
        "description": cut(line.description, limits.memo),
        "quantity": line.quantity if is_exact else None,
        "rate": line.rate if is_exact else None,
        "amount": line.amount_cents,
        "taxable": "TRUE" if line.is_taxable else "FALSE",
        "line_tax_code": tax_code(line.is_taxable),
        "line_class": line.class_name,
    }


def explains_amount(line: Line) -> bool:
    """Return whether quantity times rate, rounded half up, is the line amount and can be written.

    Check 8: the importer multiplies again and refuses a difference (6070), so where this is False
    both are left blank and the amount stands alone.
    """
    if not (_is_writable(line.quantity) and _is_writable(line.rate)):
        return False
    product = line.quantity * line.rate
    if abs(product) >= _LARGEST_PRODUCT:
        return False
    # Most are exact; rounding is dear, and this is asked of every line that is frozen or written.
    return product * 100 == line.amount_cents or round_half_up(product) == line.amount_cents


def tax_code(is_taxable: bool) -> str:
    """Return Desktop's word for taxable or not."""
    return "Tax" if is_taxable else "Non"


def shared_class(record: InvoiceRecord) -> str:
    """Return the class that all lines share, else nothing: Desktop's class of the document."""
    classes = {line.class_name for line in record.lines}
    return classes.pop() if len(classes) == 1 else ""


def _is_writable(number: Decimal) -> bool:
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        return False
    if exponent >= -_MOST_DECIMALS:
        return len(digits) + max(exponent, 0) <= _MOST_DIGITS
    beyond = -_MOST_DECIMALS - exponent
    return not any(digits[-beyond:]) and len(digits) - beyond <= _MOST_DIGITS


def _address_values(prefix: str, address: Address, limits: Limits) -> dict[str, Any]:
    return {
        f"{prefix}_line1": cut(address.line1, limits.address_line),
        f"{prefix}_line2": cut(address.line2, limits.address_line),
        f"{prefix}_city": cut(address.city, limits.city),
        f"{prefix}_state": cut(address.state, limits.state),
        f"{prefix}_postal_code": cut(address.postal_code, limits.postal_code),
        f"{prefix}_country": cut(address.country, limits.country),
    }
