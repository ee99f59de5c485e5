"""The pages of tokens, webhooks, uploads and notices, and the API."""

from django.urls import URLPattern, URLResolver, include, path

from integrations.api import site
from integrations.views import notices, tokens, uploads, webhooks

PATTERNS: list[URLPattern] = [
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/add/", tokens.token_add, name="token_add"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/add/", webhooks.webhook_add, name="webhook_add"),
    path("settings/webhooks/<int:webhook_id>/", webhooks.webhook, name="webhook"),
    path(
        "settings/webhooks/<int:webhook_id>/secret/",
        webhooks.webhook_secret,
        name="webhook_secret",
    ),
    path(
        "settings/webhooks/<int:webhook_id>/remove/",
        webhooks.webhook_remove,
        name="webhook_remove",
    ),
    path(
        "settings/webhooks/deliveries/<int:delivery_id>/redeliver/",
        webhooks.webhook_redeliver,
        name="webhook_redeliver",
    ),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/add/", uploads.upload_add, name="upload_add"),
    path("uploads/<int:upload_id>/", uploads.upload, name="upload"),
    path("uploads/<int:upload_id>/status/", uploads.upload_status, name="upload_status"),
    path("uploads/<int:upload_id>/refused.csv", uploads.upload_refused, name="upload_refused"),
    path("uploads/<int:upload_id>/apply/", uploads.upload_apply, name="upload_apply"),
    path("uploads/<int:upload_id>/continue/", uploads.upload_continue, name="upload_continue"),
    path("account/notices/", notices.notices, name="notices"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", site.urls),
    path("", include((PATTERNS, "integrations"))),
]
