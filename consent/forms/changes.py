"""Withdrawing consent, marking a response as invalid, following it up. Source: consent §7."""

from collections.abc import Sequence

from consent import reasons
from consent.choices import YES_OR_NO, Reason
from consent.questions import DETAILS_LENGTH
from govuk.fields import CheckboxField, RadiosField, TextareaField
from govuk.forms import GovukForm

TOO_LONG = f"Details must be {DETAILS_LENGTH} characters or less"


class WithdrawForm(GovukForm):
    """Why consent is withdrawn. The parent gets a message, unless staff say no."""

    reason = RadiosField(
        label="Why are they withdrawing consent?",
        dividers={Reason.OTHER.value: "or"},
        error_messages={"required": "Select why they are withdrawing consent"},
    )
    silent = CheckboxField(label="Do not send them a message to confirm this", required=False)

    def __init__(
        self, *args, offered: Sequence[Reason], programme: str, is_told: bool, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        field.choices = [(reason.value, reason.label) for reason in offered]
        rules = {reason: reasons.rule_of(reason, programme=programme) for reason in offered}
        field.reveals = {
            reason.value: [self._notes(reason)]
            for reason, rule in rules.items()
            if rule.needs_details
        }
        for reason, rule in rules.items():
            if rule.needs_details:
                self.fields[self._notes(reason)] = TextareaField(
                    label=rule.staff_text,
                    max_length=DETAILS_LENGTH,
                    error_messages={"required": "Enter details", "max_length": TOO_LONG},
                    govuk={"rows": 3},
                )
        if not is_told:
            del self.fields["silent"]

    @staticmethod
    def _notes(reason: str) -> str:
        return f"{Reason(reason).value}_notes"

    @property
    def notes(self) -> str:
        """The details, once the form is valid; empty where the reason needs none."""
        return self.cleaned_data.get(self._notes(self.cleaned_data["reason"]), "")


class InvalidateForm(GovukForm):
    """Why a response must not count."""

    notes = TextareaField(
        label="Why is this response invalid?",
        help_text="For example, the person does not have parental responsibility",
        max_length=DETAILS_LENGTH,
        error_messages={"required": "Enter why this response is invalid", "max_length": TOO_LONG},
    )


class UndoMatchForm(GovukForm):
    """Why a response is not about the child it was matched with."""

    reason = TextareaField(
        label="How do you know that this response is about another child?",
        help_text="For example, the parent phoned to say that they answered for a cousin. Other "
        "people in your organisation can read this.",
        max_length=DETAILS_LENGTH,
        error_messages={
            "required": "Enter how you know that this response is about another child",
            "max_length": TOO_LONG,
        },
    )


class FollowUpForm(GovukForm):
    """Whether a refusal stands after it was talked about."""

    stands = RadiosField(
        label="Does their decision to refuse consent stand?",
        choices=YES_OR_NO,
        choice_hints={"no": "You record their new response next"},
        reveals={"yes": ["notes"]},
        error_messages={"required": "Select whether their decision to refuse consent stands"},
    )
    notes = TextareaField(
        label="Notes on the conversation",
        max_length=DETAILS_LENGTH,
        error_messages={"required": "Enter notes on the conversation", "max_length": TOO_LONG},
        govuk={"rows": 3},
    )
