"""What forms ask of a parent or guardian, wherever they are added or corrected. Source: consent §6,
cohorts and imports §10.
"""

from collections.abc import Callable

from django.core.exceptions import ValidationError

from cohorts import formats
from govuk.fields import CharField, CheckboxField
from govuk.filters import phone as phone_as_written
from govuk.forms import GovukForm


def parsed(parse: Callable[[str], str], text: str) -> str:
    """The stored form of a text; what cannot be read is refused beside its field."""
    try:
        return parse(text) if text else ""
    except formats.BadValue as refusal:
        raise ValidationError(str(refusal)) from None


class ReachableForm(GovukForm):
    """Where somebody can be written to. A number that is stored comes back as people write it."""

    email = CharField(
        label="Email address",
        required=False,
        govuk={"type": "email", "spellcheck": False, "autocapitalize": "none"},
    )
    phone = CharField(
        label="Phone number",
        required=False,
        govuk={"type": "tel", "classes": "govuk-input--width-20"},
    )
    texts = CheckboxField(label="Get updates by text message", required=False)

    def __init__(self, *args, allows_drama: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.allows_drama = allows_drama

    def get_initial_for_field(self, field, field_name):
        value = super().get_initial_for_field(field, field_name)
        return phone_as_written(value) if field_name == "phone" and value else value

    def clean_email(self) -> str:
        return parsed(formats.parse_email, self.cleaned_data["email"])

    def clean_phone(self) -> str:
        return parsed(
            lambda text: formats.parse_phone(text, allows_drama=self.allows_drama),
            self.cleaned_data["phone"],
        )


class PersonForm(ReachableForm):
    """Who somebody is to a child, and where they can be written to. `kind` is the form's own."""

    full_name = CharField(label="Full name", max_length=formats.TEXT_LENGTH)
    other_name = CharField(
        label="Relationship",
        help_text="For example, carer",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter the relationship to the child"},
    )

    def clean_full_name(self) -> str:
        return parsed(
            lambda text: formats.parse_name(text, what="Full name"), self.cleaned_data["full_name"]
        )

    def clean_other_name(self) -> str:
        return parsed(
            lambda text: formats.parse_text(text, what="Relationship"),
            self.cleaned_data["other_name"],
        )
