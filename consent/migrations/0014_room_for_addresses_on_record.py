from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0013_visits_that_are_off"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentresponse",
            name="email",
            field=models.CharField(blank=True, help_text="As given, or on record", max_length=320),
        ),
    ]
