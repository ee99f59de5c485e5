"""What can happen to a valid transaction: the database aborts it, or the connection is lost."""

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
"""How long to wait: an immediate retry would take the lock before the other one wakes up."""
_DEADLOCK: Final = "40P01"
_SERIALIZATION_FAILURE: Final = "40001"
_BUSY: Final = "SQLITE_BUSY"


def retry_when_given_up(service: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Retry a service when the database aborted its transaction in favor of another.

    The database does so to break a deadlock or a serialization conflict, or after too long a wait
    for SQLite's one writer; nothing is left behind. There is a short wait between attempts. After
    three attempts the database's error is raised; a page then answers 503, and a command ends with
    code 4. Inside a caller's transaction, the caller must retry.
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
    """Return whether the database aborted a transaction in favor of others, so that nothing
    changed.

    SQLite does so at BEGIN IMMEDIATE, after waiting too long for its turn.
    """
    cause = getattr(error, "__cause__", None)
    is_busy = getattr(cause, "sqlite_errorname", "") == _BUSY
    is_victim = getattr(cause, "pgcode", None) in (_DEADLOCK, _SERIALIZATION_FAILURE)
    return isinstance(error, OperationalError) and (is_busy or is_victim)


def is_unanswered(error: BaseException | None) -> bool:
    """Return whether the database did not answer, so that the outcome is unknown."""
    return isinstance(error, OperationalError | InterfaceError) and not was_given_up(error)


def may_have_committed(error: BaseException) -> bool:
    """Return whether the caller's own transaction may have been committed despite this error.

    If so, the connection works again or the next query makes a new one, so the outcome can be
    looked up.
    """
    if connection.in_atomic_block or not is_unanswered(error):
        return False
    connection.close_if_unusable_or_obsolete()
    return True
