"""Adding and correcting a parent. Source: cohorts and imports §10."""

from collections.abc import Collection

from cohorts import formats
from cohorts.contact_forms import PersonForm, parsed
from cohorts.models import Child, Parent, ParentRelationship
from govuk.fields import CharField, RadiosField
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


class ParentForm(PersonForm):
    """A parent or guardian as the child's record should have them."""

    kind = RadiosField(
        label="Relationship to child",
        choices=Kind.choices,
        reveals={Kind.OTHER.value: ["other_name"]},
    )
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

    field_order = ("full_name", "kind", "other_name", "email", "phone", "texts")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].required = False

    def clean_contact_method_details(self) -> str:
        return parsed(
            lambda text: formats.parse_text(text, what="Details"),
            self.cleaned_data["contact_method_details"],
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
            "phone": details.phone,
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
