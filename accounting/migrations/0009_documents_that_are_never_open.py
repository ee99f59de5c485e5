from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0008_claims_by_sets"),
        ("invoices", "0006_customers_by_name"),
        ("payments", "0003_open_documents"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="listedinvoice",
            index=models.Index(
                condition=models.Q(
                    models.Q(("status", "finalized"), _negated=True),
                    ("is_on_hold", True),
                    ("amount_cents", 0),
                    _connector="OR",
                ),
                fields=["invoice"],
                name="listed_invoice_never_open",
            ),
        ),
        migrations.AddIndex(
            model_name="listedpayment",
            index=models.Index(
                condition=models.Q(
                    models.Q(("state", "active"), _negated=True),
                    ("amount_cents", 0),
                    _connector="OR",
                ),
                fields=["payment"],
                name="listed_payment_never_open",
            ),
        ),
    ]
