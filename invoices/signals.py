"""Signals to the apps above, sent inside the service's transaction.

There are no others. A receiver may raise a DomainError, which refuses the whole action.
"""

from django.dispatch import Signal

customers_changed = Signal()
"""`customers`: list of Customer just created or changed; `origin`."""

accounting_key_changed = Signal()
"""`customer`, `before`: its accounting key until now; `origin`."""

customers_merged = Signal()
"""`vanished`: list of Customer, the one asked for first, all merged into `survivor`; `origin`."""

job_changed = Signal()
"""`job`: its imported flag or department has changed; `origin`."""

job_locked = Signal()
"""`job`: about to change; what follows from it is locked now, before anything is written."""

invoice_locked = Signal()
"""`invoice`: about to change; what follows from it is locked now, before anything is written."""

invoice_closing = Signal()
"""`invoice`, `verb` ("voided" or "cancelled"): asked before; a receiver refuses by raising."""

invoices_frozen = Signal()
"""`revisions`: the InvoiceRevisions just frozen, each now its invoice's current one; `contents`:
the InvoiceValues of each, so that nobody has to read them again; `origin`."""

invoice_voided = Signal()
"""`invoice`, `origin`: after it has been voided."""

invoice_cancelled = Signal()
"""`invoice`, `origin`: after it has been cancelled."""

credit_memo_recorded = Signal()
"""`credit_memo`, `origin`."""
