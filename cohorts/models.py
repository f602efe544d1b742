"""Places, children, their parents, and the files they came from."""

import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import Organisation, Team, User
from calendars import rules as calendar_rules
from cohorts import search

NAME_LENGTH = 300


class LocationQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "LocationQuerySet":
        """The places that a team of the organisation looks after."""
        return self.filter(team__organisation=organisation)

    def schools(self) -> "LocationQuerySet":
        return self.filter(kind=Location.Kind.SCHOOL)


class Location(models.Model):
    """A place: a school, a clinic venue, or the one bucket for all clinics of an organisation."""

    class Kind(models.TextChoices):
        SCHOOL = "school", "School"
        GENERIC_CLINIC = "generic_clinic", "Community clinic"
        COMMUNITY_CLINIC = "community_clinic", "Clinic venue"

    class Phase(models.TextChoices):
        NURSERY = "nursery", "Nursery"
        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"
        ALL_THROUGH = "all_through", "All-through"
        OTHER = "other", "Other"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CLOSING = "closing", "Proposed to close"
        CLOSED = "closed", "Closed"
        PROPOSED = "proposed", "Proposed to open"

    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=NAME_LENGTH)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        related_name="locations",
        null=True,
        blank=True,
        help_text="The team that looks after the place; none for schools nobody manages",
    )
    address_line_1 = models.CharField(max_length=NAME_LENGTH, blank=True)
    address_line_2 = models.CharField(max_length=NAME_LENGTH, blank=True)
    town = models.CharField(max_length=NAME_LENGTH, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    url = models.CharField("website", max_length=500, blank=True)
    urn = models.CharField("URN", max_length=6, null=True, blank=True, unique=True)
    ods_code = models.CharField("ODS code", max_length=10, null=True, blank=True, unique=True)
    local_authority_code = models.CharField(max_length=4, blank=True)
    establishment_number = models.CharField(max_length=4, blank=True)
    phase = models.CharField(max_length=20, choices=Phase, default=Phase.OTHER)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    register_year_groups = ArrayField(
        models.SmallIntegerField(),
        default=list,
        blank=True,
        help_text="From the register of schools",
    )
    own_year_groups = ArrayField(
        models.SmallIntegerField(),
        null=True,
        blank=True,
        help_text="Set by hand where the register is wrong; a reload keeps them",
    )

    objects = LocationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="school") | Q(urn__regex=r"^[0-9]{6}$"),
                name="school_has_a_urn",
            ),
            models.CheckConstraint(
                condition=Q(kind="school") | Q(team__isnull=False),
                name="clinic_has_a_team",
            ),
        ]
        indexes = [models.Index(Lower("name"), name="location_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def year_groups(self) -> list[int]:
        """The years taught there: those set by hand, else the register's."""
        # The admin site stores an empty list where nothing is set by hand.
        return self.own_year_groups or self.register_year_groups

    @property
    def address(self) -> str:
        """The address on one line; empty where none is known."""
        parts = [self.address_line_1, self.address_line_2, self.town, self.postcode]
        return ", ".join(part for part in parts if part)


class Schooled:
    """A row with `school` and `home_educated`: at a school, or why at none."""

    @property
    def school_label(self) -> str:
        """The school's name, Home-educated or Unknown school; load the school with the row."""
        if self.school:
            return self.school.name
        return "Home-educated" if self.home_educated else "Unknown school"


class ChildQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "ChildQuerySet":
        """The children in the organisation's cohorts."""
        return self.filter(organisation=organisation)

    def bulk_create(self, objs: Iterable["Child"], *args, **kwargs) -> list["Child"]:
        """As Django's, with what is derived of each child."""
        children = list(objs)
        for child in children:
            child.derive()
        return super().bulk_create(children, *args, **kwargs)

    def bulk_update(self, objs: Iterable["Child"], fields: Iterable[str], *args, **kwargs) -> int:
        """As Django's, with what is derived of the fields."""
        children, fields = list(objs), set(fields)
        if fields & Child.DERIVED_FROM:
            fields |= Child.DERIVED
            for child in children:
                child.derive()
        return super().bulk_update(children, fields, *args, **kwargs)


class Child(Schooled, models.Model):
    """A child known to the service.

    A child is at a school, or home-educated, or their school is unknown. The cohort is the
    organisation together with the birth year; out of every cohort means no organisation.
    """

    class Gender(models.IntegerChoices):
        NOT_KNOWN = 0, "Not known"
        MALE = 1, "Male"
        FEMALE = 2, "Female"
        NOT_SPECIFIED = 9, "Not specified"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
    )
    nhs_number = models.CharField("NHS number", max_length=10, null=True, blank=True, unique=True)
    given_name = models.CharField("first name", max_length=NAME_LENGTH)
    family_name = models.CharField("last name", max_length=NAME_LENGTH)
    preferred_given_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    preferred_family_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    date_of_birth = models.DateField()
    birth_academic_year = models.SmallIntegerField(
        help_text="From the date of birth, or from the year group of a child taught out of age"
    )
    gender = models.SmallIntegerField(choices=Gender, default=Gender.NOT_KNOWN)
    address_line_1 = models.CharField(max_length=NAME_LENGTH, blank=True)
    address_line_2 = models.CharField(max_length=NAME_LENGTH, blank=True)
    town = models.CharField(max_length=NAME_LENGTH, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    registration = models.CharField(max_length=NAME_LENGTH, blank=True)
    school = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
    )
    home_educated = models.BooleanField(
        null=True,
        blank=True,
        help_text="Without a school: yes, or no where the school is unknown",
    )
    date_of_death = models.DateField(null=True, blank=True)
    restricted_at = models.DateTimeField(
        "sensitive since",
        null=True,
        blank=True,
        help_text="Address and parents are hidden",
    )
    invalidated_at = models.DateTimeField(
        "invalid since", null=True, blank=True, help_text="The NHS number was withdrawn"
    )
    search_text = models.TextField(
        editable=False,
        help_text="Names, number, birth date and postcode, folded for search",
    )
    given_name_key = models.TextField(editable=False, help_text="Folded, to match rows of files")
    family_name_key = models.TextField(editable=False, help_text="Folded, to match rows of files")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ChildQuerySet.as_manager()

    DERIVED = frozenset({"search_text", "given_name_key", "family_name_key"})
    DERIVED_FROM = frozenset(
        {
            "given_name",
            "family_name",
            "preferred_given_name",
            "preferred_family_name",
            "nhs_number",
            "date_of_birth",
            "postcode",
            "restricted_at",
        }
    )

    class Meta:
        verbose_name_plural = "children"
        ordering = ["given_name_key", "family_name_key", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(school__isnull=False, home_educated__isnull=True)
                | Q(school__isnull=True, home_educated__isnull=False),
                name="child_has_a_school_or_says_why_not",
            ),
            models.CheckConstraint(
                condition=Q(nhs_number__isnull=True) | Q(nhs_number__regex=r"^[0-9]{10}$"),
                name="child_nhs_number_has_ten_digits",
            ),
            models.CheckConstraint(
                condition=~Q(given_name="") & ~Q(family_name=""), name="child_has_names"
            ),
            models.CheckConstraint(
                condition=Q(date_of_death__isnull=True) | Q(date_of_death__gte=F("date_of_birth")),
                name="child_dies_after_birth",
            ),
        ]
        indexes = [
            # All that a page far down a long list must step over, so that no row is read for it.
            models.Index(
                fields=["organisation", "given_name_key", "family_name_key", "id"],
                name="child_list",
                condition=Q(date_of_death__isnull=True),
            ),
            models.Index(
                fields=["date_of_birth", "family_name_key"], name="child_by_birth_and_family"
            ),
            models.Index(
                fields=["postcode", "family_name_key"], name="child_by_postcode_and_family"
            ),
            models.Index(
                fields=["date_of_birth", "given_name_key"], name="child_by_birth_and_given"
            ),
        ]

    def __str__(self) -> str:
        return f"Child {self.pk}"

    def save(self, *, update_fields=None, **kwargs) -> None:
        """Save with what is derived of the details."""
        self.derive()
        if update_fields is not None:
            update_fields = {*update_fields, *self.DERIVED}
        super().save(update_fields=update_fields, **kwargs)

    def derive(self) -> None:
        """Set what searching and matching read; every way of saving a child does so."""
        self.search_text = search.search_text(self)
        self.given_name_key = search.fold(self.given_name)
        self.family_name_key = search.fold(self.family_name)

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        """For titles of pages, which browsers keep in their history: no name may stand there."""
        return f"{self.given_name[0]}{self.family_name[0]}".upper()

    @property
    def preferred_name(self) -> str:
        """What the child is known as where that differs from the full name; else empty."""
        if not (self.preferred_given_name or self.preferred_family_name):
            return ""
        given = self.preferred_given_name or self.given_name
        family = self.preferred_family_name or self.family_name
        known_as = f"{given} {family}"
        return "" if known_as == self.full_name else known_as

    @property
    def is_restricted(self) -> bool:
        return self.restricted_at is not None

    @property
    def address_lines(self) -> list[str]:
        parts = [self.address_line_1, self.address_line_2, self.town, self.postcode]
        return [part for part in parts if part]

    def year_group(self, academic_year: int) -> int:
        """The child's year group in an academic year."""
        return calendar_rules.year_group_of(self.birth_academic_year, academic_year)


