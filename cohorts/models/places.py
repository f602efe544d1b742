"""Places: schools, clinic venues, and the one bucket for all clinics of an organisation."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Organisation, Team

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
