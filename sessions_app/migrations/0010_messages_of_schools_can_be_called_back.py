from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0009_invitations_left_out"),
    ]

    operations = [
        migrations.AlterField(
            model_name="mailing",
            name="kind",
            field=models.CharField(
                choices=[
                    ("invitations", "Invitations"),
                    ("dates_changed", "Messages about changed dates"),
                    ("reminders", "Reminders to give consent"),
                    ("asking", "Messages about consent"),
                    ("visit", "Reminders of the visit"),
                ],
                default="invitations",
                max_length=20,
            ),
        ),
    ]
