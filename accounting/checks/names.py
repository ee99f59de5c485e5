"""Checks of the names that QuickBooks must find, or create, exactly as written."""

from collections.abc import Iterable, Iterator
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounting.records.documents import (
    DESKTOP,
    PROFILE_NAMES,
    BatchSettings,
    InvoiceRecord,
    JournalRecord,
    Party,
)
from accounting.records.limits import LIMITS
from accounting.workbooks import journals

Problem = tuple[str, str]
_BREAKS: Final = {"\t": "a tab", "\n": "a line break", "\r": "a line break"}
_NAME_BREAKERS: Final = {":": "a colon", **_BREAKS}


# 3: accounting key present, trimmed, within the limit, legal characters


def accounting_key(party: Party, profile: str) -> Iterator[Problem]:
    """Check 3: QuickBooks must find the customer by this name, or create it (errors 2040, 2050)."""
    key = party.accounting_key
    name, limit = PROFILE_NAMES[profile], LIMITS[profile].customer
    if not key.strip():
        yield (
            "The customer has no accounting key.",
            "Give the customer an accounting key: the display name in QuickBooks.",
        )
        return
    if key != key.strip():
        yield (
            f'The accounting key "{key}" begins or ends with a space.',
            "Change the accounting key: remove the space.",
        )
    if len(key) > limit:
        yield (
            f'The accounting key "{key}" has {len(key)} characters; {name} allows {limit}.',
            "Shorten the accounting key, in QuickBooks too.",
        )
    found = sorted({what for character, what in _NAME_BREAKERS.items() if character in key})
    if found:
        yield (
            f'The accounting key "{key}" contains {" and ".join(found)}.',
            "Change the accounting key: QuickBooks doesn't allow this in a customer's name.",
        )


# 4: items, classes, tax codes, terms and accounts within the limits, legal characters


def _name(what: str, text: str, profile: str, *, remedy: str) -> Iterator[Problem]:
    """Yield what is wrong with a name of the form `Parent:Child`; a blank one is skipped."""
    if not text.strip():
        return
    limits, taker = LIMITS[profile], PROFILE_NAMES[profile]
    levels = text.split(":")
    longest = max(len(level) for level in levels)
    if not all(level.strip() for level in levels):
        yield f'{what} "{text}" has an empty part: Parent:Child needs both names.', remedy
    if found := sorted({name for character, name in _BREAKS.items() if character in text}):
        yield f'{what} "{text}" contains {" and ".join(found)}.', remedy
    if len(text) > limits.name_path:
        most = limits.name_path
        yield f'{what} "{text}" has {len(text)} characters; {taker} allows {most}.', remedy
    elif longest > limits.name_level:
        most = limits.name_level
        where = f"{longest} characters" + (" between two colons" if len(levels) > 1 else "")
        yield f'{what} "{text}" has {where}; {taker} allows {most}.', remedy


_IN_SETTINGS: Final = "Correct it in the company settings."
_ON_INVOICE: Final = (
    "Correct it on the invoice, and in QuickBooks if needed. We don't shorten names."
)


def _each(names: Iterable[tuple[str, str]], profile: str, *, remedy: str) -> Iterator[Problem]:
    for what, text in dict.fromkeys(names):
        yield from _name(what, text, profile, remedy=remedy)


def invoice_names(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 4 of an invoice, or of what a credit memo restates: names besides the customer's."""
    names = [("The item", line.item) for line in record.lines]
    names += [("The class", line.class_name) for line in record.lines]
    names.append(("The tax code", record.tax_name))
    yield from _each(names, profile, remedy=_ON_INVOICE)


def invoice_terms(record: InvoiceRecord, profile: str) -> Iterator[Problem]:
    """Check 4 of an invoice's terms, which the file of credit memos does not have."""
    terms, most = record.terms, LIMITS[profile].terms
    if len(terms) > most:
        taker = PROFILE_NAMES[profile]
        yield (
            f'The terms "{terms}" have {len(terms)} characters; {taker} allows {most}.',
            _ON_INVOICE,
        )


def journal_names(record: JournalRecord, settings: BatchSettings) -> Iterator[Problem]:
    """Check 4 of a refund's journal entry: its accounts, and the class of its department."""
    accounts = [("The account", entry.account) for entry in journals.entries(record, settings)]
    yield from _each(accounts, settings.profile, remedy=_IN_SETTINGS)
    yield from _each(
        [("The class", record.class_name)],
        settings.profile,
        remedy=f'Correct the default class of department "{record.department}".',
    )


def payment_account(method: str, settings: BatchSettings) -> Iterator[Problem]:
    """Check 4 of the account that a payment by this method goes to; blank: Undeposited Funds."""
    accounts = [("The account", settings.deposit_account(method))]
    yield from _each(accounts, settings.profile, remedy=_IN_SETTINGS)


def desktop_names(settings: BatchSettings) -> Iterator[Problem]:
    """Check 4 of the names that Desktop's files 1 and 2 take from the settings."""
    if settings.profile == DESKTOP:
        yield from _each(
            [
                ("The account", settings.ar_account),
                ("The sales tax item", settings.default_tax_item),
            ],
            settings.profile,
            remedy=_IN_SETTINGS,
        )


# 20: e-mail single and well formed


def email(party: Party, profile: str) -> Iterator[Problem]:
    """Check 20: the snapshot of a batch leaves out an e-mail address that fails this."""
    if not party.email:
        return
    try:
        validate_email(party.email)
    except ValidationError:
        yield (
            f'"{party.email}" isn\'t a single valid e-mail address, so it is left out.',
            "Correct the customer's e-mail address.",
        )
