from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0011_child_decided"),
    ]

    operations = [
        migrations.AlterField(
            model_name="programmestatus",
            name="exclusion",
            field=models.CharField(
                blank=True,
                choices=[
                    ("deceased", "The child has died"),
                    ("invalid", "The record is flagged as invalid"),
                    ("restricted", "The record is flagged as sensitive"),
                    ("year_group", "Not in a year group of the programme"),
                    ("vaccinated", "Already vaccinated"),
                    ("child_decided", "The child asked us not to tell their parents"),
                    ("refused", "Consent refused"),
                    ("conflicts", "Conflicting consent"),
                    ("follow_up", "A parent asked to talk first"),
                    ("do_not_vaccinate", "Triage decided not to vaccinate"),
                    ("no_contact", "No contact details"),
                ],
                help_text="Empty: may be invited",
                max_length=20,
            ),
        ),
    ]
