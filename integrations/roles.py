"""Who may let other programs in (domain.md §9)."""

from sera_batching.roles import ADMIN, grant

grant(ADMIN, "integrations.manage_tokens", "integrations.manage_webhooks")
