"""Unique constraints of items leave out NULLs, which PostgreSQL indexes as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounting", "0002_references_by_sets"),
        ("invoices", "0001_initial"),
        ("payments", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="batchitem",
            name="item_newest_of_invoice",
        ),
        migrations.RemoveConstraint(
            model_name="batchitem",
            name="item_newest_of_payment",
        ),
        migrations.RemoveConstraint(
            model_name="batchitem",
            name="item_one_live_successor",
        ),
        migrations.RemoveConstraint(
            model_name="batchitem",
            name="item_one_live_of_refund",
        ),
        migrations.RemoveConstraint(
            model_name="batchitem",
            name="item_one_live_of_credit_memo",
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("invoice__isnull", False), ("is_newest", True)),
                fields=("invoice",),
                name="item_newest_of_invoice",
                violation_error_message="This invoice has just been batched by somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_newest", True), ("payment__isnull", False)),
                fields=("payment",),
                name="item_newest_of_payment",
                violation_error_message="This payment has just been batched by somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True), ("previous__isnull", False)),
                fields=("previous",),
                name="item_one_live_successor",
                violation_error_message="This update has just been batched by somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_live", True), ("refund__isnull", False)),
                fields=("refund",),
                name="item_one_live_of_refund",
                violation_error_message="This refund has just been batched by somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("credit_memo__isnull", False), ("is_live", True)),
                fields=("credit_memo",),
                name="item_one_live_of_credit_memo",
                violation_error_message="This credit memo has just been batched by somebody else.",
            ),
        ),
    ]
