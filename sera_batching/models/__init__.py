from sera_batching.models.audit import AuditEvent, AuditSeal
from sera_batching.models.company import Company, PaymentMethod
from sera_batching.models.fed import Fed
from sera_batching.models.sent_forms import SentForm
from sera_batching.models.users import User

__all__ = ["AuditEvent", "AuditSeal", "Company", "Fed", "PaymentMethod", "SentForm", "User"]