class Parent(models.Model):
    """A parent or guardian. Two people who share an address stay two people."""

    class ContactMethod(models.TextChoices):
        ANY = "any", "No needs"
        TEXT = "text", "Can only receive text messages"
        VOICE = "voice", "Can only receive voice calls"
        OTHER = "other", "Other"

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="parents")
    full_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    email = models.CharField(
        max_length=320, blank=True, help_text="Lower case, deliverable by Notify"
    )
    phone = models.CharField(max_length=20, blank=True, help_text="International form: +44…")
    contact_method = models.CharField(
        max_length=10, choices=ContactMethod, default=ContactMethod.ANY
    )
    contact_method_details = models.CharField(max_length=NAME_LENGTH, blank=True)
    wants_text_updates = models.BooleanField(default=False)
    email_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    phone_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(full_name="", email="", phone=""),
                name="parent_is_somebody",
            ),
            models.CheckConstraint(
                condition=Q(email="") | Q(email__regex=r"^[^A-Z\s]+@[^A-Z\s]+$"),
                name="parent_email_is_normalised",
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="parent_phone_is_normalised",
            ),
            models.CheckConstraint(
                condition=Q(wants_text_updates=False) | ~Q(phone=""),
                name="parent_text_updates_need_a_phone",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "email"], name="parent_by_email")]

    def __str__(self) -> str:
        return f"Parent {self.pk}"

    @property
    def display_name(self) -> str:
        return self.full_name or "Parent or guardian (name unknown)"


