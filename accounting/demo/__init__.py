"""A believable company with every kind of row in it, for the demo and for tests."""

from accounting.demo.seeding import demo_records, seed_demo

__all__ = ["demo_records", "seed_demo"]
