"""Which vaccines contain gelatine; some families refuse those.

Source: vaccination and people §1.3.
"""

from django.db import migrations, models


def mark(apps, schema_editor):
    apps.get_model("programmes", "Vaccine").objects.filter(
        brand__in=["Fluenz", "MMR VaxPro"]
    ).update(contains_gelatine=True)


class Migration(migrations.Migration):
    dependencies = [("programmes", "0002_programmes_and_vaccines")]
    operations = [
        migrations.AddField(
            model_name="vaccine",
            name="contains_gelatine",
            field=models.BooleanField(default=False, help_text="From pigs"),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
    ]
