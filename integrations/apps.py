from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "integrations"

    def ready(self) -> None:
        # Importing them is what registers receivers and pages and grants the permissions.
        from integrations import navigation, receivers, roles  # noqa: F401
