"""The history of an invoice or payment: everything that happened to it, newest first.

Each module reads one kind of source in a constant number of statements and at most as many rows as
are shown; `documents` combines their entries.
"""