class ParentRelationship(models.Model):
    """How a parent belongs to a child."""

    class Kind(models.TextChoices):
        MOTHER = "mother", "Mum"
        FATHER = "father", "Dad"
        GUARDIAN = "guardian", "Guardian"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Unknown"

    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="relationships")
    parent = models.ForeignKey(Parent, on_delete=models.CASCADE, related_name="relationships")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.UNKNOWN)
    other_name = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["child", "parent"], name="parent_of_a_child_once"),
            models.CheckConstraint(
                condition=(Q(kind="other") & ~Q(other_name=""))
                | (~Q(kind="other") & Q(other_name="")),
                name="other_relationship_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return f"Parent {self.parent_id} of child {self.child_id}"

    @property
    def label(self) -> str:
        """Mum, Dad, Guardian, or the words given for another relationship."""
        return self.other_name if self.kind == self.Kind.OTHER else self.get_kind_display()


class Contact(models.Model):
    """An address or number at which a parent of a child can be written to: a database view.

    An email address, or a UK mobile that takes texts, unless Notify said that it does not exist.
    Parents who share one appear once each: whoever writes drops the repeats.
    Source: sessions and clinics §6.4.
    """

    id = models.BigIntegerField(primary_key=True)
    child = models.ForeignKey(Child, on_delete=models.DO_NOTHING, related_name="contacts")
    parent = models.ForeignKey(Parent, on_delete=models.DO_NOTHING, related_name="contacts")
    channel = models.CharField(max_length=5)
    recipient = models.CharField(max_length=320)

    class Meta:
        managed = False
        db_table = "cohorts_contact"

    def __str__(self) -> str:
        return f"{self.channel} of parent {self.parent_id}"


class UploadQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "UploadQuerySet":
        return self.filter(organisation=organisation)

    def for_list(self) -> "UploadQuerySet":
        """For lists: without the file itself, its problems and its notes."""
        return self.select_related("uploaded_by").defer("content", "problems", "notes")

    def for_page(self) -> "UploadQuerySet":
        """For the page of one: without the file, with `keeps_content`, whether it is there."""
        same_file = [f"same_file_as__{field}" for field in ("content", "problems", "notes")]
        return (
            self.select_related("uploaded_by", "organisation", "same_file_as")
            .defer("content", *same_file)
            .annotate(keeps_content=Q(content__isnull=False))
        )


class Upload(models.Model):
    """A file that somebody uploaded, and what became of it. A file is imported whole or not."""

    class Kind(models.TextChoices):
        COHORT = "cohort", "Child records"
        HISTORY = "history", "Vaccination records"

    class Status(models.TextChoices):
        PROCESSING = "processing", "Processing"
        INVALID = "invalid", "Invalid"
        FAILED = "failed", "Failed"
        COMPLETED = "completed", "Completed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="uploads")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=12, choices=Status, default=Status.PROCESSING)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    file_name = models.CharField(max_length=NAME_LENGTH)
    content = models.BinaryField(null=True, help_text="Wiped after 30 days; the results stay")
    sha256 = models.CharField(max_length=64)
    same_file_as = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        editable=False,
        help_text="An earlier upload with the same content",
    )
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=100, blank=True, help_text="What is being done, for people")
    counts = models.JSONField(default=dict, help_text="Rows by outcome; they add up to all rows")
    notes = models.JSONField(default=list, help_text="Sentences for the result page")
    problems = models.JSONField(default=list, help_text="Every bad cell: line, column, sentence")
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(
        null=True, editable=False, help_text="When the job last showed it was alive"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How often a job began; one that dies is begun again"
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~(Q(status="processing") ^ Q(finished_at__isnull=True)),
                name="upload_is_finished_or_processing",
            )
        ]
        indexes = [models.Index(fields=["organisation", "-created_at"], name="upload_list")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"


class UploadedChild(models.Model):
    """That a row of a file meant this child, and what it did."""

    class Outcome(models.TextChoices):
        NEW = "new", "New"
        UPDATED = "updated", "Updated"
        UNCHANGED = "unchanged", "Unchanged"
        REVIEW = "review", "Needs review"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rows")
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="upload_rows")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["upload", "line"], name="uploaded_row_once")]

    def __str__(self) -> str:
        return f"Line {self.line} of upload {self.upload_id}"


class ImportIssueQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "ImportIssueQuerySet":
        """Issues of the organisation's files about children who are still its own."""
        return self.filter(upload__organisation=organisation, child__organisation=organisation)

    def waiting(self) -> "ImportIssueQuerySet":
        return self.filter(decision="")


class ImportIssue(models.Model):
    """Uploaded values that differ from a child's record and wait for a person to decide.

    At most one is open per child; a newer file replaces what an older one proposed.
    """

    class Decision(models.TextChoices):
        KEEP_EXISTING = "keep_existing", "Keep existing"
        USE_UPLOADED = "use_uploaded", "Use uploaded"
        KEEP_BOTH = "keep_both", "Keep both"
        WITHDRAWN = "withdrawn", "Withdrawn: a later file agrees with the record"
        REPLACED = "replaced", "Replaced by a newer file"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="issues")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="issues")
    line = models.PositiveIntegerField()
    values = models.JSONField(help_text="The uploaded values that differ, by field")
    row = models.JSONField(help_text="The whole uploaded row, normalised, parents included")
    matched_on_nhs_number = models.BooleanField()
    decision = models.CharField(max_length=20, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ImportIssueQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["child"],
                condition=Q(decision=""),
                name="one_open_issue_per_child",
            ),
            models.CheckConstraint(
                condition=~(Q(decision="") ^ Q(decided_at__isnull=True)),
                name="issue_decision_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | Q(decided_by__isnull=True),
                name="issue_decider_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Import issue {self.public_id}"


class SchoolMoveQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "SchoolMoveQuerySet":
        """Moves that wait with the organisation: it has the child in its care."""
        return self.filter(organisation=organisation)

    def waiting(self) -> "SchoolMoveQuerySet":
        return self.filter(decision="")


class SchoolMove(Schooled, models.Model):
    """A proposed change of school that waits for a person; at most one is open per child."""

    class Source(models.TextChoices):
        COHORT = "cohort", "Child records upload"
        CLASS_LIST = "class_list", "Class list"
        CONSENT = "consent", "Consent response"

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", "Confirmed"
        IGNORED = "ignored", "Ignored"
        REPLACED = "replaced", "Replaced by newer information"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="school_moves")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="school_moves"
    )
    source = models.CharField(max_length=12, choices=Source)
    school = models.ForeignKey(
        Location, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    home_educated = models.BooleanField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SchoolMoveQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["child"],
                condition=Q(decision=""),
                name="one_open_move_per_child",
            ),
            models.CheckConstraint(
                condition=Q(school__isnull=False, home_educated__isnull=True)
                | Q(school__isnull=True, home_educated__isnull=False),
                name="move_has_a_target",
            ),
            models.CheckConstraint(
                condition=~(Q(decision="") ^ Q(decided_at__isnull=True)),
                name="move_decision_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=False) | Q(decided_by__isnull=True),
                name="move_decider_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"School move {self.public_id}"
