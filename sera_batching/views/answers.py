"""How pages answer when a service succeeds or refuses."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from sera_batching.exceptions import DomainError, NotAllowed


def carry_out(request: HttpRequest, service: Callable[[], object], *, done: str) -> bool:
    """Call a service and add a message, `done` or its refusal; return whether it succeeded."""
    try:
        service()
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from error
    except DomainError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, done)
    return True
