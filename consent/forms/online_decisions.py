"""The parents' pages about the decision and the child's health. Source: consent §2.3 to §2.5."""

from collections.abc import Sequence

from consent import reasons
from consent.choices import YES_OR_NO, Decision, Reason
from consent.decisions import ONE, OPTIONS, TOGETHER_CHOICES, Choice, Narrowing
from consent.forms.typed import Lines
from consent.questions import DETAILS_LENGTH, Question
from govuk.fields import AS_HEADING, RadiosField
from govuk.forms import GovukForm
from programmes.models import Programme
from sessions_app.rules import vaccination_named

REFUSED = Decision.REFUSED.value
REASON_LABELS = {
    Reason.GELATINE: "The vaccine contains gelatine from pigs",
    Reason.ALREADY_VACCINATED: "My child has already had the vaccine",
    Reason.ELSEWHERE: "My child will have the vaccine somewhere else",
    Reason.MEDICAL: "Medical reasons",
    Reason.NOT_AT_SCHOOL: "I do not want my child to be vaccinated at school",
    Reason.PERSONAL: "Personal choice",
    Reason.OTHER: "Other",
}


def hints(choices: Sequence[Choice]) -> dict[str, str]:
    """What stands below each answer, by its key."""
    return {choice.key: choice.hint for choice in choices if choice.hint}


class DecisionForm(GovukForm):
    """Whether the parent agrees to the vaccination of one programme."""

    decision = RadiosField(
        error_messages={"required": "Select whether you agree"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, programme: Programme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        vaccination = vaccination_named([programme.name_in_sentence])
        self["decision"].label = f"Do you agree to your child having the {vaccination}?"
        offered = OPTIONS[programme.key].choices
        field = self.fields["decision"]
        field.choices = [
            *((choice.key, choice.parent_label) for choice in offered),
            (REFUSED, "No"),
        ]
        field.choice_hints = hints(offered)


class DoublesForm(GovukForm):
    """Whether the parent agrees to two vaccinations that are given together, or to one."""

    decision = RadiosField(
        error_messages={"required": "Select whether you agree"},
        reveals={ONE: ["chosen"]},
        govuk=AS_HEADING,
    )
    chosen = RadiosField(
        label="Which vaccination do you agree to?",
        error_messages={"required": "Select which vaccination you agree to"},
    )

    def __init__(self, *args, programmes: Sequence[Programme], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        both = vaccination_named([programme.name for programme in programmes])
        self["decision"].label = f"Do you agree to your child having the {both}?"
        self.fields["decision"].choices = [
            *((choice.key, choice.parent_label) for choice in TOGETHER_CHOICES),
            (REFUSED, "No"),
        ]
        self.fields["chosen"].choices = [
            (programme.key, programme.name) for programme in programmes
        ]


class NarrowingForm(GovukForm):
    """What exactly is agreed to, where there is a choice."""

    answer = RadiosField(govuk=AS_HEADING)

    def __init__(self, *args, narrowing: Narrowing, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        self["answer"].label = narrowing.parent_text
        field.error_messages["required"] = narrowing.parent_error
        field.choices = [(choice.key, choice.parent_label) for choice in narrowing.choices]
        field.choice_hints = hints(narrowing.choices)


class ReasonForm(GovukForm):
    """Why consent is refused; `refused` names the vaccinations."""

    reason = RadiosField(
        dividers={Reason.OTHER.value: "or"},
        error_messages={"required": "Select why you are refusing to give consent"},
        govuk=AS_HEADING,
    )

    def __init__(self, *args, refused: str, offered: Sequence[Reason], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self["reason"].label = f"Why are you refusing to give consent for the {refused}?"
        self.fields["reason"].choices = [
            (reason.value, REASON_LABELS[reason]) for reason in offered
        ]


class ReasonDetailsForm(GovukForm):
    """What a reason needs to be understood."""

    details = Lines(
        max_length=DETAILS_LENGTH,
        error_messages={
            "required": "Enter details",
            "max_length": f"Details must be {DETAILS_LENGTH} characters or less",
        },
        govuk=AS_HEADING,
    )

    def __init__(self, *args, rule: reasons.ReasonRule, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self["details"].label = rule.parent_text


class FollowUpForm(GovukForm):
    """Whether somebody may get in touch about a refusal."""

    follow_up = RadiosField(
        label="Would you like to talk to a member of our team about your options?",
        choices=[("yes", "Yes, I would like someone to contact me"), ("no", "No")],
        error_messages={"required": "Select whether you would like someone to contact you"},
        govuk=AS_HEADING,
    )


class HealthForm(GovukForm):
    """One question about the child's health; a yes needs details, or leads to further questions."""

    answer = RadiosField(choices=YES_OR_NO, govuk=AS_HEADING)

    def __init__(self, *args, question: Question, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self["answer"].label = question.text
        field = self.fields["answer"]
        field.help_text = question.hint
        self["answer"].help_text = question.hint
        field.error_messages["required"] = "Select yes or no"
        if not question.needs_details:
            return
        field.reveals = {"yes": ["details"]}
        self.fields["details"] = Lines(
            label=question.details_prompt,
            max_length=DETAILS_LENGTH,
            error_messages={
                "required": "Enter details",
                "max_length": f"Details must be {DETAILS_LENGTH} characters or less",
            },
            govuk={"rows": 3},
        )
