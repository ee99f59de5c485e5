"""The Celery application: configured by Django's settings under the prefix CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sera_batching.settings")

app = Celery("sera_batching")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
