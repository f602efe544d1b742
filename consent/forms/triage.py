"""Deciding on whether it is safe to vaccinate. Source: consent §10."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from consent.clinical_models import NOTES_LENGTH
from consent.services.triage import Verdict
from consent.triage_options import Option
from govuk.fields import CharField, GovukDateField, RadiosField, TextareaField
from govuk.forms import GovukForm

STALE = "The page was not sent as a whole. Check it and save the outcome again."


class TriageForm(GovukForm):
    """The outcome, the day of a delay, and notes. The token tells a double click from a change;
    `basis` what was shown: see `consent.selectors.triage.basis`.
    """

    token = CharField(widget=HiddenInput, error_messages={"required": STALE})
    basis = CharField(widget=HiddenInput, required=False)
    outcome = RadiosField(
        dividers={"do_not_vaccinate": "or"},
        reveals={"delay": ["delay_until"]},
        error_messages={"required": "Select whether it is safe to vaccinate"},
    )
    delay_until = GovukDateField(
        label="Earliest date of the vaccination",
        error_messages={"required": "Enter the earliest date of the vaccination"},
    )
    notes = TextareaField(
        label="Notes (optional)",
        required=False,
        max_length=NOTES_LENGTH,
        error_messages={"max_length": f"Notes must be {NOTES_LENGTH} characters or less"},
    )

    def __init__(
        self,
        *args,
        basis: str,
        offered: Sequence[Option],
        first_name: str,
        today: date,
        last_day: date,
        next_dose_from: date | None = None,
        **kwargs,
    ) -> None:
        super().__init__(*args, initial={"token": uuid4(), "basis": basis}, **kwargs)
        self.basis = basis
        self.offered = {option.key: option for option in offered}
        self.fields["outcome"].choices = [(option.key, option.label) for option in offered]
        if offered[0].key in self.fields["outcome"].dividers:
            self.fields["outcome"].dividers = {}
        self["outcome"].label = f"Is it safe to vaccinate {first_name}?"
        tomorrow = today + timedelta(days=1)
        self.fields["delay_until"].min_date = min(
            last_day, max(tomorrow, next_dose_from or tomorrow)
        )
        self.fields["delay_until"].max_date = last_day

    def clean_token(self) -> UUID:
        try:
            return UUID(self.cleaned_data["token"])
        except ValueError:
            raise ValidationError(STALE) from None

    def ask_again(self, sentence: str) -> None:
        """Say in a sentence why nothing was saved. What was typed stays, beside what is so now."""
        data = self.data.copy()
        data["basis"] = self.basis
        if self.errors.pop("token", None):
            data["token"] = str(self.initial["token"])
        self.data = data
        self.add_error(None, sentence)

    def verdict(self, *, basis: str) -> Verdict:
        """The decision, once the form is valid; made on `basis`."""
        cleaned = self.cleaned_data
        return Verdict(self.chosen, basis, cleaned["delay_until"], cleaned["notes"])

    @property
    def chosen(self) -> Option:
        """What was chosen, once the form is valid."""
        return self.offered[self.cleaned_data["outcome"]]
