from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        # Importing it is what registers the pages.
        from backoffice import navigation  # noqa: F401
