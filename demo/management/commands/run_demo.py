import os
import signal
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from types import FrameType
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import BaseCommand, CommandError, call_command

from invoices.models import Invoice
from sera_batching import __version__
from sera_batching.exceptions import Refused
from sera_batching.models import User
from sera_batching.ports import (
    DEFAULT_PORT,
    any_free_port,
    is_free,
    next_free_port,
    read_port,
    require_free_port,
)
from sera_batching.processes import Children

ROLES: Final = {"office": "Office", "accountant": "Accountant", "admin": "Admin"}
START_SECONDS: Final = 60
COMMAND: Final = "make demo"


def demo_password(username: str) -> str:
    """Return the fixed password of a demo user: public, so used only in a demo."""
    return f"{username}-demo"


def raise_interrupt(number: int, frame: FrameType | None) -> None:
    """Treat a request to stop (SIGTERM, a closed terminal) like Ctrl-C.

    Ctrl-C itself needs this too: a shell that starts the demo in the background ignores Ctrl-C.
    """
    raise KeyboardInterrupt


class Command(BaseCommand):
    help = "Start web server, worker and beat on the embedded default, with a sample company."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port",
            default="",
            help=f"default: {DEFAULT_PORT}, or the next free port; 0: any free port",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.refuse_real_data()
        port = self.find_port(options["port"])
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, raise_interrupt)
        try:
            self.prepare()
            self.serve(port or any_free_port())
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def refuse_real_data(self) -> None:
        """Refuse to make users with known passwords outside a demo's own folder."""
        if settings.PRODUCTION or not settings.USES_SQLITE or settings.REDIS_URL:
            raise CommandError("The demo runs on the embedded default only: use `make demo`.")
        if settings.VAR_DIR.name != "demo":
            raise CommandError(
                f"The demo makes users with known passwords, so it needs a VAR_DIR named “demo”, "
                f"not {settings.VAR_DIR}: use `make demo`."
            )

    def find_port(self, text: str) -> int:
        """Return the port, 0 for any free one; CommandError if it is not available."""
        if text == "":
            return self.usual_port()
        if text == "0":
            return 0
        try:
            port = read_port(text, command=COMMAND)
            require_free_port(port, command=COMMAND)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        return port

    def usual_port(self) -> int:
        """Return the default port, or if it is in use the next free one with a message."""
        if is_free(DEFAULT_PORT):
            return DEFAULT_PORT
        port = next_free_port(DEFAULT_PORT)
        self.say(f"Port {DEFAULT_PORT} is in use, so the demo uses {port}.")
        return port

    def prepare(self) -> None:
        """Migrate the demo's database, create its users and, the first time, its data."""
        self.say("Preparing the database…")
        call_command("migrate", verbosity=0)
        for username, role in ROLES.items():
            person, _ = User.objects.get_or_create(username=username)
            person.set_password(demo_password(username))
            person.save()
            person.groups.set([Group.objects.get(name=role)])
        if not Invoice.objects.exists():
            self.say("Creating the sample company…")
            call_command("seed_demo", verbosity=0)

    def serve(self, port: int) -> None:
        """Start the three processes, and wait until one of them ends."""
        folder = settings.VAR_DIR / "logs"
        with Children(log_folder=folder, environment=os.environ) as children:
            self.start(children, port)
            self.wait_for_page(children, f"http://127.0.0.1:{port}/sign-in/")
            self.print_sign_ins(port)
            while (ended := children.ended()) is None:
                time.sleep(0.3)
            raise CommandError(f"The {ended.name} has ended:\n{ended.last_lines()}")

    def start(self, children: Children, port: int) -> None:
        """Start the web server, the worker and beat."""
        python = sys.executable
        celery = (python, "-m", "celery", "--app", "sera_batching")
        children.start(
            "web",
            *(python, "-m", "gunicorn", "sera_batching.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--workers", "2", "--threads", "4", "--log-level", "warning"),
        )
        children.start(
            "worker",
            *(*celery, "worker", "--concurrency", "1", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )
        children.start(
            "beat",
            *(*celery, "beat", "--loglevel", "WARNING", "--pidfile", ""),
        )

    def wait_for_page(self, children: Children, url: str) -> None:
        """Return once the page responds; fail if a process ends or the time is up."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if (ended := children.ended()) is not None:
                raise CommandError(f"The {ended.name} did not start:\n{ended.last_lines()}")
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own URL
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise CommandError(f"{url} did not answer within {START_SECONDS} seconds.")

    def print_sign_ins(self, port: int) -> None:
        """Print the URL and how to sign in."""
        self.say(f"\nSera Batching {__version__} is running at http://127.0.0.1:{port}/\n\n")
        for username, role in ROLES.items():
            self.say(f"  {role:<11} {username:<11} password {demo_password(username)}")
        self.say(f"\nLogs: {settings.VAR_DIR / 'logs'}\nCtrl-C stops the demo and keeps its data.")

    def say(self, text: str) -> None:
        """Print without buffering, even into a pipe."""
        self.stdout.write(text)
        self.stdout.flush()
