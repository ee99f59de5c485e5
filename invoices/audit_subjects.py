"""What the audit trail calls invoices, customers and the catalogue."""

from sera_batching.audit.subjects import Subject, register_subjects

register_subjects(
    Subject(30, "invoice", "Invoices"),
    Subject(40, "credit_memo", "Credit memos"),
    Subject(70, "customer", "Customers"),
    Subject(80, "job", "Jobs"),
    Subject(90, "department", "Departments"),
    Subject(100, "item", "Items"),
    Subject(110, "class", "Classes"),
)
