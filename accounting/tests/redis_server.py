"""A test's own Redis server, without other messages, which can be killed."""

import shutil
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import redis


class RedisServer:
    """A real redis-server on a free port of this machine, with its files in one folder."""

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        """Choose the port; with `keeps` every message is on disk before it is acknowledged."""
        self.folder = folder
        self.keeps = keeps
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The REDIS_URL of this server."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server, again after a kill, and wait until it answers."""
        keeping = ["yes", "--appendfsync", "always"] if self.keeps else ["no"]
        self.process = subprocess.Popen(
            [
                shutil.which("redis-server") or "redis-server",
                *("--port", str(self.port), "--bind", "127.0.0.1"),
                *("--dir", str(self.folder), "--save", "", "--appendonly", *keeping),
            ],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > until:
                raise TimeoutError(f"redis-server on port {self.port} does not answer.")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with closing(self.client()) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def client(self) -> "redis.Redis":
        """Connect to the server; the caller closes."""
        return redis.Redis(host="127.0.0.1", port=self.port)

    def kill(self) -> None:
        """Kill the server immediately, as in a power loss."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
