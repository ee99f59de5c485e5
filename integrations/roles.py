"""Which roles may connect other programs (domain.md §9)."""

from sera_batching.roles import ADMIN, grant

grant(ADMIN, "integrations.manage_tokens", "integrations.manage_webhooks")
