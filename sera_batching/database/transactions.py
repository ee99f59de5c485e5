"""What the database may do to a transaction that is right: give it up, or lose the connection."""

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ATTEMPTS: Final = 3
PAUSE_SECONDS: Final = (0.1, 0.3)
"""How long to stand back: who begins at once takes the lock before the other one awakes."""
_DEADLOCK: Final = "40P01"
_SERIALIZATION_FAILURE: Final = "40001"
_BUSY: Final = "SQLITE_BUSY"


def retry_when_given_up(service: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a service begin anew when the database gave its transaction up for another one's sake.

    That breaks a deadlock or a serialization conflict, or ends too long a wait for SQLite's one
    writer, and leaves nothing behind. It stands back for a moment between attempts. After three of
    them the database's error is raised; a page then answers 503, a command with code 4.
    Within a caller's transaction it is the caller who begins anew.
    """

    @functools.wraps(service)
    def attempt(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        for number in range(1, ATTEMPTS):
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                if not was_given_up(error):
                    raise
                logger.warning("%s: attempt %s was given up: %s", service.__name__, number, error)
                time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311  no secret
        return service(*args, **kwargs)

    return attempt


def was_given_up(error: BaseException | None) -> bool:
    """Tell whether the database gave a transaction up in favour of others: nothing was changed.

    SQLite says so at its beginning, which is IMMEDIATE, when it has waited for its turn too long.
    """
    cause = getattr(error, "__cause__", None)
    is_busy = getattr(cause, "sqlite_errorname", "") == _BUSY
    is_victim = getattr(cause, "pgcode", None) in (_DEADLOCK, _SERIALIZATION_FAILURE)
    return isinstance(error, OperationalError) and (is_busy or is_victim)


def is_unanswered(error: BaseException | None) -> bool:
    """Tell whether the database did not answer, so that nobody knows whether it committed."""
    return isinstance(error, OperationalError | InterfaceError) and not was_given_up(error)


def may_have_committed(error: BaseException) -> bool:
    """Tell whether the caller's own transaction may have been committed in spite of this error.

    If so the connection works again, or the next query makes a new one: the truth can be looked up.
    """
    if connection.in_atomic_block or not is_unanswered(error):
        return False
    connection.close_if_unusable_or_obsolete()
    return True
