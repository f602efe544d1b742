"""Sessions, the children in them, invitations, and each child's stored status."""

import secrets
import string
import uuid
from datetime import date

from django.db import connection, models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, Team, User
from cohorts.models import Child, Location
from govuk.models import Draft
from programmes.models import Programme
from sessions_app.choices import ConsentStatus, Exclusion, TriageStatus, VaccinationStatus
from sessions_app.mailing_models import DatesChange, DatesNotice, Mailing

__all__ = [
    "ConsentStatus",
    "DatesChange",
    "DatesNotice",
    "Exclusion",
    "Invitation",
    "Mailing",
    "Membership",
    "ProgrammeStatus",
    "ScheduleDraft",
    "Session",
    "SessionDate",
    "TriageStatus",
    "VaccinationStatus",
    "new_slug",
]

SLUG_ALPHABET = string.ascii_letters + string.digits


def new_slug() -> str:
    """Ten random letters and digits: in every address of the session, parents' links too."""
    return "".join(secrets.choice(SLUG_ALPHABET) for _ in range(10))


class SessionQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "SessionQuerySet":
        return self.filter(organisation=organisation)

    def clinics(self) -> "SessionQuerySet":
        return self.filter(location__kind=Location.Kind.GENERIC_CLINIC)

    def lock(self, session_id: int) -> "Session":
        """The session with its place and organisation, for whoever changes its dates or closes
        it: nobody joins it or plans for it meanwhile. Rows may still come to refer to it.
        """
        return (
            self.select_for_update(of=("self",), no_key=True)
            .select_related("organisation", "location__team")
            .get(pk=session_id)
        )

    def hold(self, session_id: int) -> "Session":
        """The session as it stays until the transaction ends, for whoever joins children to it
        or plans for it. Many may hold it at once; `lock` waits for them, and they for it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM sessions_app_session WHERE id = %s FOR SHARE", [session_id])
        return self.select_related("organisation", "location__team").get(pk=session_id)

    def with_days(self) -> "SessionQuerySet":
        """With `live_dates`, its dates in order, and their `first_date` and `last_date`."""
        live = SessionDate.objects.live()
        values = live.filter(session=models.OuterRef("pk")).values("value")
        return self.annotate(
            first_date=models.Subquery(values.order_by("value")[:1]),
            last_date=models.Subquery(values.order_by("-value")[:1]),
        ).prefetch_related(models.Prefetch("all_dates", queryset=live, to_attr="live_dates"))


class Session(models.Model):
    """A whole academic year's vaccinating at one place, on any number of days.

    All community clinics of an organisation are one session. Source: sessions and clinics §1.
    """

    slug = models.CharField(max_length=10, unique=True, default=new_slug, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="sessions"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="sessions")
    academic_year = models.SmallIntegerField()
    programmes = models.ManyToManyField(Programme, related_name="sessions")
    consent_requests_on = models.DateField(null=True, blank=True, help_text="Schools only")
    consent_requests_on_chosen = models.BooleanField(
        default=False,
        help_text="A person chose the date of consent requests; date changes keep it",
    )
    days_before_consent_reminders = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Schools only; whole weeks"
    )
    invitations_on = models.DateField(
        null=True,
        blank=True,
        help_text="Clinics only: the first day parents are invited",
    )
    invitations_on_chosen = models.BooleanField(
        default=False,
        help_text="A person chose the invitation date; date changes keep it",
    )
    invitations_on_chosen_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    invitations_on_chosen_at = models.DateTimeField(null=True, blank=True)
    invitations_planned_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Clinics only: when it was last seen who of all its children is due",
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ["academic_year", "location__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "location", "academic_year"],
                name="one_session_per_place_and_year",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False) | Q(closed_by__isnull=True),
                name="session_closer_has_a_time",
            ),
            models.CheckConstraint(
                condition=~(
                    Q(invitations_on_chosen_by__isnull=True)
                    ^ Q(invitations_on_chosen_at__isnull=True)
                ),
                name="chosen_invitation_date_has_a_person_and_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.location} {self.academic_year}"

    @property
    def is_clinic(self) -> bool:
        return self.location.kind == Location.Kind.GENERIC_CLINIC

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def whom_to_ask(self) -> Team | Organisation:
        """Who is named to parents, with an email address and a phone number: the location's team,
        or the organisation where an operator has given it to nobody or to another's team.
        """
        team = self.location.team
        return team if team and team.organisation_id == self.organisation_id else self.organisation

    @property
    def notice_on(self) -> date | None:
        """The day from which parents are to be written to: of a clinic's invitations, or of a
        school's consent requests.
        """
        return self.invitations_on if self.is_clinic else self.consent_requests_on


class SessionDateQuerySet(models.QuerySet):
    def live(self) -> "SessionDateQuerySet":
        """Without the dates that were removed."""
        return self.filter(removed_at__isnull=True)


class SessionDate(models.Model):
    """One day of a session. A removed day stays, so that what was sent for it still reads."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="all_dates")
    value = models.DateField()
    attended_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When a child was first marked present; then it is fixed",
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = SessionDateQuerySet.as_manager()

    class Meta:
        ordering = ["value"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "value"],
                condition=Q(removed_at__isnull=True),
                name="session_has_a_date_once",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(attended_at__isnull=True),
                name="attended_date_is_not_removed",
            ),
        ]

    def __str__(self) -> str:
        return date.isoformat(self.value)


