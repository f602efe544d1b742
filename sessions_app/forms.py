"""Forms of the sessions area."""

from collections.abc import Collection, Mapping
from datetime import date

from django import forms

from calendars.rules import first_day_of, last_day_of
from govuk.fields import (
    AS_HEADING,
    CharField,
    CheckboxField,
    FilterRadiosField,
    GovukDateField,
    IntegerField,
    SelectField,
)
from govuk.filters import govuk_date
from govuk.forms import GovukForm
from govuk.formsets import RepeatingFormSet, repeating
from sessions_app.choices import Exclusion
from sessions_app.invitations import State
from sessions_app.schedule_rules import Day

# More than the school days of a year, and few enough fields for one request.
MOST_DATES = 200


class SessionDateForm(GovukForm):
    """One date; `id` names the saved date that it amends."""

    id = IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, number: int, academic_year: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["value"] = field = GovukDateField(
            label=f"Session date {number}",
            min_date=first_day_of(academic_year),
            max_date=last_day_of(academic_year),
            error_messages={"required": "Enter a date"},
        )
        field.name_in_messages(field.label)


class DatesFormSet(RepeatingFormSet):
    """All dates of a session that may be changed. A blank one is asked for, or deleted.

    `fixed` are the dates that children attended: they stay, and no other may equal one.
    `saved` are the ids of the dates that may be amended.
    """

    def __init__(
        self,
        *args,
        academic_year: int,
        saved: Collection[int],
        fixed: Mapping[int, date],
        **kwargs,
    ):
        self.academic_year = academic_year
        self.saved = frozenset(saved)
        self.fixed = dict(fixed)
        super().__init__(*args, **kwargs)

    def get_form_kwargs(self, index):
        number = len(self.fixed) + index + 1
        return super().get_form_kwargs(index) | {
            "number": number,
            "academic_year": self.academic_year,
        }

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        form.empty_permitted = False
        return form

    @property
    def can_remove(self) -> bool:
        return bool(self.saved) or len(self.forms) > 1

    def clean(self):
        taken = set(self.fixed.values())
        for form in self.forms:
            value = form.cleaned_data.get("value")
            if value in taken:
                form.add_error("value", f"{govuk_date(value)} is in the list already")
            elif value:
                taken.add(value)

    @property
    def days(self) -> tuple[Day, ...]:
        """All dates of the session, the fixed ones too. Only of a valid set."""
        left = set(self.saved)
        days = [Day(key, value) for key, value in self.fixed.items()]
        for row in self.rows:
            key = row["id"] if row["id"] in left else None
            left.discard(key)
            days.append(Day(key, row["value"]))
        return tuple(sorted(days, key=lambda day: day.value))


SessionDates = repeating(SessionDateForm, minimum=0, maximum=MOST_DATES, base=DatesFormSet)


class NoticeForm(GovukForm):
    """The day that parents are first written to, between two bounds."""

    def __init__(self, *args, question: str, about: str, bounds: tuple[date, date], **kwargs):
        super().__init__(*args, **kwargs)
        first, last = bounds
        self.fields["on"] = field = GovukDateField(
            label=question,
            help_text=f"Between {govuk_date(first)} and {govuk_date(last)}",
            min_date=first,
            max_date=last,
            govuk=AS_HEADING,
        )
        field.name_in_messages(about)


class RemindersForm(GovukForm):
    """How many weeks before each session parents are reminded."""

    weeks = IntegerField(
        label="When should parents get a reminder to give consent?",
        help_text="How many weeks before each session",
        min_value=1,
        error_messages={
            "required": "Enter how many weeks before each session parents get a reminder",
            "invalid": "Weeks must be a whole number, like 1",
            "min_value": "Weeks must be 1 or more",
        },
        govuk=AS_HEADING | {"suffix": {"text": "weeks"}, "classes": "govuk-input--width-2"},
    )

    def __init__(self, *args, most: int, requests_on: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.most, self.requests_on = most, requests_on

    def clean_weeks(self) -> int:
        weeks = self.cleaned_data["weeks"]
        if weeks > self.most:
            asked = govuk_date(self.requests_on)
            raise forms.ValidationError(
                f"Weeks must be {self.most} or fewer, because parents are asked for consent "
                f"on {asked}"
                if self.most
                else f"Parents are asked for consent on {asked}, less than a week before the "
                "session. Choose an earlier date for that first"
            )
        return weeks


class ConfirmScheduleForm(GovukForm):
    """Confirming; where families may have booked a day that goes, also knowing that."""

    accepts = CheckboxField(
        required=False,
        label="We will tell families who have booked a date that is no longer offered",
        error_messages={
            "required": "Confirm that you will tell families who have booked",
        },
    )

    def __init__(self, *args, is_needed: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if is_needed:
            self.fields["accepts"].required = True
        else:
            del self.fields["accepts"]


class SessionChildrenFilter(GovukForm):
    """Filters of the children in a session; those about invitations only for a clinic.

    An address with a value that is none of the choices filters by nothing.
    """

    name = CharField(label="Name", required=False, max_length=300)
    state = FilterRadiosField(label="Invitation", choices=State.choices)
    reason = SelectField(
        label="Not invited because",
        required=False,
        choices=[("", "Any reason"), *Exclusion.choices],
        govuk={"classes": "govuk-!-width-full"},
    )

    def __init__(self, *args, is_clinic: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not is_clinic:
            del self.fields["state"], self.fields["reason"]

    @property
    def chosen(self) -> dict[str, str]:
        """What to filter by, by name; blank for what was not chosen."""
        if not self.is_bound:
            return {}
        self.full_clean()
        return self.cleaned_data
