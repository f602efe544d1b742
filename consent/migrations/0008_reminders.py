"""Reminders beside requests: each once for a date, an automatic request once for a session."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cohorts", "0007_list_children_by_folded_names"),
        ("consent", "0007_looked_for_at"),
        ("programmes", "0003_gelatine"),
        ("sessions_app", "0004_when_clinics_were_last_planned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="consentrequest",
            name="kind",
            field=models.CharField(
                choices=[("request", "Request"), ("reminder", "Reminder")],
                db_default="request",
                default="request",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="consentrequest",
            name="session_date",
            field=models.ForeignKey(
                help_text="The date a reminder was written for",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sessions_app.sessiondate",
            ),
        ),
        migrations.AlterField(
            model_name="consentrequest",
            name="requested_by",
            field=models.ForeignKey(
                help_text="None: a job",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("kind", "request"),
                    ("requested_by__isnull", True),
                    ("withheld_at__isnull", True),
                ),
                fields=("session", "child", "programme"),
                name="one_automatic_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("session_date__isnull", False), ("withheld_at__isnull", True)),
                fields=("session_date", "child", "programme"),
                name="one_reminder_per_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "reminder"), ("session_date__isnull", True), _connector="OR"
                ),
                name="only_reminders_are_for_a_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "reminder"), ("requested_by__isnull", True), _negated=True),
                    ("session_date__isnull", False),
                    _connector="OR",
                ),
                name="automatic_reminder_is_for_a_date",
            ),
        ),
    ]
