"""Requests for consent and the answers."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models import Child, Parent
from consent import choices
from consent.online_models import OnlineDecision, OnlineDraft, OnlineResponse
from govuk.models import Draft
from programmes.choices import Method
from programmes.models import Programme
from sessions_app.models import Session

__all__ = [
    "ConsentRequest",
    "ConsentResponse",
    "OnlineDecision",
    "OnlineDraft",
    "OnlineResponse",
    "ResponseDraft",
]


class ConsentRequest(models.Model):
    """That a child's parents were asked for consent to one programme.

    Programmes asked for together share a `letter`, which their messages carry.
    """

    letter = models.UUIDField(default=uuid.uuid4)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="consent_requests")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    withheld_at = models.DateTimeField(
        null=True,
        help_text="All messages were held back before sending: nobody was asked",
    )

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "programme"], name="request_names_a_programme_once"
            )
        ]
        indexes = [models.Index(fields=["child", "-requested_at"], name="request_by_child")]

    def __str__(self) -> str:
        return f"Consent request {self.letter}"


class ConsentResponse(models.Model):
    """One decision, by one person, for one child and programme. History is kept, never changed
    but to be withdrawn or marked invalid. Source: consent §1.
    """

    Decision = choices.Decision
    Reason = choices.Reason

    class Route(models.TextChoices):
        PHONE = "phone", "By phone"
        PAPER = "paper", "Paper"
        IN_PERSON = "in_person", "In person"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="consent_responses")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    academic_year = models.SmallIntegerField()
    parent = models.ForeignKey(Parent, on_delete=models.PROTECT, related_name="consent_responses")
    parent_name = models.CharField(max_length=300, help_text="As it was when they answered")
    relationship = models.CharField(max_length=300, help_text="As it was when they answered")
    decision = models.CharField(max_length=20, choices=Decision)
    route = models.CharField(max_length=20, choices=Route)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    notes = models.TextField(max_length=1000, blank=True)
    methods = ArrayField(
        models.CharField(max_length=20, choices=Method),
        default=list,
        blank=True,
        help_text="How the vaccine may be given, in order of preference",
    )
    without_gelatine = models.BooleanField(
        default=False, help_text="Consent is only to a vaccine without gelatine"
    )
    health_answers = models.JSONField(default=list)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    responded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    invalidated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-responded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~(Q(decision="refused") ^ ~Q(reason="")),
                name="refusal_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decision="given") | Q(health_answers=[]),
                name="only_given_consent_has_health_answers",
            ),
            models.CheckConstraint(
                condition=Q(decision="given", methods__len__gt=0)
                | (~Q(decision="given") & Q(methods__len=0, without_gelatine=False)),
                name="only_given_consent_has_methods",
            ),
        ]
        indexes = [
            models.Index(fields=["child", "programme", "academic_year"], name="response_by_child")
        ]

    def __str__(self) -> str:
        return f"Consent response {self.public_id}"


class ResponseDraft(Draft):
    """A response on its way through "Get consent response"."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="+")
