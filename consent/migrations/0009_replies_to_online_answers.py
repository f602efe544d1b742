"""To find the online answers that nobody confirmed, and addresses that get too many replies."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_triage_of_other_conditions"),
        ("cohorts", "0007_list_children_by_folded_names"),
        ("consent", "0008_reminders"),
        ("sessions_app", "0004_when_clinics_were_last_planned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="onlineresponse",
            index=models.Index(
                condition=models.Q(("confirmation_sent_at__isnull", True)),
                fields=["recorded_at"],
                name="online_response_unconfirmed",
            ),
        ),
        migrations.AddIndex(
            model_name="onlineresponse",
            index=models.Index(fields=["email", "recorded_at"], name="online_response_by_email"),
        ),
        migrations.AddIndex(
            model_name="onlineresponse",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True),
                fields=["phone", "recorded_at"],
                name="online_response_by_phone",
            ),
        ),
    ]
