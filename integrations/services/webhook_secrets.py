"""The signing secrets of webhooks, encrypted at rest (ADR 17)."""

from typing import Final

from sera_batching.encryption import Cipher

WEBHOOK_SECRETS: Final = Cipher("sera_batching.integrations.webhook_secrets")
