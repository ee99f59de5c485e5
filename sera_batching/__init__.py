"""Settings, and the plumbing that every app may use."""

from sera_batching.celery import app as celery_app

__all__ = ["celery_app"]
