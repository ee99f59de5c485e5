from django.apps import AppConfig


class FeedConfig(AppConfig):
    name = "feed"

    def ready(self) -> None:
        # Importing it is what registers the subject.
        from feed import audit_subjects  # noqa: F401
