"""Files that people uploaded, their rows, and the issues that their rows raised."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Organisation, User
from cohorts.models.children import Child
from cohorts.models.places import NAME_LENGTH


class UploadQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "UploadQuerySet":
        return self.filter(organisation=organisation)

    def for_list(self) -> "UploadQuerySet":
        """For lists: without the file itself, its problems and its notes."""
        return self.select_related("uploaded_by").defer("content", "problems", "notes", "writings")

    def for_page(self) -> "UploadQuerySet":
        """For the page of one: without the file, with `keeps_content`, whether it is there."""
        same_file = [
            f"same_file_as__{field}" for field in ("content", "problems", "notes", "writings")
        ]
        return (
            self.select_related("uploaded_by", "confirmed_by", "organisation", "same_file_as")
            .defer("content", *same_file)
            .annotate(keeps_content=Q(content__isnull=False))
        )


class Upload(models.Model):
    """A file that somebody uploaded, and what became of it. A file is imported whole or not.

    One that writes to many families is only checked at first: it waits until a person confirms
    what it would do, or discards it.
    """

    class Kind(models.TextChoices):
        COHORT = "cohort", "Child records"
        HISTORY = "history", "Vaccination records"

    class Status(models.TextChoices):
        PROCESSING = "processing", "Processing"
        CHECKED = "checked", "Waiting for you"
        INVALID = "invalid", "Invalid"
        FAILED = "failed", "Failed"
        COMPLETED = "completed", "Completed"
        DISCARDED = "discarded", "Discarded"

    OPEN = (Status.PROCESSING, Status.CHECKED)

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
    writings = models.JSONField(
        null=True, help_text="Whom it writes to (`cohorts.consequences`); empty: not looked at yet"
    )
    checked_at = models.DateTimeField(
        null=True, editable=False, help_text="When a person was last asked about that"
    )
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    asked_again = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="More would be sent than was confirmed: a person is asked once more",
    )
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
                condition=~(Q(status__in=["processing", "checked"]) ^ Q(finished_at__isnull=True)),
                name="upload_is_finished_or_open",
            ),
            models.CheckConstraint(
                condition=~(Q(confirmed_at__isnull=True) ^ Q(confirmed_by__isnull=True)),
                name="upload_confirmed_by_a_person",
            ),
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
