"""The entry point for a WSGI server: refuses to start with a dangerous production setting."""

import os

from django.core.management.base import SystemCheckError
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sera_batching.settings")

application = get_wsgi_application()

from sera_batching.checks import check_production  # noqa: E402  the settings come first

if dangers := check_production():
    raise SystemCheckError("\n".join(f"{danger}" for danger in dangers))
