from integrations.models.notices import Notice, NoticePreference
from integrations.models.requests import IdempotentRequest
from integrations.models.tokens import ApiToken, Scope
from integrations.models.uploads import Upload, UploadProblem
from integrations.models.webhooks import BatchEvent, Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "ApiToken",
    "BatchEvent",
    "IdempotentRequest",
    "Notice",
    "NoticePreference",
    "Scope",
    "Upload",
    "UploadProblem",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
]
