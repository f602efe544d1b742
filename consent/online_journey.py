"""A parent's form on its way: the form of each page, and the response that it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.conf import settings

from cohorts.models import Location
from consent import online_walk as way
from consent import questions, reasons
from consent.choices import Decision, Reason
from consent.forms import online as pages
from consent.forms import online_decisions as decided
from consent.models import OnlineDecision, OnlineDraft, OnlineResponse
from consent.online_walk import answered
from consent.selectors.online import schools_of
from govuk.dates import PARTS
from govuk.forms import GovukForm
from govuk.wizard import Answers, Walk
from programmes.models import Programme
from programmes.selectors import contains_gelatine
from sessions_app.models import Session
from sessions_app.rules import vaccination_named

TITLES = {
    "name": "What is your child’s name?",
    "confirm-school": "Confirm your child’s school",
    "about-you": "About you",
    "address": "Home address",
}


@dataclass(frozen=True)
class OnlineJourney:
    """A draft together with what its pages need. `programmes` are those of the link, in order."""

    draft: OnlineDraft
    session: Session
    programmes: Sequence[Programme]
    today: date

    @property
    def answers(self) -> Answers:
        return self.draft.answers

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The programmes of the form, by key."""
        return tuple(programme.key for programme in self.programmes)

    @cached_property
    def walk(self) -> Walk:
        return way.walk(self.keys, is_clinic=self.session.is_clinic)

    @cached_property
    def schools(self) -> list[Location]:
        return schools_of(self.session.organisation)

    def form(self, step: str, data: Mapping | None = None) -> GovukForm:
        """The form of a page: with `data` as sent, else with what was answered before."""
        bound = {"data": data, "initial": _initial(step, self.answers)}
        match step:
            case "name":
                return pages.NameForm(**bound)
            case "date-of-birth":
                return pages.BirthForm(today=self.today, **bound)
            case "confirm-school":
                return pages.ConfirmSchoolForm(**bound)
            case "education":
                return pages.EducationForm(**bound)
            case "school":
                return pages.SchoolForm(schools=self.schools, **bound)
            case "about-you":
                return pages.AboutYouForm(allows_drama=settings.IS_LOCAL, **bound)
            case "contact-method":
                return pages.ContactMethodForm(**bound)
            case "address":
                return pages.AddressForm(**bound)
        return self._form_about_the_decision(step, bound)

    def _form_about_the_decision(self, step: str, bound: dict) -> GovukForm:
        match step:
            case "decision" if len(self.programmes) > 1:
                return decided.DoublesForm(programmes=self.programmes, **bound)
            case "decision":
                return decided.DecisionForm(programme=self.programmes[0], **bound)
            case "narrowing":
                narrowing = way.narrowing(self.keys, self.answers)
                assert narrowing is not None
                return decided.NarrowingForm(narrowing=narrowing, **bound)
            case "reason":
                return decided.ReasonForm(
                    refused=self.refused, offered=self.offered_reasons, **bound
                )
            case "details":
                return decided.ReasonDetailsForm(rule=self._rule, **bound)
            case "follow-up":
                return decided.FollowUpForm(**bound)
        asked = way.question_of(self.keys, step)
        if asked is None:
            raise LookupError(step)
        return decided.HealthForm(question=asked.question, **bound)

    @property
    def refused(self) -> str:
        """The vaccinations that are refused, as pages name them."""
        keys = way.refused(self.keys, self.answers)
        return vaccination_named(
            [one.name_in_sentence for one in self.programmes if one.key in keys]
        )

    @property
    def offered_reasons(self) -> list[Reason]:
        """The reasons for refusing that apply to what is refused."""
        return reasons.offered(
            contains_gelatine=any(
                contains_gelatine(key) for key in way.refused(self.keys, self.answers)
            ),
            is_at_school=not self.session.is_clinic,
        )

    @property
    def _rule(self) -> reasons.ReasonRule:
        return reasons.rule_of(answered(self.answers, "reason", "reason"), programme=self.keys[0])

    def title(self, step: str) -> str:
        """The heading of a page: its question, or what several questions are about."""
        if step in TITLES:
            return TITLES[step]
        heading = next(field for field in self.form(step).visible_fields() if field.is_heading)
        return str(heading.label)

    def changed(self, step: str, form: GovukForm) -> dict:
        """All answers with those of a valid page, without those to pages no longer asked.

        What explains a refusal belongs to it: another refusal, or reason, is explained anew.
        Source: consent §2.6.
        """
        stored = form.stored() if isinstance(form, pages.BirthForm) else dict(form.cleaned_data)
        answers = {**self.answers, step: stored}
        if way.refused(self.keys, answers) != way.refused(self.keys, self.answers):
            _forget(answers, "reason", "details", "follow-up")
        if answers.get("reason") != self.answers.get("reason"):
            _forget(answers, *({"details", "follow-up"} - {step}))
        if step == "decision" and stored != self.answers.get("decision"):
            _forget(answers, "narrowing")
        return self.walk.tidied(answers)

    def first_faulty(self) -> str | None:
        """The first page whose answer is missing or no longer good; None: all can be kept."""
        for step in self.walk.path(self.answers):
            if step not in self.answers or not self._answered(step).is_valid():
                return step
        return None

    @cached_property
    def _read(self) -> dict[str, GovukForm]:
        return {}

    def _answered(self, step: str) -> GovukForm:
        """The form of an answered page, with its answers to be checked; made once."""
        if step not in self._read:
            self._read[step] = self.form(step, self.answers[step])
        return self._read[step]

    def cleaned(self, step: str) -> dict:
        """The answers of a valid page, ready to be stored; empty for one that was not asked."""
        if step not in self.answers:
            return {}
        form = self._answered(step)
        assert form.is_valid(), step
        return form.cleaned_data

    def school(self) -> tuple[Location | None, bool | None]:
        """The child's school, or None and whether they are taught at home."""
        if answered(self.answers, "confirm-school", "is_school") == "yes":
            return self.session.location, None
        chosen = answered(self.answers, "school", "school")
        if chosen and chosen != way.HOME:
            return next(school for school in self.schools if school.urn == chosen), None
        is_home = way.HOME in (chosen, answered(self.answers, "education", "education"))
        return None, is_home

    def chosen_school(self, step: str | None) -> Location | None:
        """The school chosen from the list, on the pages after it and on the check, which is None;
        up to there none, so that people may choose again.
        """
        path = self.walk.path(self.answers)
        if "school" not in path or (step in path and path.index(step) <= path.index("school")):
            return None
        chosen = answered(self.answers, "school", "school")
        return next((school for school in self.schools if school.urn == chosen), None)

    def response(self) -> OnlineResponse:
        """The response to be recorded, once no page is faulty; unsaved."""
        name, about, contact = (
            self.cleaned(step) for step in ("name", "about-you", "contact-method")
        )
        school, home_educated = self.school()
        return OnlineResponse(
            organisation=self.session.organisation,
            session=self.session,
            given_name=name["given_name"],
            family_name=name["family_name"],
            preferred_given_name=name["preferred_given_name"],
            preferred_family_name=name["preferred_family_name"],
            date_of_birth=self.cleaned("date-of-birth")["date_of_birth"],
            school=school,
            home_educated=home_educated,
            **self.cleaned("address"),
            parent_name=about["full_name"],
            relationship=about["relationship"],
            relationship_other_name=about["other_name"],
            email=about["email"],
            phone=about["phone"],
            wants_text_updates=about["wants_text_updates"],
            contact_method=contact.get("contact_method", OnlineResponse.ContactMethod.ANY),
            contact_method_details=contact.get("details", ""),
        )

    def decisions(self) -> list[OnlineDecision]:
        """What is decided about each programme, once no page is faulty; unsaved."""
        return [self._decision(programme) for programme in self.keys]

    def _decision(self, programme: str) -> OnlineDecision:
        agreement = way.given(self.keys, self.answers).get(programme)
        if agreement is None:
            return OnlineDecision(
                programme_id=programme,
                decision=Decision.REFUSED,
                reason=self.cleaned("reason")["reason"],
                reason_details=self.cleaned("details").get("details", ""),
                wants_follow_up=self.cleaned("follow-up").get("follow_up") == "yes",
            )
        return OnlineDecision(
            programme_id=programme,
            decision=Decision.GIVEN,
            methods=list(agreement.methods),
            without_gelatine=agreement.without_gelatine,
            health_answers=questions.stored_answers(
                programme,
                agreement,
                self._health(),
                triages_other_conditions=self.session.organisation.triages_other_conditions,
            ),
        )

    def _health(self) -> dict[str, dict]:
        """The answers about health by question key, as they are to be stored."""
        return {
            asked.key: {
                "yes": self.cleaned(step)["answer"] == "yes",
                "details": self.cleaned(step).get("details", ""),
            }
            for step in self.walk.path(self.answers)
            if (asked := way.question_of(self.keys, step))
        }


def _initial(step: str, answers: Answers) -> Mapping | None:
    stored = answers.get(step)
    if step == "date-of-birth" and stored:
        # By name: PostgreSQL orders what is stored by the length of its name.
        return {"date_of_birth": [stored[f"date_of_birth-{part}"] for part in PARTS]}
    return stored


def _forget(answers: dict, *steps: str) -> None:
    for step in steps:
        answers.pop(step, None)
