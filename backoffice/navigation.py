"""The pages of documents, customers and the catalogue in the navigation."""

from sera_batching.navigation import NAVIGATION, Page, register_detail_pages

NAVIGATION.register(
    Page(70, "", "Invoices", "invoices:list", "invoices.view_invoice"),
    Page(80, "", "Payments", "payments:list", "payments.view_payment"),
    Page(90, "", "Customers", "backoffice:customers", "invoices.view_invoice"),
    Page(130, "Settings", "Departments", "backoffice:departments", "invoices.view_catalogue"),
    Page(140, "Settings", "Items", "backoffice:items", "invoices.view_catalogue"),
    Page(150, "Settings", "Classes", "backoffice:classes", "invoices.view_catalogue"),
)
register_detail_pages(
    {
        "invoices.invoice": "invoices:detail",
        "invoices.creditmemo": "invoices:credit_memo",
        "invoices.customer": "backoffice:customer",
        "payments.payment": "payments:detail",
        "payments.refund": "payments:refund",
    }
)
