"""What parents answer online: a form on its way, and the response it becomes.

A form is a draft until it is confirmed. The response that is recorded then waits until it is
matched to a child, by itself or by a person, or is archived. Source: consent §1.1, §2 and §4.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from cohorts.formats import EMAIL_LENGTH
from cohorts.models import Child, Location, Parent, ParentRelationship
from cohorts.models.places import NAME_LENGTH, Schooled
from govuk.models import Answers
from programmes.models import Programme, Vaccine
from sessions_app.models import Session

DETAILS_LENGTH = 1000


class OnlineDraft(Answers):
    """A form that a parent has begun, open in one browser only.

    Its id becomes the `public_id` of the response. Once recorded it holds no answers any more
    and stays for a day, so that a second confirmation finds the first. Source: consent §15.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
    programmes = ArrayField(models.CharField(max_length=20))
    browser = models.CharField(max_length=64, help_text="Digest of the key that the browser keeps")
    revision = models.PositiveIntegerField(
        default=0, help_text="Counts changes: what is confirmed is what was last shown"
    )
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="online_draft_by_age")]
        constraints = [
            models.CheckConstraint(
                condition=Q(recorded_at__isnull=True) | Q(answers={}),
                name="recorded_draft_holds_no_answers",
            ),
            models.CheckConstraint(
                condition=~Q(programmes__len=0), name="online_draft_is_about_a_programme"
            ),
        ]


class OnlineResponseQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "OnlineResponseQuerySet":
        """The responses that came in by a link of the organisation."""
        return self.filter(organisation=organisation)

    def waiting(self) -> "OnlineResponseQuerySet":
        """Neither matched to a child nor archived, the oldest first."""
        return self.filter(matched_at__isnull=True, archived_at__isnull=True).order_by(
            "recorded_at", "id"
        )

    def overlooked(self) -> "OnlineResponseQuerySet":
        """Those whose child was never looked for, such as when a hint to a worker was lost."""
        return self.waiting().filter(looked_for_at__isnull=True)

    def left_to_mavis(self) -> "OnlineResponseQuerySet":
        """Without those of which a person undid a match: they are matched by hand only."""
        return self.filter(undone_matches__isnull=True)

    def lock(self, response_id: int) -> "OnlineResponse":
        """The response, for whoever matches or archives it: nobody else does so meanwhile."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=response_id)


class OnlineResponse(Schooled, models.Model):
    """What a parent confirmed: about a child as they named it, whom we may or may not know.

    Never changed but to be matched, anew if the child was another, or to be archived. What was
    decided about each programme is in `decisions`.
    """

    Relationship = ParentRelationship.Kind
    ContactMethod = Parent.ContactMethod

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        Session,
        on_delete=models.PROTECT,
        related_name="online_responses",
        help_text="Whose link was used",
    )
    recorded_at = models.DateTimeField()

    given_name = models.CharField(max_length=NAME_LENGTH)
    family_name = models.CharField(max_length=NAME_LENGTH)
    preferred_given_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    preferred_family_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    date_of_birth = models.DateField()
    school = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    home_educated = models.BooleanField(
        null=True, blank=True, help_text="Without a school: taught at home, or not in education"
    )
    address_line_1 = models.CharField(max_length=NAME_LENGTH, blank=True)
    address_line_2 = models.CharField(max_length=NAME_LENGTH, blank=True)
    town = models.CharField(max_length=NAME_LENGTH, blank=True)
    postcode = models.CharField(max_length=10, blank=True, help_text="Empty if all is refused")
    nhs_number = models.CharField(
        max_length=10, blank=True, help_text="Found by looking for the child, never typed"
    )

    parent_name = models.CharField(max_length=NAME_LENGTH)
    relationship = models.CharField(max_length=10, choices=Relationship)
    relationship_other_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    email = models.CharField(max_length=EMAIL_LENGTH)
    phone = models.CharField(max_length=20, blank=True, help_text="International form: +44…")
    wants_text_updates = models.BooleanField(default=False)
    contact_method = models.CharField(
        max_length=10, choices=ContactMethod, default=ContactMethod.ANY
    )
    contact_method_details = models.CharField(max_length=NAME_LENGTH, blank=True)

    looked_for_at = models.DateTimeField(
        null=True, help_text="When the child was first looked for; none before that"
    )
    child = models.ForeignKey(
        Child, on_delete=models.PROTECT, related_name="online_responses", null=True
    )
    matched_at = models.DateTimeField(null=True)
    matched_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, help_text="None: by itself"
    )
    added_relationship = models.ForeignKey(
        ParentRelationship,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        help_text="The parent of the child whom the match added",
    )
    made_record = models.BooleanField(
        default=False, db_default=False, help_text="The child's record was made from it"
    )
    archived_at = models.DateTimeField(null=True)
    archived_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    archive_note = models.TextField(max_length=DETAILS_LENGTH, blank=True)
    confirmation_sent_at = models.DateTimeField(
        null=True, help_text="When the messages that confirm it were queued: once"
    )

    objects = OnlineResponseQuerySet.as_manager()

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(given_name="") & ~Q(family_name="") & ~Q(parent_name=""),
                name="online_response_has_names",
            ),
            models.CheckConstraint(
                condition=Q(school__isnull=False, home_educated__isnull=True)
                | Q(school__isnull=True, home_educated__isnull=False),
                name="online_school_or_why_none",
            ),
            models.CheckConstraint(
                condition=(Q(address_line_1="", town="", postcode="", address_line_2=""))
                | (~Q(address_line_1="") & ~Q(town="") & ~Q(postcode="")),
                name="online_address_is_whole_or_none",
            ),
            models.CheckConstraint(
                condition=(Q(relationship="other") & ~Q(relationship_other_name=""))
                | (~Q(relationship__in=["other", "unknown"]) & Q(relationship_other_name="")),
                name="online_relationship_is_named",
            ),
            models.CheckConstraint(
                condition=Q(email__regex=r"^[^A-Z\s]+@[^A-Z\s]+$"),
                name="online_email_is_normalised",
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="online_phone_is_normalised",
            ),
            models.CheckConstraint(
                condition=~Q(phone="") | Q(wants_text_updates=False, contact_method="any"),
                name="online_phone_needs_a_phone",
            ),
            models.CheckConstraint(
                condition=~(Q(contact_method="other") ^ ~Q(contact_method_details="")),
                name="online_other_contact_has_details",
            ),
            models.CheckConstraint(
                condition=~(Q(child__isnull=True) ^ Q(matched_at__isnull=True)),
                name="online_match_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(matched_at__isnull=False) | Q(matched_by__isnull=True),
                name="online_matcher_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(matched_at__isnull=False)
                | Q(added_relationship__isnull=True, made_record=False),
                name="online_match_made_what_it_made",
            ),
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True, archived_by__isnull=True, archive_note="")
                | Q(archived_at__isnull=False, archived_by__isnull=False) & ~Q(archive_note=""),
                name="online_archiving_is_explained",
            ),
            models.CheckConstraint(
                condition=Q(matched_at__isnull=True) | Q(archived_at__isnull=True),
                name="online_matched_or_archived",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "recorded_at", "id"],
                condition=Q(matched_at__isnull=True, archived_at__isnull=True),
                name="online_response_waiting",
            ),
            models.Index(
                fields=["recorded_at"],
                condition=Q(looked_for_at__isnull=True),
                name="online_response_not_looked_at",
            ),
            models.Index(
                fields=["recorded_at"],
                condition=Q(confirmation_sent_at__isnull=True),
                name="online_response_unconfirmed",
            ),
            models.Index(fields=["email", "recorded_at"], name="online_response_by_email"),
            models.Index(
                fields=["phone", "recorded_at"],
                condition=~Q(phone=""),
                name="online_response_by_phone",
            ),
        ]

    def __str__(self) -> str:
        return f"Online response {self.public_id}"

    @property
    def relationship_label(self) -> str:
        """Mum, Dad, Guardian, or the words typed for another relationship."""
        if self.relationship == self.Relationship.OTHER:
            return self.relationship_other_name
        return self.get_relationship_display()


class OnlineDecision(models.Model):
    """What an online response says about one programme. Matching makes a consent of it."""

    class Decision(models.TextChoices):
        GIVEN = "given", "Consent given"
        REFUSED = "refused", "Consent refused"

    response = models.ForeignKey(OnlineResponse, on_delete=models.CASCADE, related_name="decisions")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision)
    methods = ArrayField(
        models.CharField(max_length=20, choices=Vaccine.Method),
        default=list,
        help_text="Those agreed to, the preferred one first",
    )
    without_gelatine = models.BooleanField(
        default=False, help_text="Agreed only to a vaccine that contains no gelatine"
    )
    reason = models.CharField(max_length=30, blank=True, help_text="Why it is refused")
    reason_details = models.TextField(max_length=DETAILS_LENGTH, blank=True)
    wants_follow_up = models.BooleanField(
        default=False, help_text="Asked to be contacted about the refusal"
    )
    health_answers = models.JSONField(
        default=list, help_text="By question id, with the words that were asked"
    )
    consent = models.OneToOneField(
        "consent.ConsentResponse",
        on_delete=models.PROTECT,
        related_name="online_decision",
        null=True,
        help_text="What it became once the response was matched",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "programme"], name="online_decision_once_a_programme"
            ),
            models.CheckConstraint(
                condition=Q(decision="given", reason="", reason_details="", wants_follow_up=False)
                & ~Q(methods__len=0)
                | Q(
                    decision="refused",
                    health_answers=[],
                    methods__len=0,
                    without_gelatine=False,
                )
                & ~Q(reason=""),
                name="online_decision_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id}: {self.decision}"
