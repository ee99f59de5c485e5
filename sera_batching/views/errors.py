"""What a page answers when the server fails."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults

from sera_batching.database.transactions import is_unanswered, was_given_up

RETRY_AFTER_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when the database was busy or down, with the outcome; 500 for our own faults.

    Django calls this while it handles the error, wherever it was raised.
    """
    error = sys.exc_info()[1]
    nothing_changed = was_given_up(error)
    if not (nothing_changed or is_unanswered(error)):
        return defaults.server_error(request)
    # Rendered without the request, so that nothing asks the database for the user.
    response = render(None, "503.html", {"nothing_changed": nothing_changed}, status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
