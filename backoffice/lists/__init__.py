"""The lists of invoices and payments: what narrows and sorts them, their totals, and as CSV."""
