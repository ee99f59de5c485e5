"""Records the signals that were sent."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.dispatch import Signal

Sent = list[tuple[Signal, dict[str, Any]]]


@contextmanager
def signals_sent(*signals: Signal) -> Iterator[Sent]:
    """Collect what the block sends through these signals, in order."""
    sent: Sent = []

    def listen(signal: Signal, **arguments: Any) -> None:
        arguments.pop("sender")
        sent.append((signal, arguments))

    with ExitStack() as stack:
        for signal in signals:
            signal.connect(listen)
            stack.callback(signal.disconnect, listen)
        yield sent
