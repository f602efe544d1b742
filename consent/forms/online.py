"""The parents' pages about the child and about themselves. Source: consent §2.2."""

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError

from cohorts import formats
from cohorts.models import Location, Parent, ParentRelationship
from consent.choices import YES_OR_NO
from consent.forms.typed import Line, Name, Parsed
from consent.online_rules import birth_dates
from consent.online_walk import HOME, NONE, SCHOOL
from govuk.fields import AS_HEADING, CheckboxField, GovukDateField, RadiosField, SelectField
from govuk.filters import govuk_date
from govuk.filters import phone as phone_as_written
from govuk.forms import GovukForm

Kind = ParentRelationship.Kind
ContactMethod = Parent.ContactMethod


class NameForm(GovukForm):
    """What the child is called, and what at school."""

    given_name = Name(
        label="First name",
        error_messages={"required": "Enter your child’s first name"},
        govuk={"spellcheck": False},
    )
    family_name = Name(
        label="Last name",
        error_messages={"required": "Enter your child’s last name"},
        govuk={"spellcheck": False},
    )
    uses_other_name = RadiosField(
        label="Do they use a different name in school?",
        choices=YES_OR_NO,
        reveals={"yes": ["preferred_given_name", "preferred_family_name"]},
        error_messages={"required": "Select whether they use a different name in school"},
    )
    preferred_given_name = Name(
        label="Preferred first name (optional)", required=False, govuk={"spellcheck": False}
    )
    preferred_family_name = Name(
        label="Preferred last name (optional)", required=False, govuk={"spellcheck": False}
    )

    def clean(self) -> dict:
        cleaned = super().clean()
        preferred = ("preferred_given_name", "preferred_family_name")
        is_empty = all(cleaned.get(name) == "" for name in preferred)
        if cleaned.get("uses_other_name") == "yes" and is_empty:
            self.add_error("preferred_given_name", "Enter the name they use in school")
        return cleaned


