"""Correcting a parent. Source: cohorts and imports §10."""

from collections.abc import Callable, Collection

from django.core.exceptions import ValidationError

from cohorts import formats
from cohorts.models import Child, Parent, ParentRelationship
from govuk.fields import CharField, CheckboxField, RadiosField
from govuk.filters import phone as phone_as_written
from govuk.forms import GovukForm
from records.parents import LABELS, ParentDetails, details_of

Kind = ParentRelationship.Kind
ContactMethod = Parent.ContactMethod
# Where what `LABELS` names is asked for.
FIELDS = {
    "full_name": "full_name",
    "relationship": "kind",
    "email": "email",
    "phone": "phone",
    "texts": "texts",
    "needs": "contact_method",
}
# Source: consent §2.2: one limit everywhere.
LONGEST_EMAIL = 254


def _parsed(parse: Callable[[str], str], text: str) -> str:
    """The stored form of a text; what cannot be read is refused beside its field."""
    try:
        return parse(text) if text else ""
    except formats.BadValue as refusal:
        raise ValidationError(str(refusal)) from None


class ParentForm(GovukForm):
    """A parent or guardian as the child's record should have them."""

    full_name = CharField(label="Full name", required=False, max_length=formats.TEXT_LENGTH)
    kind = RadiosField(
        label="Relationship to child",
        choices=Kind.choices,
        reveals={Kind.OTHER.value: ["other_name"]},
    )
    other_name = CharField(
        label="Relationship",
        help_text="For example, carer",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter the relationship to the child"},
    )
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
    contact_method = RadiosField(
        label="Does the phone number have any needs?",
        choices=ContactMethod.choices,
        reveals={ContactMethod.OTHER.value: ["contact_method_details"]},
        error_messages={"required": "Select whether the phone number has any needs"},
    )
    contact_method_details = CharField(
        label="Give details",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter details of the contact needs"},
    )

    def __init__(self, *args, allows_drama: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.allows_drama = allows_drama

    def clean_full_name(self) -> str:
        return _parsed(
            lambda text: formats.parse_name(text, what="Full name"), self.cleaned_data["full_name"]
        )

    def clean_other_name(self) -> str:
        return _parsed(
            lambda text: formats.parse_text(text, what="Relationship"),
            self.cleaned_data["other_name"],
        )

    def clean_contact_method_details(self) -> str:
        return _parsed(
            lambda text: formats.parse_text(text, what="Details"),
            self.cleaned_data["contact_method_details"],
        )

    def clean_email(self) -> str:
        email = _parsed(formats.parse_email, self.cleaned_data["email"])
        if len(email) > LONGEST_EMAIL:
            raise ValidationError(f"Email address must be {LONGEST_EMAIL} characters or less")
        return email

    def clean_phone(self) -> str:
        return _parsed(
            lambda text: formats.parse_phone(text, allows_drama=self.allows_drama),
            self.cleaned_data["phone"],
        )

    def clean(self) -> dict:
        cleaned = super().clean()
        if all(cleaned.get(name) == "" for name in ("full_name", "email", "phone")):
            self.add_error("full_name", "Enter a name, an email address or a phone number")
        if cleaned.get("phone") == "":
            if cleaned.get("texts"):
                self.add_error("phone", "Enter a phone number to get updates by text message")
            elif cleaned.get("contact_method") not in (None, ContactMethod.ANY):
                self.add_error("phone", "Enter the phone number that has these needs")
        return cleaned

    def say_what_differs(
        self, on_record: ParentRelationship, differing: Collection[str], child: Child
    ) -> None:
        """Say beside each answer how the record of the child, or of a brother or sister, has it."""
        is_own = on_record.child_id == child.pk
        whose = "this record" if is_own else f"the record of {on_record.child.full_name}"
        words = details_of(on_record).in_words()
        for key in differing:
            said = f"{LABELS[key].lower()} “{words[key] or 'none'}”"
            name = on_record.parent.display_name
            self.add_error(FIELDS[key], f"{name} is on {whose} already, with {said}")

    @staticmethod
    def filled_in(details: ParentDetails) -> dict:
        """What the form begins with."""
        return {
            "full_name": details.full_name,
            "kind": details.kind,
            "other_name": details.other_name,
            "email": details.email,
            "phone": phone_as_written(details.phone) if details.phone else "",
            "texts": details.wants_text_updates,
            "contact_method": details.contact_method,
            "contact_method_details": details.contact_method_details,
        }

    def details(self) -> ParentDetails:
        """The parent as typed, once the form is valid."""
        cleaned = self.cleaned_data
        return ParentDetails(
            full_name=cleaned["full_name"],
            kind=cleaned["kind"],
            other_name=cleaned["other_name"],
            email=cleaned["email"],
            phone=cleaned["phone"],
            wants_text_updates=bool(cleaned["texts"]),
            contact_method=cleaned["contact_method"],
            contact_method_details=cleaned["contact_method_details"],
        )
