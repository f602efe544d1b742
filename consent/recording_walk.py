"""Which pages of "Get consent response" are asked. Source: consent §6.

That depends on the draft and on who fills it in: a nurse triages, an administrator does not.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from accounts.models import User
from accounts.permissions import is_nurse
from consent import doses, reasons
from consent.choices import Reason
from consent.models import GillickAssessment, ResponseDraft, Triage
from consent.recorded import Recorded, is_childs_own
from consent.selectors.contacts import NEW_CONTACT, KnownContact, known_contacts
from consent.selectors.gillick import competent_child
from consent.selectors.triage import (
    Counted,
    basis,
    counted_responses,
    histories,
    newest_of,
    triages_of,
)
from consent.services.contacts import Details, stored_details
from govuk.wizard import Answers, Step, Walk
from programmes.models import Programme
from programmes.selectors import contains_gelatine

TRIAGE = "triage-"


@dataclass(frozen=True)
class RecordingWalk:
    """The pages that a draft asks, and what decides which, for one person on one day."""

    draft: ResponseDraft
    by: User
    today: date

    @property
    def answers(self) -> Answers:
        return self.draft.answers

    @cached_property
    def programmes(self) -> list[Programme]:
        """The programmes that the response is about, in order."""
        found = Programme.objects.in_bulk(self.draft.programmes)
        return [found[key] for key in self.draft.programmes]

    @cached_property
    def contacts(self) -> list[KnownContact]:
        return known_contacts(self.draft.child)

    @cached_property
    def assessments(self) -> dict[str, GillickAssessment]:
        """Today's assessments by programme, where the newest finds the child competent."""
        found = {
            key: competent_child(self.draft.child, self.draft.session, key, today=self.today)
            for key in self.draft.programmes
        }
        return {key: assessment for key, assessment in found.items() if assessment}

    @cached_property
    def walk(self) -> Walk:
        """The pages, in order."""
        return Walk(
            [
                Step("who"),
                Step("contact", lambda given: self._who(given) == NEW_CONTACT),
                Step("details", self._is_known),
                Step("update-record", self._differs_from_record),
                Step("route", lambda given: "who" in given and not is_childs_own(given)),
                Step("decision"),
                Step("tell-parents", lambda given: self.recorded(given).is_given_by_child),
                Step("health", lambda given: bool(self.recorded(given).agreements)),
                *(
                    Step(f"{TRIAGE}{key}", lambda given, key=key: self._asks_triage(given, key))
                    for key in self.draft.programmes
                ),
                Step("reason", lambda given: bool(self.recorded(given).refused)),
                Step("notes", self._needs_notes),
                Step("confirm-refusal", self._may_stay_silent),
            ]
        )

    def recorded(self, answers: Answers | None = None) -> Recorded:
        """What answers, or those of the draft, amount to."""
        return Recorded(self.draft, self.answers if answers is None else answers)

    def known_contact(self, answers: Answers | None = None) -> KnownContact | None:
        """The known contact who answers; none for a new one and for the child."""
        who = self._who(self.answers if answers is None else answers)
        return next((one for one in self.contacts if str(one.parent.pk) == who), None)

    @staticmethod
    def _who(answers: Answers) -> str:
        return answers.get("who", {}).get("contact", "")

    def _is_known(self, answers: Answers) -> bool:
        return self.known_contact(answers) is not None

    def _differs_from_record(self, answers: Answers) -> bool:
        known = self.known_contact(answers)
        if known is None or "details" not in answers:
            return False
        given = self.recorded(answers).details(known.parent)
        return given != stored_details(known.parent)

    def differing_details(self) -> dict[str, Details] | None:
        """The stored and the given details of who answers; None where they are hidden."""
        known = self.known_contact()
        if known is None or self.draft.child.is_restricted:
            return None
        return {
            "stored": stored_details(known.parent),
            "given": self.recorded().details(known.parent),
        }

    def _asks_triage(self, answers: Answers, programme: str) -> bool:
        """Whether a nurse decides at once: an answer or too few earlier doses call for it, and
        nothing stands against it.

        Source: consent §6.
        """
        recorded = self.recorded(answers)
        calls = recorded.calls_for_triage(programme) or programme in self.earlier_doses
        if not is_nurse(self.by) or programme not in recorded.agreements or not calls:
            return False
        return self._agreed_with_others(recorded, programme) is not None

    def _agreed_with_others(self, recorded: Recorded, programme: str):
        others = [seen for seen, _ in self.counted[programme]]
        return recorded.agreed_beside(programme, others)

    @cached_property
    def earlier_doses(self) -> dict[str, doses.PartialHistory]:
        """The doses given before that are not enough, by programme."""
        year = self.draft.session.academic_year
        return histories(self.draft.child, self.draft.programmes, year)

    @cached_property
    def counted(self) -> dict[str, list[Counted]]:
        """The responses that count so far, the newest first, by programme."""
        year = self.draft.session.academic_year
        return {
            key: counted_responses(self.draft.child, key, year, today=self.today)
            for key in self.draft.programmes
        }

    @cached_property
    def triages(self) -> dict[str, list[Triage]]:
        """What was decided in the year so far, the newest first, by programme."""
        found: dict[str, list[Triage]] = {key: [] for key in self.draft.programmes}
        for triage in triages_of(self.draft.child, self.draft.session.academic_year):
            found.get(triage.programme_id, []).append(triage)
        return found

    def basis(self, programme: str) -> str:
        """What triage is decided on besides this response, as it was read for the page."""
        newest = newest_of(self.triages[programme], programme, self.draft.session.academic_year)
        return basis(self.counted[programme], newest, self.earlier_doses.get(programme))

    def _needs_notes(self, answers: Answers) -> bool:
        reason = answers.get("reason", {}).get("reason")
        return reason is not None and reasons.rule_of(reason).needs_details

    def _may_stay_silent(self, answers: Answers) -> bool:
        is_choice = answers.get("reason", {}).get("reason") == Reason.PERSONAL
        return is_choice and not is_childs_own(answers)

    @cached_property
    def reasons(self) -> list[Reason]:
        """The reasons for refusing that the programmes refused and the session offer."""
        return reasons.offered(
            contains_gelatine=any(map(contains_gelatine, self.recorded().refused)),
            is_at_school=not self.draft.session.is_clinic,
        )
