"""The pages of tokens, webhooks, uploads and a user's own notices in the navigation."""

from sera_batching.navigation import NAVIGATION, USER_MENU, Page, register_detail_pages

NAVIGATION.register(
    Page(170, "Settings", "Tokens", "integrations:tokens", "integrations.manage_tokens"),
    Page(180, "Settings", "Webhooks", "integrations:webhooks", "integrations.manage_webhooks"),
    Page(190, "Settings", "Uploads", "integrations:uploads", "accounting.import_feed"),
)
USER_MENU.register(
    Page(10, "", "Notices by e-mail", "integrations:notices", "accounting.view_batch"),
)
register_detail_pages(
    {"integrations.upload": "integrations:upload", "integrations.webhook": "integrations:webhook"}
)
