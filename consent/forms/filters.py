"""What a list of children is narrowed to."""

from collections.abc import Sequence

from calendars.rules import year_group_label
from consent.selectors.lists import Filters, year_groups_of
from govuk.fields import CharField, FilterRadiosField, IntegerCheckboxesField
from govuk.forms import GovukForm
from programmes.models import Programme
from sessions_app.invitations import State
from sessions_app.models import Session


class FiltersForm(GovukForm):
    """Name, year group, and what else tells this session's children apart."""

    name = CharField(label="Name", required=False)
    programme = FilterRadiosField(label="Programme")
    year_groups = IntegerCheckboxesField(
        label="Year group", required=False, govuk={"classes": "govuk-checkboxes--small"}
    )
    invitation = FilterRadiosField(label="Clinic invitation", choices=State.choices)

    def __init__(self, *args, session: Session, programmes: Sequence[Programme], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year_groups"].choices = [
            (group, year_group_label(group)) for group in year_groups_of(session, programmes)
        ]
        self.fields["programme"].choices = FilterRadiosField.any_of(
            (programme.key, programme.name) for programme in programmes
        )
        if len(programmes) < 2:
            del self.fields["programme"]
        if not session.is_clinic:
            del self.fields["invitation"]

    @property
    def filters(self) -> Filters:
        """What was asked for; a value that makes no sense asks for nothing."""
        self.is_valid()
        asked = self.cleaned_data
        return Filters(
            name=asked.get("name", ""),
            year_groups=tuple(asked.get("year_groups", ())),
            programme=asked.get("programme", ""),
            invitation=asked.get("invitation", ""),
        )
