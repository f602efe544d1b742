"""Parents, and how they belong to children."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Organisation
from cohorts.models.children import Child
from cohorts.models.places import NAME_LENGTH


class ParentQuerySet(models.QuerySet):
    def lock(self) -> "ParentQuerySet":
        """With the rows locked against others who change them, not against who refers to them.
        Take it after the locks of the parents' children.
        """
        return self.select_for_update(no_key=True)

    def shareable(self, organisation_id: int | None) -> "ParentQuerySet":
        """The organisation's parents to whom another of its children may be added: of whom it can
        see a child, or who have none any more. Who is only on records that are hidden, as sensitive
        ones are, stays apart, or the other child's record would tell of them.
        """
        of_parent = ParentRelationship.objects.filter(parent=OuterRef("pk"))
        seen = of_parent.filter(
            child__organisation=organisation_id, child__restricted_at__isnull=True
        )
        return self.filter(Exists(seen) | ~Exists(of_parent), organisation=organisation_id)


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

    objects = ParentQuerySet.as_manager()

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

    def correct(self, **values: str | bool) -> None:
        """Put other values on record, and save what they change. What Notify said of an old address
        or number does not hold for a new one. Of a locked row, so that it hides no newer word.
        """
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        failed = [f"{name}_failed_at" for name in changed if name in ("email", "phone")]
        for name in failed:
            setattr(self, name, None)
        self.save(update_fields=[*changed, *failed])

    @property
    def display_name(self) -> str:
        return self.full_name or "Parent or guardian (name unknown)"


class ParentRelationship(models.Model):
    """How a parent belongs to a child.

    Nobody vouches for who came by an online response alone, until staff, a file or a person on the
    record's page do: docs/decisions/0071-strangers-are-not-asked.md.
    """

    class Kind(models.TextChoices):
        MOTHER = "mother", "Mum"
        FATHER = "father", "Dad"
        GUARDIAN = "guardian", "Guardian"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Unknown"

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    child = models.ForeignKey(Child, on_delete=models.CASCADE, related_name="relationships")
    parent = models.ForeignKey(Parent, on_delete=models.CASCADE, related_name="relationships")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.UNKNOWN)
    other_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    is_vouched_for = models.BooleanField(default=True, db_default=True, editable=False)

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

    def vouch(self) -> bool:
        """Note that somebody vouches for the parent from now on; whether nobody did. The child is
        locked.
        """
        if self.is_vouched_for:
            return False
        self.is_vouched_for = True
        self.save(update_fields=["is_vouched_for"])
        return True


class Contact(models.Model):
    """An address or number at which a parent of a child can be written to: a database view.

    An email address, or a UK mobile that takes texts, unless Notify said that it does not exist.
    Parents who share one appear once each: whoever writes drops the repeats. `is_asked`: whether
    what they did not ask for goes there, requests and invitations: to nobody whom nobody vouches
    for, as long as another parent can be written to.
    Source: sessions and clinics §6.4; consent §15.
    """

    id = models.BigIntegerField(primary_key=True)
    child = models.ForeignKey(Child, on_delete=models.DO_NOTHING, related_name="contacts")
    parent = models.ForeignKey(Parent, on_delete=models.DO_NOTHING, related_name="contacts")
    channel = models.CharField(max_length=5)
    recipient = models.CharField(max_length=320)
    is_asked = models.BooleanField()

    class Meta:
        managed = False
        db_table = "cohorts_contact"

    def __str__(self) -> str:
        return f"{self.channel} of parent {self.parent_id}"
