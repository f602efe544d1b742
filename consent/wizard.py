"""The way through "Get consent response": the forms of its pages, and what they come to.

Which pages are asked is in `consent.recording_walk`, what the answers amount to in
`consent.recorded`.
"""

from collections.abc import Mapping

from django.conf import settings

from calendars.rules import last_day_of
from consent import doses, reasons, triage_options
from consent.forms.contacts import ContactForm, DetailsForm, UpdateRecordForm, WhoForm
from consent.forms.responses import (
    ConfirmRefusalForm,
    DecisionForm,
    HealthForm,
    NotesForm,
    ReasonForm,
    RouteForm,
    StepTriageForm,
    TellParentsForm,
)
from consent.recorded import Recorded, is_childs_own
from consent.recording_walk import TRIAGE, RecordingWalk
from consent.services.contacts import stored_details
from consent.services.responses import Answer, Given
from consent.services.triage import Verdict
from consent.services.who_answers import KnownParent, Parental
from govuk.forms import GovukForm
from programmes.models import Programme
from sessions_app.rules import vaccination_named

TITLES = {
    "contact": "Details for parent or guardian",
    "details": "Contact details",
    "health": "Health questions",
    "update-record": "Contact details differ from the record",
}


BELONGS_TO = {
    "who": ["details", "update-record"],
    "details": ["update-record"],
    "reason": ["notes"],
}


