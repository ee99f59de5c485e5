"""Ports of this machine: which one a server may take, and the way out when it cannot.

`python -m sera_batching.ports "make run" 8000` says so before `make run` migrates anything.
"""

import errno
import os
import socket
import sys
from typing import Final

from sera_batching.exceptions import Refused

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8000
HIGHEST_PORT: Final = 65_535
NEIGHBORS: Final = 100
"""How many of the next ports are tried before the system picks one."""


def read_port(text: str, *, command: str) -> int:
    """Return the number of a port; Refused, with an example for `command`, for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST_PORT))
    if not is_number or not 1 <= int(text) <= HIGHEST_PORT:
        raise Refused(
            f"“{text}” is not a port. Use a number from 1 to {HIGHEST_PORT}: "
            f"{command} PORT={DEFAULT_PORT + 1}"
        )
    return int(text)


def require_free_port(port: int, *, command: str) -> None:
    """Refuse a port that a server cannot take now, and name another one for `command`."""
    if problem := _problem_with(port):
        raise Refused(
            f"Port {port} {problem}, or choose another: {command} PORT={next_free_port(port)}"
        )


def next_free_port(port: int) -> int:
    """Return the first free port after this one, or any other when its neighbors are taken."""
    last = min(port + NEIGHBORS, HIGHEST_PORT)
    neighbors = (each for each in range(port + 1, last + 1) if is_free(each))
    return next(neighbors, 0) or any_free_port()


def is_free(port: int) -> bool:
    """Return whether a server of ours could listen there now."""
    return not _problem_with(port)


def any_free_port() -> int:
    """Return a free port that the system picks."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _problem_with(port: int) -> str:
    """Return why nothing can listen there and what to do about it, empty when it is free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do, so that a connection that has just ended is not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is in use. Stop what uses it"
            return f"cannot be used ({os.strerror(error.errno or 0)}). Start it as a user who may"
    return ""


def main(command: str, text: str) -> None:
    """End with exit code 1 and one line, when the server of `command` could not listen."""
    try:
        require_free_port(read_port(text, command=command), command=command)
    except Refused as refusal:
        sys.exit(str(refusal))


if __name__ == "__main__":
    main(*sys.argv[1:])
