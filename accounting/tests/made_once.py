"""What the tests of a module share: made once, and whole again for each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django import DjangoDbBlocker


@contextmanager
def kept_for_a_module(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep what is written within until the end; each test takes back only what it changes.

    For a fixture of scope "module" that asks for `django_db_setup`, in a module all of whose tests
    expect the rows, since each of them sees them.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
