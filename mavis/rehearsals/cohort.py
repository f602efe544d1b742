"""The families of a rehearsal: made up, joining bit by bit, and some no longer to be written to."""

import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Organisation, User
from calendars import clock
from calendars.rules import academic_year_of
from cohorts.flags import flag_child
from cohorts.models import Child, Parent, ParentRelationship
from mavis.demo.copying import copy_in
from notifications.models import Message
from notifications.sandbox import effects
from programmes.models import OrganisationProgramme, Programme
from sessions_app import memberships
from sessions_app.clinic import community_clinic
from sessions_app.models import Membership, Session, SessionDate
from vaccinations.models import VaccinationRecord
from vaccinations.services import facts_changed

ORGANISATIONS = 5
BORN = date(2013, 3, 1)
BIRTH_YEAR = 2012
MAGIC_IN_A_HUNDRED = 12
# A spent daily allowance rests until midnight, a refused key stops everybody (an ordered fault
# does that often enough), and a refused test recipient proves nothing here.
LEFT_OUT = {"daily429", "skew403", "revoked403", "team400", "stuck-created", "stuck-sending"}
MAGIC = sorted((effects.FAULTS.keys() | effects.COURSES.keys()) - LEFT_OUT)
# Of a thousand, how many parents gave a number that looks like a mobile's, so that we text it, and
# lies in a range that nobody has: Notify refuses it.
BAD_IN_A_THOUSAND = 10
BAD_NUMBERS = tuple(f"+447603000{number:03d}" for number in range(100))
NUMBERS = {name: number for number, name in effects.NAMES.items()}


@dataclass(frozen=True)
class Farewell:
    """That a child was no longer to be invited, for one programme or for all, and since when."""

    child_id: int
    why: str
    programme: str
    committed_at: datetime


@dataclass
class Cohort:
    """Children of several organisations' clinics."""

    sessions: list[Session]
    nurses: dict[int, User]
    # Children who have not joined their clinic yet, by session.
    waiting: dict[int, list[int]]
    # Channel and address of everybody to be written to about a child.
    contacts: dict[int, set[tuple[str, str]]]
    # The session that each child has joined.
    joined: dict[int, Session] = field(default_factory=dict)
    farewells: list[Farewell] = field(default_factory=list)
    # Children whose farewell may or may not have been committed when a fault met it.
    doubtful: set[int] = field(default_factory=set)

    def join_some(self, chance: random.Random, share: float) -> int:
        """Let that share of all who wait join their clinics; how many did."""
        joined = 0
        for session in self.sessions:
            ids = self.waiting[session.pk]
            number = min(len(ids), max(1, round(len(ids) * share * chance.uniform(0.5, 1.5))))
            if not number:
                continue
            memberships.join(
                session,
                ids[:number],
                reason=Membership.Reason.UNKNOWN_SCHOOL,
                now=clock.now(),
            )
            self.joined |= dict.fromkeys(ids[:number], session)
            del ids[:number]
            joined += number
        return joined

    def open(self, *, in_days: int = 0) -> None:
        """Give every clinic a date, for which invitations are due now, or in so many days.

        Nothing is planned yet.
        """
        today = clock.today()
        for session in self.sessions:
            SessionDate.objects.get_or_create(session=session, value=today + timedelta(days=30))
            Session.objects.filter(pk=session.pk).update(
                invitations_on=today + timedelta(days=in_days)
            )

    def say_farewell(self, chance: random.Random, among: QuerySet[Message] | None = None) -> bool:
        """Make a child ineligible who is being written to, by one of these messages if any are
        named; false if nobody is.
        """
        gone = [*self.doubtful, *(farewell.child_id for farewell in self.farewells)]
        due = (Message.objects.all() if among is None else among).exclude(child_id__in=gone)
        ids = list(due.filter(status="claimed").values_list("child_id", flat=True)[:20])
        ids += (
            due.filter(status="waiting").order_by("due_at").values_list("child_id", flat=True)[:60]
        )
        if not ids:
            return False
        child = Child.objects.get(pk=chance.choice(ids))
        why = chance.choice(list(FAREWELLS))
        self.doubtful.add(child.pk)
        programme = FAREWELLS[why](child)
        self.doubtful.discard(child.pk)
        self.farewells.append(Farewell(child.pk, why, programme, datetime.now(UTC)))
        return True

    def repeat_farewells(self) -> None:
        """Enter again, in a database that has lost it, who is not to be invited any more."""
        for farewell in self.farewells:
            FAREWELLS[farewell.why](Child.objects.get(pk=farewell.child_id))

    def gone(self) -> set[tuple[int, str]]:
        """Each child that became ineligible, with the programme, or "" for all."""
        return {(farewell.child_id, farewell.programme) for farewell in self.farewells}

    def unwritten(
        self, written: Collection[tuple[int, str, str, str]]
    ) -> set[tuple[int, str, str]]:
        """Child, channel and address of everybody who is to be invited and is not, for each of the
        programmes that are left to invite to. `written` holds where somebody is, and to what.
        """
        gone = self.gone()
        programmes = {
            session.pk: list(session.programmes.values_list("key", flat=True))
            for session in self.sessions
        }
        return {
            (child_id, channel, recipient)
            for child_id, session in self.joined.items()
            if child_id not in self.doubtful
            for programme in programmes[session.pk]
            if not gone & {(child_id, ""), (child_id, programme)}
            for channel, recipient in self.contacts[child_id]
            if (child_id, channel, recipient, programme) not in written
        }


