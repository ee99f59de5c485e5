#!/usr/bin/env python
"""Run a management command with the settings of this project."""

import os
import sys

from django.core.management import execute_from_command_line

from sera_batching.release import version_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sera_batching.settings")
    if sys.argv[1:] in (["--version"], ["version"]):
        # Django would print its own version here.
        sys.stdout.write(f"{version_line()}\n")
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
