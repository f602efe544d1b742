"""Looking for the child whom a response means, and putting a response away."""

from collections.abc import Iterable

from calendars.rules import year_group_label
from consent.online_models import DETAILS_LENGTH
from govuk.fields import CharField, CheckboxField, SelectField, TextareaField
from govuk.forms import GovukForm

QUERY_LENGTH = 300


class ChildSearchForm(GovukForm):
    q = CharField(
        label="Search",
        help_text="Any part of a name, NHS number, date of birth or postcode",
        required=False,
        max_length=QUERY_LENGTH,
        govuk={"type": "search", "spellcheck": False, "classes": "govuk-!-width-two-thirds"},
    )
    year_group = SelectField(label="Year group", required=False)

    def __init__(self, *args, year_groups: Iterable[int], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year_group"].choices = [
            ("", "Any year group"),
            *((str(year), year_group_label(year)) for year in year_groups),
        ]

    def asked(self) -> tuple[str, int | None]:
        """The words and the year group; an answer that is none of the choices asks for nothing."""
        self.is_valid()
        year_group = self.cleaned_data.get("year_group", "")
        return self.cleaned_data.get("q", ""), int(year_group) if year_group else None


class LinkForm(GovukForm):
    """Linking a response with a child; where it may be another one, also having checked that."""

    is_checked = CheckboxField(
        error_messages={"required": "Confirm that the response is about this child"},
    )

    def __init__(self, *args, child_name: str, must_check: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if must_check:
            self["is_checked"].label = f"I have checked that this response is about {child_name}"
        else:
            del self.fields["is_checked"]


class ArchiveForm(GovukForm):
    note = TextareaField(
        label="Why are you archiving this response?",
        help_text="For example, the child is not in your area. Other people in your organisation "
        "can read this.",
        max_length=DETAILS_LENGTH,
        error_messages={
            "required": "Enter why you are archiving this response",
            "max_length": "The reason must be 1000 characters or less",
        },
    )