def _flag(child: Child, **flag) -> str:
    flags = {"date_of_death": None, "is_restricted": False, "is_invalid": False} | flag
    flag_child(child.pk, by=None, now=clock.now(), **flags)
    return ""


@transaction.atomic
def _leave(child: Child) -> str:
    held = Membership.objects.filter(child=child, left_at__isnull=True)
    memberships.leave(held, because="Moved away", now=clock.now())
    return ""


@transaction.atomic
def _vaccinate(child: Child) -> str:
    VaccinationRecord.objects.create(
        child=child,
        programme_id="hpv",
        organisation=child.organisation,
        outcome=VaccinationRecord.Outcome.ALREADY_HAD,
        performed_on=clock.today(),
        place_name="Elsewhere",
    )
    facts_changed([child.pk], now=clock.now(), by=None)
    return "hpv"


FAREWELLS: dict[str, Callable[[Child], str]] = {
    "deceased": lambda child: _flag(child, date_of_death=clock.today()),
    "restricted": lambda child: _flag(child, is_restricted=True),
    "invalid": lambda child: _flag(child, is_invalid=True),
    "vaccinated": _vaccinate,
    "left the clinic": _leave,
}


@transaction.atomic
def make(messages: int, chance: random.Random, *, magic: int = MAGIC_IN_A_HUNDRED) -> Cohort:
    """Organisations, clinics, and families with so many addresses and numbers in all.

    Of a hundred of those, `magic` order a fault or an odd fate of the sandbox.
    """
    now = clock.now()
    year = academic_year_of(clock.today())
    Programme.objects.get_or_create(
        key="menacwy", defaults={"name": "MenACWY", "year_groups": [9, 10]}
    )
    sessions, nurses, waiting, written_at = [], {}, {}, {}
    contacts = _contacts(chance, magic)
    for number in range(ORGANISATIONS):
        organisation = Organisation.objects.create(
            name=f"Rehearsal {number}", ods_code=f"RH{number}", email=f"team{number}@example.com"
        )
        # Of two programmes in one letter, one may fall away while it is on its way.
        for key in ("hpv", "menacwy")[: 1 + number % 2]:
            OrganisationProgramme.objects.create(organisation=organisation, programme_id=key)
        nurses[organisation.pk] = User.objects.create(
            email=f"nurse{number}@example.com", organisation=organisation, role="nurse"
        )
        session = community_clinic(organisation, now=now, academic_year=year)
        sessions.append(session)
        share = messages // ORGANISATIONS + (number < messages % ORGANISATIONS)
        made = _make_children(organisation, share, contacts, chance)
        waiting[session.pk] = list(made)
        written_at |= made
    return Cohort(sessions, nurses, waiting, written_at)


def _make_children(
    organisation: Organisation, messages: int, contacts: Iterator[dict], chance: random.Random
) -> dict[int, set[tuple[str, str]]]:
    """The new children's ids, each with the channels and addresses that are theirs."""
    children, parents, relationships = [], [], []
    while messages > 0:
        child = Child(
            organisation=organisation,
            given_name=f"Child {len(children)}",
            family_name=f"Example {organisation.pk}",
            date_of_birth=BORN,
            birth_academic_year=BIRTH_YEAR,
            home_educated=False,
            postcode="CV1 2AB",
        )
        child.derive()
        children.append(child)
        for place in range(chance.choice((1, 1, 2))):
            parent = Parent(organisation=organisation, full_name="Parent", **next(contacts))
            parents.append(parent)
            kind = ("mother", "father")[place]
            relationships.append(ParentRelationship(child=child, parent=parent, kind=kind))
            messages -= bool(parent.email) + bool(parent.phone)
    copy_in(Child, children)
    copy_in(Parent, parents)
    for relationship in relationships:
        # Neither had an id yet when they were named.
        relationship.child_id = relationship.child.pk
        relationship.parent_id = relationship.parent.pk
    copy_in(ParentRelationship, relationships)
    found: dict[int, set[tuple[str, str]]] = {child.pk: set() for child in children}
    for relationship in relationships:
        parent = relationship.parent
        both = {("email", parent.email), ("text", parent.phone)}
        found[relationship.child_id] |= {contact for contact in both if contact[1]}
    return found


def _contacts(chance: random.Random, magic: int) -> Iterator[dict]:
    """Email addresses that all differ, and mobile numbers; some of each order a fault."""
    number = 0
    while True:
        number += 1
        email, phone = f"parent{number}@example.com", f"+44770090{chance.randrange(600, 1000):04d}"
        if chance.randrange(100) < magic:
            email = f"{chance.choice(MAGIC)}+{number}@sandbox.example"
        if chance.randrange(100) < magic:
            phone = f"+447700900{NUMBERS[chance.choice(MAGIC)]}"
        elif magic and chance.randrange(1000) < BAD_IN_A_THOUSAND:
            phone = chance.choice(BAD_NUMBERS)
        has_email, has_phone = chance.choice(((True, True), (True, True), (True, False)))
        yield {"email": email if has_email else "", "phone": phone if has_phone else ""}
