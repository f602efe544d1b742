"""Vaccination records: what was given, or tried, when and where."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models import Child, Upload
from programmes.models import Programme, Vaccine
from sessions_app.models import Session


class VaccinationRecordQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "VaccinationRecordQuerySet":
        """The records that the organisation made or uploaded."""
        return self.filter(organisation=organisation)

    def kept(self) -> "VaccinationRecordQuerySet":
        return self.filter(discarded_at__isnull=True)


class VaccinationRecord(models.Model):
    """One vaccination given, or not given and why. Superseded or discarded, never deleted.

    Source: vaccination and people §1.2; cohorts and imports §5.
    """

    class Outcome(models.TextChoices):
        ADMINISTERED = "administered", "Vaccinated"
        ALREADY_HAD = "already_had", "Already had the vaccine"
        REFUSED = "refused", "Refused"
        UNWELL = "unwell", "Unwell"
        CONTRAINDICATED = "contraindicated", "Contraindications"
        DID_NOT_ATTEND = "did_not_attend", "Did not attend"
        ABSENT_FROM_SCHOOL = "absent_from_school", "Absent from school"

    class Site(models.TextChoices):
        LEFT_UPPER_ARM = "left_upper_arm", "Left upper arm"
        RIGHT_UPPER_ARM = "right_upper_arm", "Right upper arm"
        LEFT_ARM_UPPER = "left_arm_upper", "Left arm (upper position)"
        LEFT_ARM_LOWER = "left_arm_lower", "Left arm (lower position)"
        RIGHT_ARM_UPPER = "right_arm_upper", "Right arm (upper position)"
        RIGHT_ARM_LOWER = "right_arm_lower", "Right arm (lower position)"
        LEFT_THIGH = "left_thigh", "Left thigh"
        RIGHT_THIGH = "right_thigh", "Right thigh"
        LEFT_BUTTOCK = "left_buttock", "Left buttock"
        RIGHT_BUTTOCK = "right_buttock", "Right buttock"
        NASAL = "nasal", "Nasal"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.PROTECT, related_name="vaccinations")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(
        Session,
        on_delete=models.PROTECT,
        related_name="vaccinations",
        null=True,
        blank=True,
    )
    outcome = models.CharField(max_length=20, choices=Outcome)
    performed_on = models.DateField()
    performed_time = models.TimeField(null=True, blank=True)
    vaccine = models.ForeignKey(
        Vaccine, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    batch_number = models.CharField(max_length=100, blank=True)
    batch_expiry = models.DateField(null=True, blank=True)
    site = models.CharField(max_length=20, choices=Site, blank=True)
    dose_sequence = models.PositiveSmallIntegerField(null=True, blank=True)
    place_name = models.CharField(max_length=300)
    performer_name = models.CharField(max_length=600, blank=True)
    performer = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    notes = models.TextField(max_length=1000, blank=True)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+", null=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    replaces = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        related_name="replaced_by",
        null=True,
        editable=False,
        help_text="The discarded record that this one corrects",
    )
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects = VaccinationRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-performed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(outcome="administered") | Q(vaccine__isnull=False),
                name="given_vaccination_names_the_vaccine",
            ),
            models.CheckConstraint(
                condition=Q(outcome="administered")
                | Q(
                    vaccine__isnull=True,
                    batch_number="",
                    site="",
                    batch_expiry__isnull=True,
                ),
                name="vaccination_not_given_names_no_vaccine",
            ),
            models.CheckConstraint(
                condition=~(Q(discarded_at__isnull=True) ^ Q(discarded_by__isnull=True)),
                name="discarding_has_a_person",
            ),
        ]
        indexes = [models.Index(fields=["child", "programme"], name="vaccination_by_child")]

    def __str__(self) -> str:
        return f"Vaccination record {self.public_id}"

    @property
    def has_had_vaccine(self) -> bool:
        """Whether the child had the vaccine, here or elsewhere; a dose may still be missing."""
        return self.outcome in (self.Outcome.ADMINISTERED, self.Outcome.ALREADY_HAD)

    @property
    def performed_by(self) -> str:
        """Who vaccinated, where that is known; load the performer with the record."""
        return self.performer.full_name if self.performer else self.performer_name


class HistoryIssueQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "HistoryIssueQuerySet":
        """Issues that the organisation's own files raised."""
        return self.filter(upload__organisation=organisation)

    def waiting(self) -> "HistoryIssueQuerySet":
        return self.filter(decision="")


class HistoryIssue(models.Model):
    """An uploaded vaccination record that differs from a stored one and waits for a decision."""

    class Decision(models.TextChoices):
        KEEP_EXISTING = "keep_existing", "Keep existing"
        USE_UPLOADED = "use_uploaded", "Use uploaded"
        WITHDRAWN = "withdrawn", "Withdrawn: a later file agrees, or the record was discarded"
        REPLACED = "replaced", "Replaced by a newer file"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(VaccinationRecord, on_delete=models.CASCADE, related_name="issues")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+")
    line = models.PositiveIntegerField()
    values = models.JSONField(help_text="The uploaded values that differ, by field")
    decision = models.CharField(max_length=20, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = HistoryIssueQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(decision=""),
                name="one_open_issue_per_record",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | Q(decided_by__isnull=True),
                name="history_decider_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"History issue {self.public_id}"
