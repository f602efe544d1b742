"""Deciding on whether it is safe to vaccinate. Source: consent §10."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from consent.clinical_models import NOTES_LENGTH
from consent.triage_options import Option
from govuk.fields import CharField, GovukDateField, RadiosField, TextareaField
from govuk.forms import GovukForm

STALE = "The page was not sent as a whole. Check it and save the outcome again."


class TriageForm(GovukForm):
    """The outcome, the day of a delay, and notes. The token tells a double click from a change."""

    token = CharField(widget=HiddenInput, error_messages={"required": STALE})
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
        offered: Sequence[Option],
        first_name: str,
        today: date,
        last_day: date,
        next_dose_from: date | None = None,
        **kwargs,
    ) -> None:
        kwargs.setdefault("initial", {"token": uuid4()})
        super().__init__(*args, **kwargs)
        self.offered = {option.key: option for option in offered}
        self.fields["outcome"].choices = [(option.key, option.label) for option in offered]
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

    @property
    def chosen(self) -> Option:
        """What was chosen, once the form is valid."""
        return self.offered[self.cleaned_data["outcome"]]
