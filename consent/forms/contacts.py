"""Who answers, and where they can be written to. Source: consent §6."""

from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from markupsafe import Markup

from cohorts.contact_forms import PersonForm, ReachableForm
from cohorts.models import ParentRelationship
from consent.choices import YES_OR_NO
from consent.selectors.contacts import CHILD, CHILD_LABEL, NEW_CONTACT, KnownContact
from consent.services.contacts import Details, NewContact
from govuk.fields import AS_HEADING, RadiosField
from govuk.filters import emails
from govuk.filters import phone as phone_as_written
from govuk.forms import GovukForm

NO_RESPONSIBILITY = "Only somebody with parental responsibility can give or refuse consent"
HIDDEN = (
    "The stored contact details are hidden because this record is sensitive. Leave a question "
    "empty to keep using what is stored."
)
Kind = ParentRelationship.Kind


class WhoForm(GovukForm):
    """Who gave the answer."""

    contact = RadiosField(
        label="Who are you getting a response from?",
        error_messages={"required": "Select who you are getting a response from"},
        govuk=AS_HEADING,
    )

    def __init__(
        self,
        *args,
        contacts: Sequence[KnownContact],
        are_hidden: bool,
        offers_child: bool,
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        known = [
            (str(contact.parent.pk), f"{contact.parent.display_name} ({contact.relationship})")
            for contact in contacts
        ]
        own = [(CHILD, CHILD_LABEL)] if offers_child else []
        field.choices = [*own, *known, (NEW_CONTACT, "Add a new parental contact")]
        if own or known:
            field.dividers = {NEW_CONTACT: "or"}
        if not are_hidden:
            field.choice_hints = {
                str(contact.parent.pk): _contact_details(contact) for contact in contacts
            }


def _contact_details(contact: KnownContact) -> Markup:
    details = [
        contact.parent.phone and phone_as_written(contact.parent.phone),
        contact.parent.email,
    ]
    return emails(", ".join(detail for detail in details if detail) or "No contact details")


class DetailsForm(ReachableForm):
    """Where somebody who answers can be written to. A known contact's details come filled in.

    `hidden`: the names of those that are stored and must not be shown; each holds unless another is
    typed.
    """

    def __init__(self, *args, hidden: Collection[str] = (), **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.hidden = hidden
        if hidden:
            self.fields["email"].help_text = HIDDEN

    def clean(self) -> dict:
        cleaned = super().clean()
        has_neither = cleaned.get("email") == "" and cleaned.get("phone") == ""
        if has_neither and not self.hidden:
            self.add_error("email", "Enter an email address or a phone number")
        elif cleaned.get("texts") and cleaned.get("phone") == "" and "phone" not in self.hidden:
            self.add_error("phone", "Enter a phone number to get updates by text message")
        return cleaned

    def details(self) -> Details:
        """Where to write to, once the form is valid."""
        cleaned = self.cleaned_data
        return Details(cleaned["email"], cleaned["phone"], bool(cleaned["texts"]))


class ContactForm(DetailsForm, PersonForm):
    """A parent or guardian who is not known yet."""

    kind = RadiosField(
        label="Relationship to child",
        choices=[
            (kind.value, kind.label)
            for kind in (Kind.MOTHER, Kind.FATHER, Kind.GUARDIAN, Kind.OTHER)
        ],
        reveals={Kind.OTHER.value: ["other_name", "has_responsibility"]},
    )
    has_responsibility = RadiosField(
        label="Do they have parental responsibility?",
        help_text="They have the legal rights and duties relating to the child",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether they have parental responsibility"},
    )

    field_order = ("full_name", "kind", "other_name", "has_responsibility", "email", "phone")

    def clean_full_name(self) -> str:
        name = super().clean_full_name()
        if not name:
            raise ValidationError("Enter full name")
        return name

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("kind") == Kind.OTHER and cleaned.get("has_responsibility") == "no":
            self.add_error("has_responsibility", NO_RESPONSIBILITY)
        return cleaned

    @property
    def lacks_responsibility(self) -> bool:
        """Whether the person may not answer for the child: a way out is offered."""
        return NO_RESPONSIBILITY in self.errors.get("has_responsibility", [])

    def contact(self) -> NewContact:
        """The contact typed in, once the form is valid."""
        cleaned = self.cleaned_data
        return NewContact(
            full_name=cleaned["full_name"],
            kind=cleaned["kind"],
            other_name=cleaned["other_name"],
            details=self.details(),
        )


class UpdateRecordForm(GovukForm):
    """Whether details that differ from the stored ones replace them: never without being asked."""

    replace = RadiosField(
        label="Do you want to replace the contact details on record?",
        choices=[
            ("yes", "Yes, use these details from now on"),
            ("no", "No, use these details for this response only"),
        ],
        error_messages={"required": "Select whether to replace the contact details on record"},
    )
