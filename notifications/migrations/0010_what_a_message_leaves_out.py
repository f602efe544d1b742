import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0009_keep_a_part_of_the_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="left_out",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                editable=False,
                help_text="What its letter is about and it does not name, since that fell away "
                "meanwhile",
                null=True,
                size=None,
            ),
        ),
    ]