class Journey(RecordingWalk):
    """A draft with the forms of its pages, and what is recorded once all of them are answered."""

    def form(self, step: str, data: Mapping | None = None) -> GovukForm:
        """The form of a page: with `data` as sent, else with what was answered before."""
        bound = {"data": data, "initial": self.answers.get(step)}
        if step.startswith(TRIAGE):
            return self._triage_form(step, data)
        match step:
            case "who":
                return WhoForm(
                    contacts=self.contacts,
                    are_hidden=self.draft.child.is_restricted,
                    offers_child=len(self.assessments) == len(self.draft.programmes),
                    **bound,
                )
            case "contact":
                return ContactForm(allows_drama=settings.IS_LOCAL, **bound)
            case "details":
                return self._details_form(data)
            case "update-record":
                return UpdateRecordForm(**bound)
            case "route":
                return RouteForm(
                    data=self.answers.get(step) if data is None else data,
                    today=self.today,
                    academic_year=self.draft.session.academic_year,
                )
            case "decision":
                return DecisionForm(
                    responder="" if is_childs_own(self.answers) else self.responder_name(),
                    child=self.draft.child.full_name,
                    programmes=self.programmes,
                    **bound,
                )
            case "tell-parents":
                return TellParentsForm(**bound)
            case "reason":
                return ReasonForm(refused=self._refused, offered=self.reasons, **bound)
            case "notes":
                return NotesForm(question=self._question_of_reason(), **bound)
            case "confirm-refusal":
                return ConfirmRefusalForm(**bound)
            case "health":
                return HealthForm(questions=self.recorded().health_questions, **bound)
        raise LookupError(step)

    def _question_of_reason(self) -> str:
        refused = self.recorded().refused
        programme = refused[0] if len(refused) == 1 else ""
        return reasons.rule_of(self.answers["reason"]["reason"], programme=programme).staff_text

    def _details_form(self, data: Mapping | None) -> DetailsForm:
        known = self.known_contact()
        assert known is not None
        stored = stored_details(known.parent)
        is_hidden = self.draft.child.is_restricted
        shown = (
            {}
            if is_hidden
            else {
                "email": stored.email,
                "phone": stored.phone,
                "texts": stored.wants_text_updates,
            }
        )
        return DetailsForm(
            data=data,
            initial=self.answers.get("details", shown),
            allows_drama=settings.IS_LOCAL,
            hidden=[name for name in ("email", "phone") if is_hidden and getattr(stored, name)],
        )

    def _triage_form(self, step: str, data: Mapping | None) -> StepTriageForm:
        programme = self.triaged(step)
        agreement = self._agreed_with_others(self.recorded(), programme.key)
        assert agreement is not None
        child = self.draft.child
        return StepTriageForm(
            data=self.answers.get(step) if data is None else data,
            basis=f"{self.basis(programme.key)}/{self.recorded().fingerprint(programme.key)}",
            offered=triage_options.options(
                programme.key, agreement, is_at_clinic=self.draft.session.is_clinic
            ),
            first_name=child.preferred_given_name or child.given_name,
            about=programme.name if len(self.programmes) > 1 else "",
            today=self.today,
            last_day=last_day_of(self.draft.session.academic_year),
            next_dose_from=doses.next_dose_from(child.pk, programme.key),
        )

    def triaged(self, step: str) -> Programme:
        """The programme that a page of triage is about."""
        return next(one for one in self.programmes if f"{TRIAGE}{one.key}" == step)

    def title(self, step: str) -> str:
        """The title of a page: its question, or what several questions are about.

        The question whether a parent agrees names people, which a title must not show.
        """
        if step in TITLES:
            return TITLES[step]
        if step.startswith(TRIAGE):
            return "Triage"
        if step == "decision":
            return f"Agree or refuse: {self.vaccinations}"
        [question] = self.form(step).questions()
        return str(question.label)

    @property
    def vaccinations(self) -> str:
        """The programmes, as a sentence names them."""
        return vaccination_named([one.name_in_sentence for one in self.programmes])

    @property
    def _refused(self) -> str:
        """The vaccinations that are refused, as a sentence names them."""
        keys = self.recorded().refused
        return vaccination_named(
            [one.name_in_sentence for one in self.programmes if one.key in keys]
        )

    def answer(self, step: str, form: GovukForm) -> None:
        """Keep the answers of a page, and drop those to pages that are no longer asked.

        Notes belong to their reason, a reason to what is refused, contact details to their person,
        and whether they replace those on record to the details: another one asks anew.
        """
        is_typed_again = isinstance(form, StepTriageForm | RouteForm)
        kept = form.kept() if is_typed_again else dict(form.cleaned_data)
        answers = {**self.answers, step: kept}
        if self.answers.get(step) != kept:
            for other in BELONGS_TO.get(step, ()):
                answers.pop(other, None)
        if self.recorded(answers).refused != self.recorded().refused:
            for other in ("reason", "notes"):
                answers.pop(other, None)
        self.draft.answers = self.walk.tidied(answers)
        self.draft.save(update_fields=["answers", "updated_at"])

    def responder_name(self) -> str:
        """Which parent is answering, within a sentence."""
        if "contact" in self.answers:
            return self.answers["contact"]["full_name"]
        known = self.known_contact()
        name = known.parent.full_name if known else ""
        return name or "the parent or guardian"

    def given(self) -> Given:
        """Everything answered, ready to be recorded; every page is valid."""
        recorded = self.recorded()
        return Given(
            who=self._who_answers(recorded),
            route=recorded.route,
            signed_on=recorded.signed_on,
            answers=[self._answer_about(recorded, key) for key in self.draft.programmes],
            notify_parents=recorded.tells_parents,
            confirms_refusal=recorded.confirms,
        )

    def _who_answers(self, recorded: Recorded) -> Parental | None:
        if recorded.is_own:
            return None
        if new := recorded.new_contact:
            return new
        known = self.known_contact()
        assert known is not None
        return KnownParent(
            known.parent.pk, recorded.details(known.parent), recorded.replaces_details
        )

    def _answer_about(self, recorded: Recorded, programme: str) -> Answer:
        is_refused = programme in recorded.refused
        is_given = programme in recorded.agreements
        return Answer(
            programme=programme,
            decision=recorded.decision(programme),
            reason=recorded.reason if is_refused else "",
            notes=recorded.notes if is_refused else "",
            agreement=recorded.agreements.get(programme),
            health_answers=recorded.stored_answers(programme) if is_given else [],
            triage=self.verdict(programme),
        )

    def verdict(self, programme: str) -> Verdict | None:
        """What the nurse decided about a programme, if it was asked."""
        step = f"{TRIAGE}{programme}"
        if step not in self.walk.path(self.answers):
            return None
        form = self._triage_form(step, None)
        return form.verdict(basis=self.basis(programme)) if form.is_valid() else None

    def forget_unasked(self) -> bool:
        """Drop the triage that is no longer asked as others answered meanwhile; whether any was."""
        kept = self.walk.tidied(self.answers)
        is_dropped = any(step.startswith(TRIAGE) for step in self.answers.keys() - kept.keys())
        if is_dropped:
            self.draft.answers = kept
            self.draft.save(update_fields=["answers", "updated_at"])
        return is_dropped

    def first_faulty(self) -> str | None:
        """The first page whose answer is missing or no longer good; None: all can be kept."""
        for step in self.walk.path(self.answers):
            if step not in self.answers or not self.form(step, self.answers[step]).is_valid():
                return step
        return None
