"""Which vaccinations are offered, to which year groups, by whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organisation
from programmes import choices


class Programme(models.Model):
    """A vaccination programme, such as HPV."""

    key = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=100, unique=True)
    year_groups = ArrayField(
        models.SmallIntegerField(), help_text="School years offered it; 0 is Reception"
    )
    is_seasonal = models.BooleanField(
        default=False, help_text="Given anew in every academic year, as flu is"
    )
    maximum_dose_sequence = models.PositiveSmallIntegerField(default=1)
    organisations = models.ManyToManyField(
        Organisation, through="OrganisationProgramme", related_name="programmes"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def name_in_sentence(self) -> str:
        """As it stands inside a sentence: flu, but HPV."""
        return self.name.lower() if self.name.istitle() else self.name

    @property
    def vaccination(self) -> str:
        """As messages name it: HPV vaccination."""
        return f"{self.name} vaccination"


class OrganisationProgramme(models.Model):
    """That an organisation runs a programme."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "programme"],
                name="organisation_runs_programme_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.programme_id}"


class Vaccine(models.Model):
    """A product given in a programme."""

    Method = choices.Method

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="vaccines")
    brand = models.CharField(max_length=100, unique=True)
    manufacturer = models.CharField(max_length=100)
    method = models.CharField(max_length=20, choices=Method)
    upload_name = models.CharField(
        max_length=100, help_text="How files of vaccination history name it"
    )
    snomed_product_code = models.CharField(max_length=20, unique=True)
    contains_gelatine = models.BooleanField(default=False, help_text="From pigs")
    is_discontinued = models.BooleanField(default=False)

    class Meta:
        ordering = ["brand"]

    def __str__(self) -> str:
        return self.brand
