"""Runs actions concurrently, each in its own thread and on its own connection."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

from sera_batching.exceptions import DomainError

Act = Callable[[], Any]


def at_once(acts: Sequence[Act]) -> list[Any]:
    """Run the actions concurrently; return each one's result, or the refusal that it raised."""
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
