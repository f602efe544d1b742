"""What the answers of "Get consent response" amount to: who answered what of each programme.

Reads the answers of pages as a draft keeps them, from the first page on; nothing here asks.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import sha256

from cohorts.models import Parent
from consent import questions, reasons, status_rules
from consent.choices import Decision, Route
from consent.decisions import Agreement, agreements_to, decisions_on, narrowing_of
from consent.models import ResponseDraft
from consent.questions import Asked
from consent.selectors.contacts import CHILD, NEW_CONTACT
from consent.services.contacts import Details, NewContact, details_in_force, stored_details
from govuk.wizard import Answers

# Stands for a parent who has no id yet.
NOBODY_YET = -1
# What is agreed to does not depend on when.
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def is_childs_own(answers: Answers) -> bool:
    """Whether the child answers."""
    return answers.get("who", {}).get("contact") == CHILD


@dataclass(frozen=True)
class Recorded:
    """The answers given so far, about the programmes of a draft."""

    draft: ResponseDraft
    answers: Answers

    @property
    def is_own(self) -> bool:
        return is_childs_own(self.answers)

    def details(self, parent: Parent) -> Details:
        """Where a known parent can be written to about this response."""
        typed = self.answers["details"]
        return details_in_force(
            Details(typed["email"], typed["phone"], bool(typed["texts"])),
            stored_details(parent),
            are_hidden=self.draft.child.is_restricted,
        )

    @property
    def new_contact(self) -> NewContact | None:
        """The contact typed in, if it is a new one."""
        if self.answers["who"]["contact"] != NEW_CONTACT:
            return None
        typed = self.answers["contact"]
        return NewContact(
            full_name=typed["full_name"],
            kind=typed["kind"],
            other_name=typed["other_name"],
            details=Details(typed["email"], typed["phone"], bool(typed["texts"])),
        )

    @property
    def parent_id(self) -> int:
        """The id of the known contact who answers."""
        return int(self.answers["who"]["contact"])

    @property
    def replaces_details(self) -> bool:
        return self.answers.get("update-record", {}).get("replace") == "yes"

    @property
    def route(self) -> str:
        return Route.SELF.value if self.is_own else self.answers["route"]["route"]

    @property
    def signed_on(self) -> date | None:
        """The day a form on paper is dated; None for every other route."""
        typed = self.answers.get("route", {})
        parts = [typed.get(f"signed_on-{part}", "") for part in ("year", "month", "day")]
        return date(*map(int, parts)) if self.route == Route.PAPER and all(parts) else None

    @property
    def tells_parents(self) -> bool | None:
        """Whether a child who consents wants their parents told; None for everybody else."""
        tell = self.answers.get("tell-parents", {}).get("tell")
        return None if tell is None else tell == "yes"

    @property
    def confirms(self) -> bool:
        """Whether the answer is confirmed by message: always, unless a choice says otherwise."""
        return self.answers.get("confirm-refusal", {}).get("send") != "no"

    def _decided(self, name: str = "decision") -> str:
        return self.answers.get("decision", {}).get(name, "")

    def decision(self, programme: str) -> str:
        """Given, refused or not provided; empty before the page was answered."""
        decided = decisions_on(self.draft.programmes, self._decided(), self._decided("chosen"))
        return decided.get(programme, "")

    @property
    def refused(self) -> list[str]:
        """The programmes refused."""
        return [one for one in self.draft.programmes if self.decision(one) == Decision.REFUSED]

    @cached_property
    def agreements(self) -> dict[str, Agreement]:
        """What consent is given to, by programme."""
        choice = self._decided()
        narrowing = narrowing_of(self.draft.programmes[0], choice)
        return agreements_to(
            self.draft.programmes,
            choice,
            chosen=self._decided("chosen"),
            further=self._decided(narrowing.key) if narrowing else "",
        )

    @property
    def is_given_by_child(self) -> bool:
        return self.is_own and bool(self.agreements)

    @property
    def health_questions(self) -> list[Asked]:
        """The main questions that the consent given leads to."""
        return questions.questionnaire(self.agreements, is_own=self.is_own)

    def stored_answers(self, programme: str) -> list[dict]:
        """The health answers about one programme, as its response keeps them."""
        typed = self.answers.get("health", {})
        answers: dict[str, Mapping] = {
            key: {"yes": value == "yes", "details": typed.get(f"{key}_details", "")}
            for key, value in typed.items()
        }
        try:
            return questions.stored_answers(
                programme,
                self.agreements[programme],
                answers,
                triages_other_conditions=self.draft.session.organisation.triages_other_conditions,
                is_own=self.is_own,
            )
        except KeyError:
            return []  # not all of its questions have been answered yet

    def calls_for_triage(self, programme: str) -> bool:
        """Whether a health answer about a programme calls for triage."""
        return programme in self.agreements and questions.call_for_triage(
            self.stored_answers(programme)
        )

    def agreed_beside(
        self, programme: str, others: Iterable[status_rules.Response]
    ) -> Agreement | None:
        """What is agreed to once this answer counts beside others; None where consent is not given,
        or where something that the same person said since counts instead.

        A competent child's own answer counts alone.
        """
        agreement = self.agreements.get(programme)
        if agreement is None or self.is_own:
            return agreement
        known = list(others)
        if self.signed_on is not None:
            # Consent counts from the first moment of its day, whenever it is typed in.
            said_at = status_rules.counts_from(
                self.signed_on, Decision.GIVEN, recorded_at=_ANY_TIME
            )
            if any(one.responder == self.responder and one.last_word_at > said_at for one in known):
                return None
        beside = [one for one in known if self.leaves(one)]
        if any(one.responder == status_rules.CHILD for one in beside):
            return None
        return status_rules.agreed([_as_response(self.responder, programme, agreement), *beside])

    @property
    def responder(self) -> int:
        """Who answers, as the rules of the status tell people apart."""
        if self.is_own:
            return status_rules.CHILD
        return NOBODY_YET if self.answers["who"]["contact"] == NEW_CONTACT else self.parent_id

    def leaves(self, other: status_rules.Response) -> bool:
        """Whether a response that counts so far still does once this one is recorded."""
        return not self.is_own and other.responder != self.responder

    def fingerprint(self, programme: str) -> str:
        """Changes as soon as triage of this response would be another question."""
        agreement = self.agreements[programme]
        asked = [
            self.responder,
            list(agreement.methods),
            agreement.without_gelatine,
            self.stored_answers(programme),
        ]
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def reason(self) -> str:
        return self.answers.get("reason", {}).get("reason", "")

    @property
    def notes(self) -> str:
        if not self.reason or not reasons.rule_of(self.reason).needs_details:
            return ""
        return self.answers.get("notes", {}).get("notes", "")


def _as_response(responder: int, programme: str, agreement: Agreement):
    return status_rules.Response(
        responder=responder,
        programme=programme,
        academic_year=0,
        decision=Decision.GIVEN,
        responded_at=_ANY_TIME,
        order=0,
        methods=agreement.methods,
        without_gelatine=agreement.without_gelatine,
    )
