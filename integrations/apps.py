from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "integrations"

    def ready(self) -> None:
        # Importing them registers them.
        from integrations import audit_subjects, navigation, receivers, roles  # noqa: F401
