from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self) -> None:
        # Importing it registers the subject.
        from demo import audit_subjects  # noqa: F401
