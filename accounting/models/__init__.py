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
from accounting.models.listed_documents import ListedInvoice, ListedPayment
from accounting.models.open_documents import OpenInvoice, OpenPayment
from accounting.models.selections import Selection, SelectionException

__all__ = [
    "LIVE_STATUSES",
    "OPENING_BATCH_ID",
    "Batch",
    "BatchDownload",
    "BatchFile",
    "BatchItem",
    "BatchParty",
    "Draft",
    "DraftItem",
    "Finding",
    "FollowUp",
    "ItemWarning",
    "Kind",
    "LastCheck",
    "ListedInvoice",
    "ListedPayment",
    "OpenInvoice",
    "OpenPayment",
    "PaymentRow",
    "RefundUse",
    "Selection",
    "SelectionException",
]
