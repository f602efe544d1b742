"""The pages of "Get consent response" about the answer itself. Source: consent §6."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from consent.choices import STAFF_ROUTES, Decision, Reason
from consent.decisions import OPTIONS
from consent.forms.contacts import YES_OR_NO
from consent.forms.triage import TriageForm
from consent.questions import DETAILS_LENGTH, Asked, Question
from consent.services.triage import Verdict
from govuk.fields import AS_HEADING, CharField, RadiosField, TextareaField
from govuk.forms import GovukForm
from programmes.models import Programme

NOT_FOR_BOTH = "Select no response for both vaccinations, or for neither"


class RouteForm(GovukForm):
    """How the answer came."""

    route = RadiosField(
        label="How was the response given?",
        choices=[(route.value, route.label) for route in STAFF_ROUTES],
        error_messages={"required": "Select how the response was given"},
        govuk=AS_HEADING,
    )


class DecisionForm(GovukForm):
    """What the answer is, for each programme; some ways to agree ask a further question.

    `responder` is the name of a parent; empty where the child answers.
    """

    def __init__(
        self, *args, responder: str, child: str, programmes: Sequence[Programme], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.programmes = programmes
        for programme in programmes:
            self._ask(programme, responder, child)

    def field(self, programme: str, name: str = "decision") -> str:
        """What the question about a programme is called in the form."""
        return name if len(self.programmes) == 1 else f"{programme}_{name}"

    def _ask(self, programme: Programme, responder: str, child: str) -> None:
        options = OPTIONS[programme.key]
        vaccination = programme.vaccination
        own = f"Does {child} agree to having the {vaccination}?"
        label = f"Does {responder} agree to {child} having the {vaccination}?" if responder else own
        choices = [
            *((choice.key, choice.staff_label) for choice in options.choices),
            (Decision.REFUSED.value, "No, they do not agree"),
        ]
        if responder:
            choices.append((Decision.NOT_PROVIDED.value, "No response"))
        is_only = len(self.programmes) == 1
        names = {key: self.field(programme.key, one.key) for key, one in options.narrowings.items()}
        self.fields[self.field(programme.key)] = RadiosField(
            label=label,
            choices=choices,
            dividers={Decision.NOT_PROVIDED.value: "or"},
            reveals={key: [name] for key, name in names.items()},
            error_messages={
                "required": "Select whether they agree"
                if is_only
                else f"Select whether they agree to the {vaccination}"
            },
            govuk=AS_HEADING if is_only else None,
        )
        for key, further in options.narrowings.items():
            self.fields[names[key]] = RadiosField(
                label=further.staff_text,
                choices=[(choice.key, choice.staff_label) for choice in further.choices],
                error_messages={"required": f"Select an answer: {further.staff_text}"},
            )

    def clean(self) -> dict:
        cleaned = super().clean()
        given = [cleaned.get(self.field(programme.key)) for programme in self.programmes]
        if Decision.NOT_PROVIDED in given and len(set(given)) > 1 and None not in given:
            self.add_error(self.field(self.programmes[0].key), NOT_FOR_BOTH)
        return cleaned


class TellParentsForm(GovukForm):
    """Whether the child who consents wants their parents told."""

    tell = RadiosField(
        label="Does the child want their parents told about the vaccination?",
        choices=YES_OR_NO,
        error_messages={"required": "Select whether the child wants their parents told"},
        govuk=AS_HEADING,
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
    """Triage as a page of recording a response: the draft says which decision it is."""

    def __init__(self, *args, about: str, earlier_doses: str = "", **kwargs) -> None:
        super().__init__(*args, initial={}, **kwargs)
        del self.fields["token"]
        if earlier_doses:
            self[
                "outcome"
            ].help_text = f"Not fully vaccinated. Earlier vaccinations on record: {earlier_doses}"
        if about:
            self["outcome"].label = f"{self['outcome'].label} ({about})"

    def kept(self) -> dict[str, str]:
        """What was typed, as a draft can hold it: valid answers, sent again."""
        names = ("outcome", "notes", *(f"delay_until-{part}" for part in ("day", "month", "year")))
        return {name: self.data.get(name, "") for name in names}

    def verdict(self) -> Verdict:
        """The decision, once the form is valid."""
        cleaned = self.cleaned_data
        return Verdict(self.chosen, cleaned["delay_until"], cleaned["notes"])
