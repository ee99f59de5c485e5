from payments.models.payments import Allocation, Payment, PaymentRevision
from payments.models.refunds import Refund

__all__ = ["Allocation", "Payment", "PaymentRevision", "Refund"]
