"""The way through "Get consent response": its pages, and what the answers amount to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from consent import questions, reasons
from consent.choices import Decision, Reason
from consent.decisions import Agreement, agreement_to, decision_of, narrowing_of
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
from consent.models import ResponseDraft
from consent.questions import Asked
from consent.selectors.contacts import KnownContact, known_contacts
from consent.services.contacts import NewContact
from consent.services.responses import Answer
from govuk.forms import GovukForm
from govuk.wizard import Answers, Step, Walk
from programmes.selectors import contains_gelatine


def _is_new_contact(answers: Answers) -> bool:
    return answers.get("who", {}).get("contact") == NEW_CONTACT


def _decision(answers: Answers) -> str:
    choice = answers.get("decision", {}).get("decision")
    return decision_of(choice) if choice else ""


def _is_refused(answers: Answers) -> bool:
    return _decision(answers) == Decision.REFUSED


def _needs_notes(answers: Answers) -> bool:
    reason = answers.get("reason", {}).get("reason")
    return reason is not None and reasons.rule_of(reason).needs_details


def _is_given(answers: Answers) -> bool:
    return _decision(answers) == Decision.GIVEN


_LEADING = {
    question.key
    for question_set in questions.QUESTION_SETS
    for question in question_set.questions
    if question.follow_ups
}


def _leads_to_follow_ups(answers: Answers) -> bool:
    return any(answers.get("health", {}).get(key) == "yes" for key in _LEADING)


WALK = Walk(
    [
        Step("who"),
        Step("contact", _is_new_contact),
        Step("route"),
        Step("decision"),
        Step("reason", _is_refused),
        Step("notes", _needs_notes),
        Step("health", _is_given),
        Step("follow-ups", _leads_to_follow_ups),
    ]
)

TITLES = {
    "contact": "Details for parent or guardian",
    "health": "Health questions",
    "follow-ups": "More health questions",
}


@dataclass(frozen=True)
class Journey:
    """A draft together with what its pages need."""

    draft: ResponseDraft

    @cached_property
    def contacts(self) -> list[KnownContact]:
        return known_contacts(self.draft.child)

    @property
    def agreement(self) -> Agreement:
        """What consent is given to; only asked once it is."""
        answers = self.answers["decision"]
        programme, choice = self.draft.programme_id, answers["decision"]
        narrowing = narrowing_of(programme, choice)
        agreement = agreement_to(programme, choice, answers[narrowing.key] if narrowing else "")
        assert agreement is not None
        return agreement

    @property
    def reasons(self) -> list[Reason]:
        """The reasons for refusing that this programme and session offer."""
        return reasons.offered(
            contains_gelatine=contains_gelatine(self.draft.programme_id),
            is_at_school=not self.draft.session.is_clinic,
        )

    @property
    def health_questions(self) -> list[Asked]:
        """The main questions that the consent given leads to."""
        return questions.questionnaire({self.draft.programme_id: self.agreement})

    @property
    def follow_ups(self) -> list[Asked]:
        """The questions that a yes to a main one leads to."""
        chosen = {key: {"yes": typed == "yes"} for key, typed in self.answers["health"].items()}
        asked = questions.with_follow_ups(self.health_questions, chosen)
        return [one for one in asked if one.follows]

    def health_answers(self) -> questions.Answers:
        """All answers to health questions by key, once every page is valid."""
        answers: dict[str, Mapping] = {}
        for step in ("health", "follow-ups"):
            if step in self.answers:
                form = self.form(step, self.answers[step])
                assert isinstance(form, HealthForm) and form.is_valid()
                answers |= form.answers()
        return answers

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
                return DecisionForm(
                    parent=self.parent_name(),
                    child=self.draft.child.full_name,
                    programme=self.draft.programme,
                    **bound,
                )
            case "reason":
                return ReasonForm(offered=self.reasons, **bound)
            case "notes":
                reason = self.answers["reason"]["reason"]
                rule = reasons.rule_of(reason, programme=self.draft.programme_id)
                return NotesForm(question=rule.staff_text, **bound)
            case "health":
                return HealthForm(questions=self.health_questions, **bound)
            case "follow-ups":
                return HealthForm(questions=self.follow_ups, **bound)
        raise LookupError(step)

    def title(self, step: str) -> str:
        """The title of a page: its question, or what several questions are about.

        The question whether a parent agrees names people, which a title must not show.
        """
        if step in TITLES:
            return TITLES[step]
        if step == "decision":
            return f"Agree or refuse: {self.draft.programme.vaccination}"
        [question] = self.form(step).questions()
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

    def parent_name(self) -> str:
        """Who is answering, within a sentence."""
        if _is_new_contact(self.answers):
            return self.answers["contact"]["full_name"]
        answered = self.answers["who"]["contact"]
        known = (found.parent for found in self.contacts if str(found.parent.pk) == answered)
        parent = next(known, None)
        return parent.full_name if parent and parent.full_name else "the parent or guardian"

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
        agreement, health = None, []
        if _is_given(self.answers):
            agreement = self.agreement
            health = questions.stored_answers(
                self.draft.programme_id,
                agreement,
                self.health_answers(),
                triages_other_conditions=self.draft.session.organisation.triages_other_conditions,
            )
        return Answer(
            route=self.answers["route"]["route"],
            decision=_decision(self.answers),
            reason=self.answers.get("reason", {}).get("reason", ""),
            notes=self.answers.get("notes", {}).get("notes", ""),
            agreement=agreement,
            health_answers=health,
        )
