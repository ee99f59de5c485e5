"""Provoked faults: processes, queues, databases and disks that fail at the worst moment.

Real ones: a process is killed with kill −9, a Redis and a PostgreSQL of the tests' own are killed
and started again, a disk is full. `docs/reliability.md` says what must follow from each.
"""
