"""Requests for consent and the answers."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models import Child, Parent
from consent import choices, status_rules
from consent.clinical_models import GillickAssessment, Triage
from consent.matching_models import UndoneMatch
from consent.online_models import OnlineDecision, OnlineDraft, OnlineResponse
from consent.reminder_models import SessionReminder
from govuk.models import Draft
from programmes.choices import Method
from programmes.models import Programme
from sessions_app.models import Session, SessionDate

__all__ = [
    "ConsentRequest",
    "ConsentResponse",
    "GillickAssessment",
    "OnlineDecision",
    "OnlineDraft",
    "OnlineResponse",
    "ResponseChange",
    "ResponseDraft",
    "SessionReminder",
    "Triage",
    "UndoneMatch",
]


class ConsentRequest(models.Model):
    """That a child's parents were asked for consent to one programme, or reminded to answer.

    Programmes asked for together share a `letter`, which their messages carry. An automatic
    reminder is for one date of the session; one that a person sent stands for the date whose own
    would follow within three days. At most one of each exists, unless all of its messages were
    held back unsent. Source: consent §8.
    """

    class Kind(models.TextChoices):
        REQUEST = "request", "Request"
        REMINDER = "reminder", "Reminder"

    letter = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField(
        max_length=10, choices=Kind, default=Kind.REQUEST, db_default=Kind.REQUEST
    )
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="consent_requests")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    session_date = models.ForeignKey(
        SessionDate,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="The date a reminder was written for",
    )
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, help_text="None: a job"
    )
    withheld_at = models.DateTimeField(
        null=True,
        help_text="All messages were held back before sending: nobody was asked",
    )

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "programme"], name="request_names_a_programme_once"
            ),
            models.UniqueConstraint(
                fields=["session", "child", "programme"],
                condition=Q(kind="request", requested_by__isnull=True, withheld_at__isnull=True),
                name="one_automatic_request",
            ),
            models.UniqueConstraint(
                fields=["session_date", "child", "programme"],
                condition=Q(session_date__isnull=False, withheld_at__isnull=True),
                name="one_reminder_per_date",
            ),
            models.CheckConstraint(
                condition=Q(kind="reminder") | Q(session_date__isnull=True),
                name="only_reminders_are_for_a_date",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reminder", requested_by__isnull=True)
                | Q(session_date__isnull=False),
                name="automatic_reminder_is_for_a_date",
            ),
        ]
        indexes = [
            models.Index(fields=["child", "-requested_at"], name="request_by_child"),
        ]

    def __str__(self) -> str:
        return f"Consent {self.kind} {self.letter}"


def response_id(draft_id: uuid.UUID, programme: str) -> uuid.UUID:
    """The id of what a draft says of a programme other than its first, whose has the draft's id."""
    return uuid.uuid5(draft_id, programme)


