"""The pages of "Get consent response". Source: consent §6."""

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError

from cohorts import formats
from cohorts.models import ParentRelationship
from consent.choices import STAFF_ROUTES, Decision, Reason
from consent.decisions import OPTIONS
from consent.questions import DETAILS_LENGTH, Asked, Question
from consent.selectors.contacts import KnownContact
from consent.services.contacts import NewContact
from govuk.fields import AS_HEADING, CharField, RadiosField, TextareaField
from govuk.filters import phone as phone_as_written
from govuk.forms import GovukForm
from programmes.models import Programme

NEW_CONTACT = "new"
YES_OR_NO = (("yes", "Yes"), ("no", "No"))
Kind = ParentRelationship.Kind


class WhoForm(GovukForm):
    """Who gave the answer."""

    contact = RadiosField(
        label="Who are you getting a response from?",
        dividers={NEW_CONTACT: "or"},
        error_messages={"required": "Select who you are getting a response from"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, contacts: Sequence[KnownContact], are_hidden: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        known = [
            (str(contact.parent.pk), f"{contact.parent.display_name} ({contact.relationship})")
            for contact in contacts
        ]
        field.choices = [*known, (NEW_CONTACT, "Add a new parental contact")]
        if not known:
            field.dividers = {}
        if not are_hidden:
            field.choice_hints = {
                str(contact.parent.pk): _contact_details(contact) for contact in contacts
            }


def _contact_details(contact: KnownContact) -> str:
    details = [
        contact.parent.phone and phone_as_written(contact.parent.phone),
        contact.parent.email,
    ]
    return ", ".join(detail for detail in details if detail) or "No contact details"


def _parsed(parse: Callable[[str], str]) -> Callable[[str], str]:
    """A reader of stored forms as a form's reader: its refusal stands beside the field."""

    def read(text: str) -> str:
        try:
            return parse(text) if text else ""
        except formats.BadValue as refusal:
            raise ValidationError(str(refusal)) from None

    return read


class ContactForm(GovukForm):
    """A parent or guardian who is not known yet."""

    full_name = CharField(label="Full name", max_length=formats.TEXT_LENGTH)
    kind = RadiosField(
        label="Relationship to child",
        choices=[
            (kind.value, kind.label)
            for kind in (Kind.MOTHER, Kind.FATHER, Kind.GUARDIAN, Kind.OTHER)
        ],
        reveals={Kind.OTHER.value: ["other_name", "has_responsibility"]},
    )
    other_name = CharField(
        label="Relationship",
        help_text="For example, carer",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter the relationship to the child"},
    )
    has_responsibility = RadiosField(
        label="Do they have parental responsibility?",
        help_text="They have the legal rights and duties relating to the child",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether they have parental responsibility"},
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

    def __init__(self, *args, allows_drama: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.allows_drama = allows_drama

    def clean_full_name(self) -> str:
        name = _parsed(lambda text: formats.parse_name(text, what="Full name"))(
            self.cleaned_data["full_name"]
        )
        if not name:
            raise ValidationError("Enter full name")
        return name

    def clean_other_name(self) -> str:
        return _parsed(lambda text: formats.parse_text(text, what="Relationship"))(
            self.cleaned_data["other_name"]
        )

    def clean_email(self) -> str:
        return _parsed(formats.parse_email)(self.cleaned_data["email"])

    def clean_phone(self) -> str:
        return _parsed(lambda text: formats.parse_phone(text, allows_drama=self.allows_drama))(
            self.cleaned_data["phone"]
        )

    def clean(self) -> dict:
        cleaned = super().clean()
        has_neither = cleaned.get("email") == "" and cleaned.get("phone") == ""
        if has_neither:
            self.add_error("email", "Enter an email address or a phone number")
        if cleaned.get("kind") == Kind.OTHER and cleaned.get("has_responsibility") == "no":
            self.add_error(
                "has_responsibility",
                "Only somebody with parental responsibility can give or refuse consent",
            )
        return cleaned

    def contact(self) -> NewContact:
        """The contact typed in, once the form is valid."""
        cleaned = self.cleaned_data
        return NewContact(
            full_name=cleaned["full_name"],
            kind=cleaned["kind"],
            other_name=cleaned["other_name"],
            email=cleaned["email"],
            phone=cleaned["phone"],
        )


class RouteForm(GovukForm):
    """How the answer came."""

    route = RadiosField(
        label="How was the response given?",
        choices=[(route.value, route.label) for route in STAFF_ROUTES],
        error_messages={"required": "Select how the response was given"},
        govuk=AS_HEADING,
    )


class DecisionForm(GovukForm):
    """What the answer is; some ways to agree ask a further question."""

    decision = RadiosField(
        dividers={Decision.NOT_PROVIDED.value: "or"},
        error_messages={"required": "Select whether they agree"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, parent: str, child: str, programme: Programme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        options = OPTIONS[programme.key]
        field = self.fields["decision"]
        vaccination = programme.vaccination
        self["decision"].label = f"Does {parent} agree to {child} having the {vaccination}?"
        field.choices = [
            *((choice.key, choice.staff_label) for choice in options.choices),
            (Decision.REFUSED.value, "No, they do not agree"),
            (Decision.NOT_PROVIDED.value, "No response"),
        ]
        field.reveals = {key: [further.key] for key, further in options.narrowings.items()}
        for further in options.narrowings.values():
            self.fields[further.key] = RadiosField(
                label=further.staff_text,
                choices=[(choice.key, choice.staff_label) for choice in further.choices],
                error_messages={"required": f"Select an answer: {further.staff_text}"},
            )


class ReasonForm(GovukForm):
    """Why consent is refused."""

    reason = RadiosField(
        label="Why are they refusing to give consent?",
        dividers={Reason.OTHER.value: "or"},
        error_messages={"required": "Select why they are refusing to give consent"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, offered: Sequence[Reason], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(reason.value, reason.label) for reason in offered]


class NotesForm(GovukForm):
    """The details of a reason that needs them."""

    notes = TextareaField(
        max_length=DETAILS_LENGTH,
        error_messages={
            "required": "Enter details",
            "max_length": f"Details must be {DETAILS_LENGTH} characters or less",
        },
        govuk=AS_HEADING,
    )

    def __init__(self, *args, question: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self["notes"].label = question


class HealthForm(GovukForm):
    """Health questions, all on one page; a yes needs details where the question asks for them."""

    def __init__(self, *args, questions: Sequence[Asked], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.asked = [asked.question for asked in questions]
        for question in self.asked:
            self._ask(question)

    def _ask(self, question: Question) -> None:
        details = f"{question.key}_details"
        self.fields[question.key] = RadiosField(
            label=question.text,
            help_text=question.hint,
            choices=YES_OR_NO,
            reveals={"yes": [details]} if question.needs_details else {},
            error_messages={"required": f"Select yes or no: {question.text}"},
        )
        if question.needs_details:
            self.fields[details] = TextareaField(
                label=question.details_prompt,
                max_length=DETAILS_LENGTH,
                error_messages={
                    "required": f"Give details: {question.text}",
                    "max_length": f"Details must be {DETAILS_LENGTH} characters or less",
                },
                govuk={"rows": 3},
            )

    def answers(self) -> dict[str, dict]:
        """The answers by question key, once the form is valid."""
        return {
            question.key: {
                "yes": self.cleaned_data[question.key] == "yes",
                "details": self.cleaned_data.get(f"{question.key}_details", ""),
            }
            for question in self.asked
        }
