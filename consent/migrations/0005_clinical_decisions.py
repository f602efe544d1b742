"""Triage, Gillick assessments, and what became of a response: each a row of its own."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_triage_of_other_conditions"),
        ("cohorts", "0007_list_children_by_folded_names"),
        ("consent", "0004_methods_agreed"),
        ("programmes", "0003_gelatine"),
        ("sessions_app", "0004_when_clinics_were_last_planned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ResponseChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("withdrawn", "Consent withdrawn"),
                            ("invalidated", "Marked as invalid"),
                            ("confirmed", "Followed up: the refusal stands"),
                            ("overturned", "Followed up: the refusal does not stand"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
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
                ("notes", models.TextField(blank=True, max_length=1000)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Triage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("academic_year", models.SmallIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("safe", "Safe to vaccinate"),
                            ("do_not_vaccinate", "Do not vaccinate"),
                            ("delay", "Delay vaccination"),
                            ("invite_to_clinic", "Invite to clinic"),
                            ("keep", "Keep in triage"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        blank=True,
                        choices=[("injection", "Injection"), ("nasal", "Nasal spray")],
                        help_text="The one that is safe, where consent is for several",
                        max_length=20,
                    ),
                ),
                (
                    "without_gelatine",
                    models.BooleanField(
                        default=False, help_text="Only a vaccine without gelatine is safe"
                    ),
                ),
                (
                    "delay_until",
                    models.DateField(
                        blank=True, help_text="The first day the vaccine may be given", null=True
                    ),
                ),
                ("notes", models.TextField(blank=True, max_length=1000)),
                ("performed_at", models.DateTimeField()),
                (
                    "form_token",
                    models.UUIDField(
                        default=uuid.uuid4, help_text="One form saves one decision", unique=True
                    ),
                ),
                ("invalidated_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-performed_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="email",
            field=models.CharField(blank=True, help_text="As it was given", max_length=254),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="follow_up_outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("confirmed", "The refusal stands"),
                    ("withdrawn", "The refusal does not stand"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="follow_up_resolved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="notify_parents",
            field=models.BooleanField(
                help_text="Whether the child who consents wants their parents told", null=True
            ),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="phone",
            field=models.CharField(blank=True, help_text="As it was given", max_length=20),
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="wants_follow_up",
            field=models.BooleanField(
                default=False, help_text="Refused, and asked to be contacted about it"
            ),
        ),
        migrations.AlterField(
            model_name="consentresponse",
            name="parent",
            field=models.ForeignKey(
                help_text="None: the child answered",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consent_responses",
                to="cohorts.parent",
            ),
        ),
        migrations.AlterField(
            model_name="consentresponse",
            name="parent_name",
            field=models.CharField(
                help_text="Who answered, as named then; the child's own for self-consent",
                max_length=300,
            ),
        ),
        migrations.AlterField(
            model_name="consentresponse",
            name="route",
            field=models.CharField(
                choices=[
                    ("online", "Online"),
                    ("phone", "By phone"),
                    ("paper", "Paper"),
                    ("in_person", "In person"),
                    ("self", "Self-consent"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="GillickAssessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("assessed_on", models.DateField(help_text="The day of the session")),
                ("knows_vaccination", models.BooleanField()),
                ("knows_disease", models.BooleanField()),
                ("knows_consequences", models.BooleanField()),
                ("knows_delivery", models.BooleanField()),
                ("knows_side_effects", models.BooleanField()),
                ("notes", models.TextField(blank=True, max_length=1000)),
                ("performed_at", models.DateTimeField()),
                (
                    "child",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gillick_assessments",
                        to="cohorts.child",
                    ),
                ),
                (
                    "performed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programmes.programme",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sessions_app.session",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="consentresponse",
            name="assessment",
            field=models.ForeignKey(
                help_text="Of the child who answered",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.gillickassessment",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("assessment__isnull", False), ("parent__isnull", True), ("route", "self")
                    ),
                    models.Q(
                        models.Q(("route", "self"), _negated=True),
                        ("assessment__isnull", True),
                        ("parent__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_parent_or_the_assessed_child_answers",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("route", "self"), _negated=True),
                    models.Q(("decision", "not_provided"), _negated=True),
                    _connector="OR",
                ),
                name="self_consent_is_an_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "given"), ("route", "self")),
                    ("notify_parents__isnull", False),
                    _connector="XOR",
                    _negated=True,
                ),
                name="who_consents_alone_says_who_is_told",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("route__in", ["online", "self"]),
                    ("recorded_by__isnull", False),
                    _connector="OR",
                ),
                name="somebody_recorded_the_response",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_at__isnull", True), ("decision", "given"), _connector="OR"
                ),
                name="only_given_consent_is_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wants_follow_up", False), ("decision", "refused"), _connector="OR"
                ),
                name="only_refusals_are_followed_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("follow_up_outcome", ""),
                        ("follow_up_resolved_at__isnull", True),
                        _connector="XOR",
                        _negated=True,
                    ),
                    models.Q(("follow_up_outcome", ""), ("wants_follow_up", True), _connector="OR"),
                ),
                name="follow_up_has_an_outcome_and_a_time",
            ),
        ),
        migrations.AddField(
            model_name="responsechange",
            name="by",
            field=models.ForeignKey(
                help_text="None: by itself",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="responsechange",
            name="response",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="consent.consentresponse",
            ),
        ),
        migrations.AddField(
            model_name="triage",
            name="child",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="triages",
                to="cohorts.child",
            ),
        ),
        migrations.AddField(
            model_name="triage",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="triage",
            name="performed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="triage",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.programme",
            ),
        ),
        migrations.AddField(
            model_name="triage",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sessions_app.session",
            ),
        ),
        migrations.AddIndex(
            model_name="gillickassessment",
            index=models.Index(
                fields=["child", "session", "programme", "assessed_on", "-id"],
                name="assessment_by_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="responsechange",
            constraint=models.UniqueConstraint(
                fields=("response", "kind"), name="response_changes_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="responsechange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "withdrawn"),
                    models.Q(("reason", ""), _negated=True),
                    _connector="XOR",
                    _negated=True,
                ),
                name="withdrawal_has_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="triage",
            index=models.Index(
                fields=["child", "programme", "academic_year"], name="triage_by_child"
            ),
        ),
        migrations.AddConstraint(
            model_name="triage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "delay"),
                    ("delay_until__isnull", False),
                    _connector="XOR",
                    _negated=True,
                ),
                name="delay_has_a_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="triage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", "safe"),
                    models.Q(("method", ""), ("without_gelatine", False)),
                    _connector="OR",
                ),
                name="only_safe_triage_names_a_vaccine",
            ),
        ),
    ]