class Membership(models.Model):
    """A child in a session: why and since when. Leaving keeps the row; returning adds one."""

    class Reason(models.TextChoices):
        AT_SCHOOL = "at_school", "At this school"
        HOME_EDUCATED = "home_educated", "Home-educated"
        UNKNOWN_SCHOOL = "unknown_school", "School unknown"
        NOT_VACCINATED = "not_vaccinated", "Not vaccinated in school"
        NO_OPEN_SESSION = "no_open_session", "No open session at their school"
        TRIAGE = "triage", "Invited to clinic at triage"

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="memberships")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="memberships")
    reason = models.CharField(max_length=20, choices=Reason)
    joined_at = models.DateTimeField()
    joined_from = models.ForeignKey(
        Session,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="The closed school session a child came from",
    )
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    left_at = models.DateTimeField(null=True)
    left_because = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["joined_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "child"],
                condition=Q(left_at__isnull=True),
                name="child_is_in_a_session_once",
            ),
            models.CheckConstraint(
                condition=~(Q(left_at__isnull=True) ^ Q(left_because="")),
                name="leaving_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["child"], name="membership_by_child")]

    def __str__(self) -> str:
        return f"Child {self.child_id} in session {self.session_id}"


class ProgrammeStatus(models.Model):
    """What is known of a child in one programme and academic year, stored for lists and planning.

    Derived, never typed in: `statuses.refresh` recomputes it through `rules`, in the transaction
    that changed a fact. `refresh_statuses --check` proves that none is stale.
    """

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="statuses")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    academic_year = models.SmallIntegerField()
    consent = models.CharField(
        max_length=20, choices=ConsentStatus, default=ConsentStatus.NO_RESPONSE
    )
    triage = models.CharField(max_length=20, choices=TriageStatus, default=TriageStatus.NOT_NEEDED)
    vaccination = models.CharField(
        max_length=20,
        choices=VaccinationStatus,
        default=VaccinationStatus.NOT_VACCINATED,
    )
    exclusion = models.CharField(
        max_length=20, choices=Exclusion, blank=True, help_text="Empty: may be invited"
    )

    class Meta:
        verbose_name_plural = "programme statuses"
        constraints = [
            models.UniqueConstraint(
                fields=["child", "programme", "academic_year"],
                name="one_status_per_programme_year",
            )
        ]
        indexes = [
            # Counts and lists of a whole session read these two columns of every child in it.
            models.Index(
                fields=["academic_year", "programme", "child"],
                include=["consent", "exclusion"],
                name="status_of_a_programme",
            )
        ]

    def __str__(self) -> str:
        return f"Child {self.child_id}, {self.programme_id}, {self.academic_year}"


class InvitationQuerySet(models.QuerySet):
    def standing(self) -> "InvitationQuerySet":
        """Those that count: neither held back unsent nor called back."""
        return self.filter(withheld_at__isnull=True, called_back_at__isnull=True)

    def called_back(self) -> "InvitationQuerySet":
        """Those that a person called back and nobody has released: not to be planned again."""
        return self.filter(withheld_at__isnull=True, called_back_at__isnull=False)


class Invitation(models.Model):
    """That a child's parents are invited to a clinic for one programme on one occasion.

    The first invitation has no date; a later one names the clinic date it was written for, and
    keeps it when that date is moved. Programmes due together share a `letter`. At most one of
    each exists, unless every message was held back unsent or left its programme out.
    Source: design §4.1.
    """

    letter = models.UUIDField(default=uuid.uuid4)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="invitations")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="invitations")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    session_date = models.ForeignKey(
        SessionDate,
        on_delete=models.PROTECT,
        related_name="invitations",
        null=True,
        help_text="Empty for the first invitation",
    )
    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    withheld_at = models.DateTimeField(
        null=True,
        help_text="Every message was held back or left it out; it may be planned again",
    )
    mailing = models.ForeignKey(
        Mailing,
        on_delete=models.PROTECT,
        related_name="invitations",
        null=True,
        db_index=False,
        help_text="The action of a person that planned it; none for a job's",
    )
    called_back_at = models.DateTimeField(
        null=True,
        help_text="A person called it back unsent; it keeps its place until it is released",
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["planned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "child", "programme"],
                condition=Q(session_date__isnull=True, withheld_at__isnull=True),
                name="one_first_invitation",
            ),
            models.UniqueConstraint(
                fields=["session_date", "child", "programme"],
                condition=Q(session_date__isnull=False, withheld_at__isnull=True),
                name="one_invitation_per_later_date",
            ),
        ]
        indexes = [
            models.Index(fields=["letter"], name="invitation_by_letter"),
            models.Index(fields=["child"], name="invitation_by_child"),
            models.Index(
                fields=["mailing"],
                name="invitation_by_mailing",
                condition=Q(mailing__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Invitation of child {self.child_id} to session {self.session_id}"

    @property
    def is_standing(self) -> bool:
        """Whether it counts: neither held back unsent nor called back."""
        return self.withheld_at is None and self.called_back_at is None


class ScheduleDraft(Draft):
    """Changed dates of a session that nobody confirmed yet."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="+")
