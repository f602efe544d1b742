"""By which methods consent was given. All there is so far was for an injection."""

import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


def all_given_so_far_is_for_an_injection(apps, schema_editor):
    apps.get_model("consent", "ConsentResponse").objects.filter(decision="given").update(
        methods=["injection"]
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_triage_of_other_conditions"),
        ("cohorts", "0007_list_children_by_folded_names"),
        ("consent", "0003_online_responses"),
        ("programmes", "0003_gelatine"),
        ("sessions_app", "0004_when_clinics_were_last_planned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="consentresponse",
            name="methods",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[("injection", "Injection"), ("nasal", "Nasal spray")], max_length=20
                ),
                blank=True,
                default=list,
                help_text="How the vaccine may be given, in order of preference",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="without_gelatine",
            field=models.BooleanField(
                default=False, help_text="Consent is only to a vaccine without gelatine"
            ),
        ),
        migrations.AlterField(
            model_name="consentresponse",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("contains_gelatine", "Vaccine contains gelatine from pigs"),
                    ("already_vaccinated", "Vaccine already received"),
                    ("elsewhere", "Vaccine will be given elsewhere"),
                    ("medical", "Medical reasons"),
                    ("not_at_school", "Do not want vaccination at school"),
                    ("personal", "Personal choice"),
                    ("other", "Other"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunPython(all_given_so_far_is_for_an_injection, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "given"), ("methods__len__gt", 0)),
                    models.Q(
                        models.Q(("decision", "given"), _negated=True),
                        ("methods__len", 0),
                        ("without_gelatine", False),
                    ),
                    _connector="OR",
                ),
                name="only_given_consent_has_methods",
            ),
        ),
    ]
