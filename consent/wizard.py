"""The way through "Get consent response": its pages, and what the answers amount to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from consent import questions, rules
from consent.forms.responses import (
    NEW_CONTACT,
    ContactForm,
    DecisionForm,
    HealthForm,
    NotesForm,
    ReasonForm,
    RouteForm,
    WhoForm,
)
from consent.models import ConsentResponse, ResponseDraft
from consent.questions import QuestionSet
from consent.selectors.contacts import KnownContact, known_contacts
from consent.services.contacts import NewContact
from consent.services.responses import Answer
from govuk.forms import GovukForm
from govuk.wizard import Answers, Step, Walk

Decision = ConsentResponse.Decision


def _is_new_contact(answers: Answers) -> bool:
    return answers.get("who", {}).get("contact") == NEW_CONTACT


def _decision(answers: Answers) -> str:
    return answers.get("decision", {}).get("decision", "")


def _is_refused(answers: Answers) -> bool:
    return _decision(answers) == Decision.REFUSED


def _needs_notes(answers: Answers) -> bool:
    return answers.get("reason", {}).get("reason") in rules.DETAILS_ASKED


def _is_given(answers: Answers) -> bool:
    return _decision(answers) == Decision.GIVEN


WALK = Walk(
    [
        Step("who"),
        Step("contact", _is_new_contact),
        Step("route"),
        Step("decision"),
        Step("reason", _is_refused),
        Step("notes", _needs_notes),
        Step("health", _is_given),
    ]
)

TITLES = {
    "contact": "Details for parent or guardian",
    "health": "Health questions",
}


@dataclass(frozen=True)
class Journey:
    """A draft together with what its pages need."""

    draft: ResponseDraft

    @cached_property
    def contacts(self) -> list[KnownContact]:
        return known_contacts(self.draft.child)

    @cached_property
    def question_set(self) -> QuestionSet:
        """The questions asked today; a draft is only begun where there are some."""
        found = questions.current_set(self.draft.programme_id)
        assert found is not None
        return found

    @property
    def answers(self) -> Answers:
        return self.draft.answers

    def form(self, step: str, data: Mapping | None = None) -> GovukForm:
        """The form of a page: with `data` as sent, else with what was answered before."""
        bound = {"data": data, "initial": self.answers.get(step)}
        match step:
            case "who":
                hidden = self.draft.child.is_restricted
                return WhoForm(contacts=self.contacts, are_hidden=hidden, **bound)
            case "contact":
                return ContactForm(allows_drama=settings.IS_LOCAL, **bound)
            case "route":
                return RouteForm(**bound)
            case "decision":
                return DecisionForm(vaccination=self.draft.programme.vaccination, **bound)
            case "reason":
                return ReasonForm(**bound)
            case "notes":
                return NotesForm(reason=self.answers["reason"]["reason"], **bound)
            case "health":
                return HealthForm(question_set=self.question_set, **bound)
        raise LookupError(step)

    def title(self, step: str) -> str:
        """The heading of a page: its question, or what several questions are about."""
        if step in TITLES:
            return TITLES[step]
        [question] = self.form(step).visible_fields()
        return str(question.label)

    def answer(self, step: str, cleaned: Mapping) -> None:
        """Keep the answers of a page, and drop those to pages that are no longer asked.

        Notes belong to their reason: another reason asks for them anew.
        """
        answers = {**self.answers, step: dict(cleaned)}
        if step == "reason" and self.answers.get("reason") != dict(cleaned):
            answers.pop("notes", None)
        self.draft.answers = WALK.tidied(answers)
        self.draft.save(update_fields=["answers", "updated_at"])

    def first_faulty(self) -> str | None:
        """The first page whose answer is missing or no longer good; None: all can be kept."""
        for step in WALK.path(self.answers):
            if step not in self.answers or not self.form(step, self.answers[step]).is_valid():
                return step
        return None

    def contact(self) -> int | NewContact:
        """Who answered: the id of a known contact, or a new one."""
        if not _is_new_contact(self.answers):
            return int(self.answers["who"]["contact"])
        form = self.form("contact", self.answers["contact"])
        assert form.is_valid()
        return form.contact()

    def response(self) -> Answer:
        """What was answered."""
        health = []
        if _is_given(self.answers):
            form = self.form("health", self.answers["health"])
            assert form.is_valid()
            health = questions.stored_answers(self.question_set, form.answers())
        return Answer(
            route=self.answers["route"]["route"],
            decision=_decision(self.answers),
            reason=self.answers.get("reason", {}).get("reason", ""),
            notes=self.answers.get("notes", {}).get("notes", ""),
            health_answers=health,
        )
