"""Acts that run at the same time, each in a thread and on a connection of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from sera_batching.exceptions import DomainError

Act = Callable[[], Any]


def at_once(acts: Sequence[Act]) -> list[Any]:
    """Run the acts at the same time; return what each returned, or the refusal that it raised."""
    start = Barrier(len(acts))

    def run(act: Act) -> Any:
        try:
            start.wait(timeout=10)
            return act()
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
