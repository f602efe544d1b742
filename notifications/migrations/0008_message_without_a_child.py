"""A reply to a parent may be about a child whom nobody has found yet."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0007_list_children_by_folded_names"),
        ("notifications", "0007_receipts_by_age"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="child",
            field=models.ForeignKey(
                db_index=False,
                help_text="None: a reply to a parent whose child was not found",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="cohorts.child",
            ),
        ),
    ]
