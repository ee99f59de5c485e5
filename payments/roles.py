"""What each role may do with payments (domain.md §9)."""

from sera_batching.roles import ADMIN, OFFICE, grant

grant(OFFICE, "payments.view_payment", "payments.take_payment")
grant(
    ADMIN,
    "payments.refund_payment",
    "payments.reallocate_payment",
    "payments.remove_payment",
    "payments.dispute_payment",
)
