"""A test's own PostgreSQL server, which can be killed, and a proxy that can be cut."""

import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

COMMIT: Final = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""What psycopg2 sends to commit."""


def missing_postgres() -> str:
    """Return what is missing to run a server on this machine, empty when nothing."""
    if not _binary("initdb"):
        return "no PostgreSQL server (initdb is neither on the PATH nor in /usr/lib/postgresql)"
    if os.geteuid() == 0 and not _unprivileged_user():
        return "no user to run PostgreSQL as: it refuses root, and there is no user postgres"
    return ""


def _binary(name: str) -> str:
    # Debian keeps them off the PATH; the newest version counts.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = [str(folder / name) for folder in folders if (folder / name).exists()]
    return found[0] if found else shutil.which(name) or ""


def _unprivileged_user() -> str:
    with suppress(KeyError):
        return pwd.getpwnam("postgres").pw_name
    return ""


class PostgresServer:
    """A real server with a cluster in one folder, on a free port of this machine, trusting all."""

    def __init__(self, folder: Path) -> None:
        """Make the cluster."""
        self.data = folder / "data"
        self.user = _unprivileged_user() if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", str(self.data))

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [_binary(program), *words],
            user=self.user,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """Start the server, again after a stop, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        log = str(self.data / "log")
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: `immediate` as by power loss, `fast` as a service is restarted."""
        self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")


class Cut:
    """Whether a connection is cut, and whether the server has answered since."""

    def __init__(self) -> None:
        self.is_made = threading.Event()
        self.is_answered = threading.Event()


class Wire:
    """Passes connections on to a server, and cuts the one that commits, where it is told to."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port; nothing is cut."""
        self.target = (host, port)
        self.cut = ""
        self.cuts: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.sockets = [self.listener]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def cut_once(self, place: str) -> None:
        """Cut the next COMMIT `before` it is sent on, `after` it is, or once it is `answered`."""
        self.cut = place

    def close(self) -> None:
        for each in self.sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
                self.sockets += [client, server]
                cut = Cut()
                threading.Thread(
                    target=self._upward, args=(client, server, cut), daemon=True
                ).start()
                threading.Thread(
                    target=self._downward, args=(server, client, cut), daemon=True
                ).start()

    def _upward(self, client: socket.socket, server: socket.socket, cut: Cut) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                place = self.cut if COMMIT in data else ""
                if place:
                    self.cut = ""
                    self.cuts.append(place)
                    cut.is_made.set()
                if place != "before":
                    server.sendall(data)
                if place == "answered":
                    # The downward pump swallows the answer; by then the server has committed.
                    cut.is_answered.wait()
                if place:
                    break
        for each in (client, server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _downward(server: socket.socket, client: socket.socket, cut: Cut) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if cut.is_made.is_set():
                    cut.is_answered.set()
                    return
                client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(host: str, port: int) -> Iterator[Wire]:
    """Run a wire to a server."""
    wire = Wire(host, port)
    try:
        yield wire
    finally:
        wire.close()
