import django.db.models.deletion
from django.db import migrations, models


def pointer(to: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=null,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


def document(to: str) -> models.OneToOneField:
    return models.OneToOneField(
        db_constraint=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        primary_key=True,
        related_name="+",
        serialize=False,
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0006_open_documents"),
        ("invoices", "0006_customers_by_name"),
        ("payments", "0003_open_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="ListedInvoice",
            fields=[
                ("invoice", document("invoices.invoice")),
                ("folded_number", models.CharField(max_length=64)),
                ("customer", pointer("invoices.customer")),
                ("department", pointer("invoices.department", null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("finalized", "Finalized"),
                            ("void", "Void"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("is_on_hold", models.BooleanField()),
                ("date", models.DateField()),
                ("amount_cents", models.BigIntegerField()),
                ("open_cents", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="listedinvoice",
            index=models.Index(fields=["customer", "-invoice"], name="listed_invoice_customer"),
        ),
        migrations.CreateModel(
            name="ListedPayment",
            fields=[
                ("payment", document("payments.payment")),
                ("folded_number", models.CharField(max_length=64)),
                ("folded_reference", models.CharField(max_length=255)),
                ("customer", pointer("invoices.customer")),
                ("department", pointer("invoices.department", null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("disputed", "Disputed"),
                            ("removed", "Removed"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("card", "Card"),
                            ("ach", "ACH"),
                            ("cash", "Cash"),
                            ("check", "Check"),
                            ("external", "External"),
                            ("on_file", "On file"),
                        ],
                        max_length=10,
                    ),
                ),
                ("date", models.DateField()),
                ("amount_cents", models.BigIntegerField()),
                ("open_cents", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="listedpayment",
            index=models.Index(fields=["customer", "-payment"], name="listed_payment_customer"),
        ),
    ]
