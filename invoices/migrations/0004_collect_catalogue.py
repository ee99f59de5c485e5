from django.db import migrations


def collect(apps, schema_editor):
    """Take the names that frozen lines and departments use already: as active, for they are in use."""
    line = apps.get_model("invoices", "InvoiceLine")
    department = apps.get_model("invoices", "Department")
    for model_name, line_field, department_field in (
        ("Item", "item", "default_item"),
        ("AccountingClass", "class_name", "default_class"),
    ):
        names = {}
        for model, field in ((line, line_field), (department, department_field)):
            used = model.objects.order_by(field).values_list(field, flat=True).distinct()
            for name in used.exclude(**{field: ""}):
                names.setdefault(name.lower(), name)
        entry = apps.get_model("invoices", model_name)
        entry.objects.bulk_create(
            [entry(name=name) for name in names.values()], batch_size=500, ignore_conflicts=True
        )


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0003_merged_customers_and_catalogue'),
    ]

    operations = [
        migrations.RunPython(collect, migrations.RunPython.noop),
    ]
