"""A request nobody received can be told from a sent one; a draft is about one programme."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
        ("programmes", "0002_programmes_and_vaccines"),
    ]

    operations = [
        migrations.AddField(
            model_name="consentrequest",
            name="withheld_at",
            field=models.DateTimeField(
                help_text="All messages were held back before sending: nobody was asked",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="responsedraft",
            name="programme",
            field=models.ForeignKey(
                default="hpv",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="programmes.programme",
            ),
            preserve_default=False,
        ),
    ]