class ConsentResponse(models.Model):
    """One decision, by one person, for one child and programme. Source: consent §1.

    The person is a parent, or the child, who then has no parent here. What was answered is never
    changed; that it was withdrawn, marked invalid or talked over is marked here and told in a
    `ResponseChange` of its own.
    """

    Decision = choices.Decision
    Reason = choices.Reason
    Route = choices.Route

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="consent_responses")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    academic_year = models.SmallIntegerField()
    parent = models.ForeignKey(
        Parent,
        on_delete=models.PROTECT,
        related_name="consent_responses",
        null=True,
        help_text="None: the child answered",
    )
    parent_name = models.CharField(
        max_length=300, help_text="Who answered, as named then; the child's own for self-consent"
    )
    relationship = models.CharField(max_length=300, help_text="As it was when they answered")
    email = models.CharField(max_length=320, blank=True, help_text="As given, or on record")
    phone = models.CharField(max_length=20, blank=True, help_text="As it was given")
    assessment = models.ForeignKey(
        GillickAssessment,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Of the child who answered",
    )
    notify_parents = models.BooleanField(
        null=True, help_text="Whether the child who consents wants their parents told"
    )
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
    wants_follow_up = models.BooleanField(
        default=False, help_text="Refused, and asked to be contacted about it"
    )
    follow_up_outcome = models.CharField(max_length=10, choices=choices.FollowUp, blank=True)
    follow_up_resolved_at = models.DateTimeField(null=True)

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
            models.CheckConstraint(
                condition=Q(route="self", parent__isnull=True, assessment__isnull=False)
                | (~Q(route="self") & Q(parent__isnull=False, assessment__isnull=True)),
                name="a_parent_or_the_assessed_child_answers",
            ),
            models.CheckConstraint(
                condition=~Q(route="self") | ~Q(decision="not_provided"),
                name="self_consent_is_an_answer",
            ),
            models.CheckConstraint(
                condition=~(Q(route="self", decision="given") ^ Q(notify_parents__isnull=False)),
                name="who_consents_alone_says_who_is_told",
            ),
            models.CheckConstraint(
                condition=Q(route__in=["online", "self"]) | Q(recorded_by__isnull=False),
                name="somebody_recorded_the_response",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(decision="given"),
                name="only_given_consent_is_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(wants_follow_up=False) | Q(decision="refused"),
                name="only_refusals_are_followed_up",
            ),
            models.CheckConstraint(
                condition=~(Q(follow_up_outcome="") ^ Q(follow_up_resolved_at__isnull=True))
                & (Q(follow_up_outcome="") | Q(wants_follow_up=True)),
                name="follow_up_has_an_outcome_and_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["child", "programme", "academic_year"], name="response_by_child")
        ]

    def __str__(self) -> str:
        return f"Consent response {self.public_id}"

    @property
    def is_self_consent(self) -> bool:
        return self.parent_id is None

    @property
    def is_valid(self) -> bool:
        """Whether nobody marked it invalid, and no talk about a refusal found that it is none."""
        is_overturned = self.follow_up_outcome == choices.FollowUp.WITHDRAWN
        return self.invalidated_at is None and not is_overturned

    @property
    def confirmed_at(self) -> datetime | None:
        """When a refusal that was talked about was found to stand."""
        stands = self.follow_up_outcome == choices.FollowUp.CONFIRMED
        return self.follow_up_resolved_at if stands else None

    @property
    def last_word_at(self) -> datetime:
        """When the person who gave it last spoke about it."""
        return status_rules.last_word_at(
            self.responded_at, withdrawn_at=self.withdrawn_at, confirmed_at=self.confirmed_at
        )

    def replaces(self, other: "ConsentResponse") -> bool:
        """Whether it counts instead of another: valid, of the same person about the same child,
        programme and year, and spoken of later. Source: consent §7.
        """
        return (
            (self.child_id, self.programme_id, self.academic_year, self.parent_id)
            == (other.child_id, other.programme_id, other.academic_year, other.parent_id)
            and self.is_valid
            and self.decision != choices.Decision.NOT_PROVIDED
            and (self.last_word_at, self.pk) > (other.last_word_at, other.pk)
        )


class ResponseChange(models.Model):
    """Why a response no longer counts as it was given: who said so, and when. Never changed."""

    class Kind(models.TextChoices):
        WITHDRAWN = "withdrawn", "Consent withdrawn"
        INVALIDATED = "invalidated", "Marked as invalid"
        UNMATCHED = "unmatched", "Found to be about another child"
        FOLLOW_UP_CONFIRMED = "confirmed", "Followed up: the refusal stands"
        FOLLOW_UP_WITHDRAWN = "overturned", "Followed up: the refusal does not stand"

    response = models.ForeignKey(ConsentResponse, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind)
    reason = models.CharField(max_length=20, choices=choices.Reason, blank=True)
    notes = models.TextField(max_length=1000, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, help_text="None: by itself"
    )

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["response", "kind"], name="response_changes_once"),
            models.CheckConstraint(
                condition=~(Q(kind="withdrawn") ^ ~Q(reason="")),
                name="withdrawal_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.response_id} {self.kind}"


class ResponseDraft(Draft):
    """A response on its way through "Get consent response"."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="+")
    also = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        blank=True,
        help_text="Programmes answered together with it",
    )
    follows_up = models.ForeignKey(
        ConsentResponse,
        on_delete=models.CASCADE,
        related_name="+",
        null=True,
        help_text="The refusal that was talked about",
    )

    @property
    def programmes(self) -> list[str]:
        """All programmes that the response is about."""
        return [self.programme_id, *self.also]
