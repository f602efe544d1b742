"""What nurses decide: triage, and whether a child is Gillick competent. History is only added to.

Source: consent §1.1, §10 and §11.
"""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from cohorts.models import Child
from consent import choices
from programmes.choices import Method
from programmes.models import Programme
from sessions_app.models import Session

NOTES_LENGTH = 1000


class Triage(models.Model):
    """A nurse's decision on whether it is safe to vaccinate a child in a programme and year.

    The newest valid one counts. One that rests on a consent which ends is marked as invalid
    (decision 0045); nothing else of a row ever changes.
    """

    Outcome = choices.TriageOutcome

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="triages")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    academic_year = models.SmallIntegerField()
    outcome = models.CharField(max_length=20, choices=Outcome)
    method = models.CharField(
        max_length=20,
        choices=Method,
        blank=True,
        help_text="The one that is safe, where consent is for several",
    )
    without_gelatine = models.BooleanField(
        default=False, help_text="Only a vaccine without gelatine is safe"
    )
    delay_until = models.DateField(
        null=True, blank=True, help_text="The first day the vaccine may be given"
    )
    notes = models.TextField(max_length=NOTES_LENGTH, blank=True)
    performed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    performed_at = models.DateTimeField()
    form_token = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="One form saves one decision"
    )
    invalidated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-performed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~(Q(outcome="delay") ^ Q(delay_until__isnull=False)),
                name="delay_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(outcome="safe") | Q(method="", without_gelatine=False),
                name="only_safe_triage_names_a_vaccine",
            ),
        ]
        indexes = [
            models.Index(fields=["child", "programme", "academic_year"], name="triage_by_child")
        ]

    def __str__(self) -> str:
        return f"Triage of child {self.child_id}, {self.programme_id}: {self.outcome}"

    @property
    def said(self) -> tuple:
        """What a parent would read of the decision: equal where two decisions say the same."""
        return self.outcome, self.method, self.without_gelatine, self.delay_until


class GillickAssessment(models.Model):
    """One version of an assessment of a child on a day of a session: may the child decide alone?

    The newest version of the day counts. Competent only if all five statements are true.
    """

    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="gillick_assessments")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    assessed_on = models.DateField(help_text="The day of the session")
    knows_vaccination = models.BooleanField()
    knows_disease = models.BooleanField()
    knows_consequences = models.BooleanField()
    knows_delivery = models.BooleanField()
    knows_side_effects = models.BooleanField()
    notes = models.TextField(max_length=NOTES_LENGTH, blank=True)
    performed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    performed_at = models.DateTimeField()

    STATEMENTS = (
        "knows_vaccination",
        "knows_disease",
        "knows_consequences",
        "knows_delivery",
        "knows_side_effects",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["child", "session", "programme", "assessed_on", "-id"],
                name="assessment_by_day",
            )
        ]

    def __str__(self) -> str:
        return f"Gillick assessment of child {self.child_id} on {self.assessed_on}"

    @property
    def is_competent(self) -> bool:
        return all(getattr(self, statement) for statement in self.STATEMENTS)
