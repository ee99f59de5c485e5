from accounting.models.batches import (
    LIVE_STATUSES,
    OPENING_BATCH_ID,
    Batch,
    BatchDownload,
    BatchFile,
    BatchParty,
)
from accounting.models.drafts import Draft, DraftItem
from accounting.models.findings import Finding, LastCheck
from accounting.models.follow_ups import FollowUp
from accounting.models.item_details import ItemWarning, PaymentRow, RefundUse
from accounting.models.items import BatchItem
from accounting.models.kinds import Kind
from accounting.models.list_rows import InvoiceListRow, PaymentListRow
from accounting.models.selections import Selection, SelectionException
from accounting.models.unbatched_documents import CandidatePayment, UnbatchedInvoice

__all__ = [
    "LIVE_STATUSES",
    "OPENING_BATCH_ID",
    "Batch",
    "BatchDownload",
    "BatchFile",
    "BatchItem",
    "BatchParty",
    "CandidatePayment",
    "Draft",
    "DraftItem",
    "Finding",
    "FollowUp",
    "InvoiceListRow",
    "ItemWarning",
    "Kind",
    "LastCheck",
    "PaymentListRow",
    "PaymentRow",
    "RefundUse",
    "Selection",
    "SelectionException",
    "UnbatchedInvoice",
]