class BirthDateField(GovukDateField):
    """Says of a day to come that it is one, before any limit of age."""

    def __init__(self, *, today: date | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.today = today

    def _refuse(self, code: str, limit: date, day: date) -> None:
        if self.today and day > self.today:
            raise ValidationError("Date of birth must be in the past", code="future")
        super()._refuse(code, limit, day)


class BirthForm(GovukForm):
    """The child's date of birth: both limits are allowed, and the messages name them."""

    date_of_birth = BirthDateField(
        label="What is your child’s date of birth?",
        help_text="For example, 27 3 2012",
        error_messages={"required": "Enter your child’s date of birth"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, today: date, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["date_of_birth"]
        field.min_date, field.max_date = birth_dates(today)
        field.name_in_messages("Date of birth")
        field.today = today
        field.error_messages["max_date"] = (
            f"Date of birth must be on or before {govuk_date(field.max_date)}, because your child "
            "must be 3 or older"
        )
        field.error_messages["min_date"] = (
            f"Date of birth must be on or after {govuk_date(field.min_date)}, because your child "
            "must be 22 or younger"
        )

    def stored(self) -> dict[str, str]:
        """The answer as the draft keeps it: the three parts by name."""
        day = self.cleaned_data["date_of_birth"]
        return {
            "date_of_birth-day": str(day.day),
            "date_of_birth-month": str(day.month),
            "date_of_birth-year": str(day.year),
        }


class ConfirmSchoolForm(GovukForm):
    """Whether the child goes to the school of the link."""

    is_school = RadiosField(
        label="Is this your child’s school?",
        choices=[
            ("yes", "Yes, they go to this school"),
            ("no", "No, they go to a different school"),
        ],
        error_messages={"required": "Select whether your child goes to this school"},
    )


class EducationForm(GovukForm):
    """Where the child is taught, asked where the link is for a clinic."""

    education = RadiosField(
        label="Is your child home-schooled?",
        choices=[
            (HOME, "Yes"),
            (SCHOOL, "No, they go to a school"),
            (NONE, "No, they are not in education"),
        ],
        error_messages={"required": "Select whether your child is home-schooled"},
        govuk=AS_HEADING,
    )


class SchoolSelect(SelectField):
    """A list of some hundred schools, in plain HTML: the design system's macro is slow there."""

    template_name = "consent/online/_school_select.html"


class SchoolForm(GovukForm):
    """Which school: one of those the organisation looks after, or none."""

    school = SchoolSelect(
        label="What school does your child go to?",
        help_text="Select the school from the list. “Home-schooled” is at its end.",
        error_messages={
            "required": "Select your child’s school",
            "invalid_choice": "Select your child’s school from the list",
        },
        govuk=AS_HEADING,
    )

    def __init__(self, *args, schools: Sequence[Location], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = [(school.urn, _with_address(school)) for school in schools]
        self.fields["school"].choices = [("", ""), *known, (HOME, "Home-schooled")]


def _with_address(school: Location) -> str:
    return f"{school.name} ({school.address})" if school.address else school.name


class AboutYouForm(GovukForm):
    """Who the parent is and how to reach them."""

    full_name = Name(
        label="Your name",
        error_messages={"required": "Enter your name"},
        govuk={"spellcheck": False, "autocomplete": "name"},
    )
    relationship = RadiosField(
        label="What is your relationship to the child?",
        choices=[(kind.value, kind.label) for kind in Kind if kind != Kind.UNKNOWN],
        reveals={Kind.OTHER.value: ["other_name", "has_responsibility"]},
        error_messages={"required": "Select your relationship to the child"},
    )
    other_name = Line(
        label="Relationship to the child",
        help_text="For example, carer",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter your relationship to the child"},
    )
    has_responsibility = RadiosField(
        label="Do you have parental responsibility?",
        help_text="This means you have the legal rights and duties relating to the child",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether you have parental responsibility"},
    )
    email = Parsed(
        label="Email address",
        help_text="We will send a confirmation to this address",
        max_length=formats.EMAIL_LENGTH,
        parse=formats.parse_email,
        error_messages={"required": "Enter your email address"},
        govuk={
            "type": "email",
            "spellcheck": False,
            "autocapitalize": "none",
            "autocomplete": "email",
        },
    )
    phone = Parsed(
        label="Phone number (optional)",
        required=False,
        parse=str,
        govuk={"type": "tel", "classes": "govuk-input--width-20", "autocomplete": "tel"},
    )
    wants_text_updates = CheckboxField(label="Tick this box to get updates by text", required=False)

    def __init__(self, *args, allows_drama: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].parse = lambda text: formats.parse_phone(
            text, allows_drama=allows_drama
        )

    def get_initial_for_field(self, field, field_name):
        """A phone number that is stored comes back as people write it."""
        value = super().get_initial_for_field(field, field_name)
        return phone_as_written(value) if field_name == "phone" and value else value

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("wants_text_updates") and cleaned.get("phone") == "":
            self.add_error("phone", "Enter your phone number to get updates by text")
        return cleaned

    @property
    def lacks_responsibility(self) -> bool:
        """Whether the person, once the form is valid, may not decide for the child."""
        return self.cleaned_data["has_responsibility"] == "no"


class ContactMethodForm(GovukForm):
    """What somebody needs who is rung up."""

    contact_method = RadiosField(
        label="Phone contact method",
        help_text="Tell us what we need to know when we contact you by phone",
        dividers={ContactMethod.ANY.value: "or"},
        choices=[
            (ContactMethod.TEXT.value, "I can only receive text messages"),
            (ContactMethod.VOICE.value, "I can only receive voice calls"),
            (ContactMethod.OTHER.value, "Other"),
            (ContactMethod.ANY.value, "I do not have specific needs"),
        ],
        reveals={ContactMethod.OTHER.value: ["details"]},
        error_messages={"required": "Select what we need to know when we phone you"},
        govuk=AS_HEADING,
    )
    details = Line(
        label="Give details",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter details of how we can contact you"},
    )


class AddressForm(GovukForm):
    """Where the child lives."""

    address_line_1 = Line(
        label="Address line 1",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter the first line of your address"},
        govuk={"autocomplete": "address-line1"},
    )
    address_line_2 = Line(
        label="Address line 2 (optional)",
        max_length=formats.TEXT_LENGTH,
        required=False,
        govuk={"autocomplete": "address-line2"},
    )
    town = Line(
        label="Town or city",
        max_length=formats.TEXT_LENGTH,
        error_messages={"required": "Enter your town or city"},
        govuk={"autocomplete": "address-level2", "classes": "govuk-!-width-two-thirds"},
    )
    postcode = Parsed(
        label="Postcode",
        parse=formats.parse_postcode,
        error_messages={"required": "Enter your postcode"},
        govuk={"autocomplete": "postal-code", "classes": "govuk-input--width-10"},
    )
