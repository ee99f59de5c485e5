"""Settings, and what every app may use."""

from typing import Final

from sera_batching.celery import app as celery_app

__all__ = ["__version__", "celery_app"]

__version__: Final = "0.9.0"
"""The version of the product, for people: footer, API description, `manage.py --version`."""
