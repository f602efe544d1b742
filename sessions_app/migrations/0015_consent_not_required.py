from django.db import migrations, models


class Migration(migrations.Migration):
    """Only what Django knows of the choices: no statement, no lock, however many rows.

    Rows of vaccinated children are put right by the nightly `refresh_statuses`.
    """

    dependencies = [
        ("sessions_app", "0014_visits_that_are_off"),
    ]

    operations = [
        migrations.AlterField(
            model_name="programmestatus",
            name="consent",
            field=models.CharField(
                choices=[
                    ("no_response", "No response"),
                    ("given", "Consent given"),
                    ("refused", "Consent refused"),
                    ("conflicts", "Conflicting consent"),
                    ("follow_up", "Follow-up requested"),
                    ("not_required", "Not required"),
                ],
                default="no_response",
                max_length=20,
            ),
        ),
    ]
