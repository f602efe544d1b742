"""What may be asked of the Children page."""

from accounts.models import Organisation
from calendars.rules import year_group_label
from govuk.fields import (
    CharField,
    CheckboxesField,
    CheckboxField,
    IntegerCheckboxesField,
    SelectField,
)
from govuk.forms import GovukForm
from programmes.models import Programme
from records.selectors import HOME_EDUCATED, UNKNOWN_SCHOOL, ChildFilters, schools_to_choose
from sessions_app.invitations import State

QUERY_LENGTH = 300
SMALL = {"classes": "govuk-checkboxes--small"}


class ChildFilterForm(GovukForm):
    q = CharField(
        label="Search",
        help_text="Any part of a name, NHS number, date of birth or postcode",
        required=False,
        max_length=QUERY_LENGTH,
        govuk={
            "type": "search",
            "spellcheck": False,
            "classes": "govuk-!-width-two-thirds",
        },
    )
    year_group = IntegerCheckboxesField(label="Year group", required=False, govuk=SMALL)
    school = SelectField(label="School", required=False)
    invitation = SelectField(
        label="Invited to clinic", choices=[("", "Any"), *State.choices], required=False
    )
    vaccinated = CheckboxesField(label="Vaccinated against", required=False, govuk=SMALL)
    missing_nhs_number = CheckboxField(label="Missing NHS number", required=False, govuk=SMALL)

    def __init__(self, *args, organisation: Organisation, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        programmes = list(Programme.objects.filter(organisations=organisation))
        year_groups = sorted({year for programme in programmes for year in programme.year_groups})
        self.fields["year_group"].choices = [(year, year_group_label(year)) for year in year_groups]
        self.fields["vaccinated"].choices = [
            (programme.key, programme.name) for programme in programmes
        ]
        self.fields["school"].choices = [
            ("", "Any school"),
            (HOME_EDUCATED, "Home-educated"),
            (UNKNOWN_SCHOOL, "Unknown school"),
            *schools_to_choose(organisation),
        ]

    def narrows(self, *, with_search: bool = False) -> bool:
        """Whether a filter is used, or the search where that counts too."""
        return any(
            answer for name, answer in self.cleaned_data.items() if with_search or name != "q"
        )

    def chosen(self) -> ChildFilters:
        """What is asked; an answer that is none of the choices asks for nothing."""
        self.is_valid()
        answers = self.cleaned_data
        return ChildFilters(
            query=answers.get("q", ""),
            year_groups=answers.get("year_group", ()),
            school=answers.get("school", ""),
            vaccinated=answers.get("vaccinated", ()),
            invitation=answers.get("invitation", ""),
            missing_nhs_number=answers.get("missing_nhs_number", False),
        )
