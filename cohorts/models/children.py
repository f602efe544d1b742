"""Children."""

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Organisation
from calendars import rules as calendar_rules
from cohorts import search
from cohorts.models.places import NAME_LENGTH, Location, Schooled
from cohorts.search_terms import search_terms


class ChildQuerySet(models.QuerySet):
    def for_organisation(self, organisation: Organisation) -> "ChildQuerySet":
        """The children in the organisation's cohorts."""
        return self.filter(organisation=organisation)

    def matching(self, query: str) -> "ChildQuerySet":
        """Those who have all that was typed, in any order: see `search_terms`."""
        found = self
        for term in search_terms(search.fold(query)):
            if term.starts_word:
                found = found.filter(
                    Q(search_text__startswith=term.text) | Q(search_text__contains=f" {term.text}")
                )
            else:
                found = found.filter(search_text__contains=term.text)
        return found

    def lock(self, child_id: int) -> "Child":
        """The child, locked until the transaction ends against others who change the record.

        Rows may still come to refer to the child meanwhile: whoever has locked a session and
        joins the child to it must not wait for somebody who waits for the session. Take it before
        what waits for a decision about the child, as imports do.
        """
        return self.select_for_update(no_key=True).get(pk=child_id)

    def lock_all(self, child_ids: Iterable[int]) -> None:
        """Lock these children in the one order in which everybody locks several."""
        ids = sorted(child_ids)
        children = self.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
        for _ in children.values_list("pk").iterator(chunk_size=len(ids) or 1):
            pass

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
