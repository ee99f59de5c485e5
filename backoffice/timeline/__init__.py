"""The life story of an invoice or payment: all that happened to it, one entry each, newest first.

Each module reads one kind of source by a constant number of statements, each at most as many rows
as are shown; `stories` puts their entries together.
"""
