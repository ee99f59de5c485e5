"""The four models that triggers maintain get names that say what they hold; their tables keep theirs.

The tables are named first, so that renaming a model renames nothing in the database: no table, no
index and no trigger changes. Django renames the content types itself. These models have no
permissions (`default_permissions` is empty), so none has to follow.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounting", "0003_unique_without_nulls")]

    operations = [
        migrations.AlterModelTable("OpenInvoice", "accounting_openinvoice"),
        migrations.AlterModelTable("OpenPayment", "accounting_openpayment"),
        migrations.AlterModelTable("ListedInvoice", "accounting_listedinvoice"),
        migrations.AlterModelTable("ListedPayment", "accounting_listedpayment"),
        migrations.RenameModel("OpenInvoice", "UnbatchedInvoice"),
        migrations.RenameModel("OpenPayment", "CandidatePayment"),
        migrations.RenameModel("ListedInvoice", "InvoiceListRow"),
        migrations.RenameModel("ListedPayment", "PaymentListRow"),
    ]
