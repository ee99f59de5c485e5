"""A draft's payment is constrained by refunds or other payments; its column keeps its name.

The column is named first, so that renaming the field changes nothing in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounting", "0004_say_unbatched_instead_of_open")]

    operations = [
        migrations.AlterField(
            "DraftItem",
            "is_contested",
            models.BooleanField(db_column="is_contested", db_default=False, default=False),
        ),
        migrations.RenameField("DraftItem", "is_contested", "is_constrained"),
    ]
