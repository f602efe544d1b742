"""The pages of "Get consent response" about the answer itself. Source: consent §6."""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from calendars.rules import academic_year_of, first_day_of
from consent.choices import STAFF_ROUTES, YES_OR_NO, Decision, Reason, Route
from consent.decisions import ONE, OPTIONS, TOGETHER_CHOICES, Options
from consent.forms.triage import TriageForm
from consent.questions import DETAILS_LENGTH, Asked, Question
from consent.services.triage import OUTDATED
from govuk.fields import AS_HEADING, CharField, GovukDateField, RadiosField, TextareaField
from govuk.forms import GovukForm
from programmes.models import Programme
from sessions_app.rules import vaccination_named
from sessions_app.schedule_rules import prepared_from


class RouteForm(GovukForm):
    """How the answer came; from a form on paper, also when it was given.

    A form may be dated from the day on which the session of its year was there to be asked about,
    1 August before; while that year is still to come, from the start of the one that ends.
    """

    route = RadiosField(
        label="How was the response given?",
        choices=[(route.value, route.label) for route in STAFF_ROUTES],
        reveals={Route.PAPER.value: ["signed_on"]},
        error_messages={"required": "Select how the response was given"},
        govuk=AS_HEADING,
    )
    signed_on = GovukDateField(
        label="Date on the form",
        help_text="If the form has no date, enter the day you received it",
        error_messages={
            "required": "Enter the date on the form",
            "max_date": "Date on the form must be today or in the past",
        },
    )

    def __init__(self, *args, today: date, academic_year: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        this_year = first_day_of(academic_year_of(today))
        self.fields["signed_on"].min_date = min(prepared_from(academic_year), this_year)
        self.fields["signed_on"].max_date = today

    def kept(self) -> dict[str, str]:
        """What was answered, as a draft can hold it: a valid answer, sent again."""
        route, day = self.cleaned_data["route"], self.cleaned_data["signed_on"]
        if day is None:
            return {"route": route}
        parts = {part: str(getattr(day, part)) for part in ("day", "month", "year")}
        return {"route": route, **{f"signed_on-{part}": text for part, text in parts.items()}}


class DecisionForm(GovukForm):
    """What the answer is; some ways to agree ask a further question.

    Two that are given together are agreed to both, or one of them, as on the parents' form.
    `responder` is the name of a parent; empty where the child answers.
    """

    decision = RadiosField(
        dividers={Decision.NOT_PROVIDED.value: "or"},
        error_messages={"required": "Select whether they agree"},
        govuk=AS_HEADING,
    )

    def __init__(
        self, *args, responder: str, child: str, programmes: Sequence[Programme], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        vaccination = vaccination_named([programme.name_in_sentence for programme in programmes])
        self["decision"].label = (
            f"Does {responder} agree to {child} having the {vaccination}?"
            if responder
            else f"Does {child} agree to having the {vaccination}?"
        )
        are_together = len(programmes) > 1
        agree = TOGETHER_CHOICES if are_together else OPTIONS[programmes[0].key].choices
        self.fields["decision"].choices = [
            *((choice.key, choice.staff_label) for choice in agree),
            (Decision.REFUSED.value, "No, they do not agree"),
            *([(Decision.NOT_PROVIDED.value, "No response")] if responder else []),
        ]
        if are_together:
            self._ask_which(programmes)
        else:
            self._ask_further(OPTIONS[programmes[0].key])

    def _ask_which(self, programmes: Sequence[Programme]) -> None:
        self.fields["decision"].reveals = {ONE: ["chosen"]}
        self.fields["chosen"] = RadiosField(
            label="Which vaccination do they agree to?",
            choices=[(programme.key, programme.name) for programme in programmes],
            error_messages={"required": "Select which vaccination they agree to"},
        )

    def _ask_further(self, options: Options) -> None:
        self.fields["decision"].reveals = {
            choice: [further.key] for choice, further in options.narrowings.items()
        }
        for further in options.narrowings.values():
            self.fields[further.key] = RadiosField(
                label=further.staff_text,
                choices=[(choice.key, choice.staff_label) for choice in further.choices],
                error_messages={"required": further.staff_error},
            )


class TellParentsForm(GovukForm):
    """Whether the child who consents wants their parents told."""

    tell = RadiosField(
        label="Does the child want their parents told about the vaccination?",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether the child wants their parents told"},
        govuk=AS_HEADING,
    )


class ReasonForm(GovukForm):
    """Why consent is refused; `refused` names the vaccinations."""

    reason = RadiosField(
        dividers={Reason.OTHER.value: "or"},
        error_messages={"required": "Select why they are refusing to give consent"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, refused: str, offered: Sequence[Reason], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self["reason"].label = f"Why are they refusing to give consent for the {refused}?"
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


class ConfirmRefusalForm(GovukForm):
    """Whether a refusal by choice is confirmed to the parent."""

    send = RadiosField(
        label="Do you want to send them a message to confirm the refusal?",
        help_text="By email, and by text message if they get updates that way",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether to confirm the refusal by message"},
        govuk=AS_HEADING,
    )


class HealthForm(GovukForm):
    """Health questions, all on one page: a yes reveals its details, or what it leads to."""

    def __init__(self, *args, questions: Sequence[Asked], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for asked in questions:
            self._ask(asked.question)

    def _ask(self, question: Question) -> None:
        details = f"{question.key}_details"
        leads_to = [follow_up.key for follow_up in question.follow_ups]
        self.fields[question.key] = RadiosField(
            label=question.text,
            help_text=question.hint,
            choices=YES_OR_NO,
            reveals={"yes": leads_to or [details]},
            error_messages={"required": f"Select yes or no: {question.text}"},
        )
        for follow_up in question.follow_ups:
            self._ask(follow_up)
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


class ConfirmForm(GovukForm):
    """What the check page sends back: when the answers that it shows were last changed."""

    seen = CharField(widget=HiddenInput)

    def clean_seen(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            raise ValidationError("This page was not sent as a whole") from None


class StepTriageForm(TriageForm):
    """Triage as a page of recording a response: the draft says which decision it is. `basis` holds
    that response, too.
    """

    def __init__(self, *args, about: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["token"]
        if about:
            self["outcome"].label = f"{self['outcome'].label} ({about})"

    def kept(self) -> dict[str, str]:
        """What was typed, as a draft can hold it: valid answers, sent again."""
        names = (
            "basis",
            "outcome",
            "notes",
            *(f"delay_until-{part}" for part in ("day", "month", "year")),
        )
        return {name: self.data.get(name, "") for name in names}

    def clean(self) -> dict:
        """What was decided holds for what was shown only. Source: consent §10."""
        cleaned = super().clean()
        if cleaned.get("basis") != self.basis:
            self.ask_again(OUTDATED)
        return cleaned
