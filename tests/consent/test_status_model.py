"""The status against a slow model written from the rules alone, on 100,000 random histories.

The model replays what happened day by day and keeps the answers that still hold; the rules look
at the rows as they are in the end. Source: consent §9.3 and §10.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.clock import LONDON
from consent import lapse_rules
from consent import status_rules as rules
from consent.status_rules import CHILD, Response, TriageDecision

EXAMPLES, HISTORIES = 100, 1000
START = datetime(2026, 10, 1, 9, tzinfo=LONDON)
WANTED = ("flu", 2026)
# When something was said, and of which row.
Word = tuple[datetime, int]
METHODS = (("nasal",), ("injection",), ("nasal", "injection"))


@dataclass(frozen=True)
class Event:
    """Something that happened; `row` is the answer or decision it is about.

    An answer given online may find its child late: then it comes after what was said after it.
    Of one on paper only the day is known: it was given some time until `latest`.
    """

    what: str
    row: int
    at: datetime
    latest: datetime | None = None


@dataclass
class History:
    """Rows as the database would hold them in the end, and the events that led there."""

    responses: list[Response] = field(default_factory=list)
    triages: list[TriageDecision] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    history_known_at: datetime | None = None


def random_history(random: Random) -> History:
    history, now = History(), START
    for _ in range(random.randint(0, 7)):
        # Some things happen at one instant: then their order decides.
        now += timedelta(hours=random.choice((0, 1, 30)))
        what = random.choice(("answer", "answer", "answer", "triage", "change", "change"))
        if what == "answer":
            _answer(history, random, now)
        elif what == "triage":
            _triage(history, random, now)
        elif history.responses or history.triages:
            _change(history, random, now)
    if random.random() < 0.2:
        history.history_known_at = START + timedelta(hours=random.randint(0, 100))
    return history


def _scope(random: Random) -> tuple[str, int]:
    return WANTED if random.random() < 0.9 else random.choice((("hpv", 2026), ("flu", 2025)))


def _answer(history: History, random: Random, now: datetime) -> None:
    programme, year = _scope(random)
    decision = random.choice(("given", "given", "refused", "refused", "not_provided"))
    is_given = decision == "given"
    methods = random.choice(METHODS) if is_given else ()
    said_at = now - timedelta(hours=random.choice((0, 0, 0, 1, 31, 70)))
    signed_on = said_at.date() if random.random() < 0.3 else None
    responder = random.choice((CHILD, 1, 1, 2, 2, 3))
    # What a child consented to alone is for the day, unless a dose was given on it.
    is_for_a_day = responder == CHILD and is_given and random.random() < 0.7
    response = Response(
        responder=responder,
        programme=programme,
        academic_year=year,
        decision=decision,
        responded_at=(
            rules.counts_from(signed_on, decision, recorded_at=now) if signed_on else said_at
        ),
        order=len(history.responses),
        methods=methods,
        without_gelatine=methods == ("injection",) and random.random() < 0.5,
        calls_for_triage=is_given and random.random() < 0.5,
        awaits_follow_up=decision == "refused" and not signed_on and random.random() < 0.4,
        good_on=said_at.date() if is_for_a_day else None,
    )
    event = Event("answer", len(history.responses), said_at)
    if signed_on:
        begins = datetime.combine(signed_on, time.min, tzinfo=LONDON)
        next_day = datetime.combine(signed_on + timedelta(days=1), time.min, tzinfo=LONDON)
        last_moment = next_day - timedelta(microseconds=1)
        event = replace(event, at=begins, latest=min(now, last_moment))
    history.events.append(event)
    history.responses.append(response)


def _triage(history: History, random: Random, now: datetime) -> None:
    programme, year = _scope(random)
    outcome = random.choice(
        ("safe", "safe", "do_not_vaccinate", "delay", "invite_to_clinic", "keep")
    )
    decision = TriageDecision(
        programme=programme,
        academic_year=year,
        outcome=outcome,
        performed_at=now,
        order=len(history.triages),
        delay_until=date(2026, 10, random.randint(1, 20)) if outcome == "delay" else None,
        method=random.choice(("", "nasal", "injection")) if outcome == "safe" else "",
    )
    history.events.append(Event("triage", len(history.triages), now))
    history.triages.append(decision)


def _change(history: History, random: Random, now: datetime) -> None:
    if history.triages and random.random() < 0.2:
        row = random.randrange(len(history.triages))
        history.triages[row] = replace(history.triages[row], is_invalid=True)
        history.events.append(Event("void triage", row, now))
        return
    if not history.responses:
        return
    row = random.randrange(len(history.responses))
    response = history.responses[row]
    if random.random() < 0.3:
        history.responses[row] = replace(response, is_invalid=True)
        history.events.append(Event("invalidate", row, now))
    elif response.responder == CHILD and random.random() < 0.5:
        history.responses[row] = replace(response, is_competent=False)
        history.events.append(Event("not competent", row, now))
    elif response.decision == "given" and response.withdrawn_at is None:
        history.responses[row] = replace(response, withdrawn_at=now)
        history.events.append(Event("withdraw", row, now))
    elif response.awaits_follow_up:
        history.responses[row] = replace(response, awaits_follow_up=False, confirmed_at=now)
        history.events.append(Event("refusal stands", row, now))


def slow_model(history: History, today: date) -> tuple[str, str, bool]:
    """Consent, triage and whether a nurse's "no" stands, by replaying the history: no row's end
    state is looked at.
    """
    words: dict[int, list[Word]] = {}
    views: dict[int, str] = {}
    latest: dict[Word, datetime] = {}
    void: set[int] = set()
    triages: list[int] = []
    for event in history.events:
        if event.what in ("triage", "void triage"):
            decision = history.triages[event.row]
            if (decision.programme, decision.academic_year) != WANTED:
                continue
            if event.what == "triage":
                triages.append(event.row)
            elif event.row in triages:
                triages.remove(event.row)
            continue
        response = history.responses[event.row]
        if (response.programme, response.academic_year) != WANTED:
            continue
        mine = words.setdefault(response.responder, [])
        if event.what == "answer" and response.decision != "not_provided":
            mine.append((event.at, event.row))
            latest[event.at, event.row] = event.latest or event.at
            views[event.row] = "yes" if response.decision == "given" else "no"
            # Whether a talk was asked for: the row says so in the end only while it is awaited.
            talks = [e for e in history.events if (e.what, e.row) == ("refusal stands", event.row)]
            if response.decision == "refused" and (response.awaits_follow_up or talks):
                views[event.row] = "perhaps"
        elif event.what in ("invalidate", "not competent"):
            mine[:] = [word for word in mine if word[1] != event.row]
            void.add(event.row)
        elif event.what in ("withdraw", "refusal stands"):
            views[event.row] = "no"
            if event.row not in void:
                mine.append((event.at, event.row))
    _end_days(history, words.get(CHILD, []), triages, today)
    speaking = {who: _last_word(said, latest, views) for who, said in words.items() if said}
    if CHILD in speaking:
        speaking = {CHILD: speaking[CHILD]}
    rows = list(speaking.values())
    said = {views[row] for row in rows}
    shared = [
        m for m in ("nasal", "injection") if all(m in history.responses[r].methods for r in rows)
    ]
    consent = {
        frozenset(): "no_response",
        frozenset({"yes"}): "given" if shared else "conflicts",
        frozenset({"no"}): "refused",
        frozenset({"perhaps"}): "follow_up",
        frozenset({"yes", "perhaps"}): "follow_up",
    }.get(frozenset(said), "conflicts")
    triage = _slow_triage(history, rows, consent, shared, triages, today)
    stands_no = bool(triages) and history.triages[triages[-1]].outcome == "do_not_vaccinate"
    return consent, triage, stands_no


def _end_days(history: History, own: list[Word], triages: list[int], today: date) -> None:
    """Day by day until today, take away what a child consented to alone that day and nobody has
    withdrawn or found invalid; with it goes what was found safe on it, if that is the last that a
    nurse decided by midnight, and what that had replaced.
    """
    stopped = {event.row for event in history.events if event.what in ("withdraw", "invalidate")}
    day = START.date() - timedelta(days=10)
    while day < today:
        day += timedelta(days=1)
        midnight = datetime.combine(day, time.min, tzinfo=LONDON)
        rows = [
            row
            for row, response in enumerate(history.responses)
            if response.responder == CHILD
            and (response.programme, response.academic_year) == WANTED
            and response.good_on == day - timedelta(days=1)
            and row not in stopped
        ]
        if not rows:
            continue
        own[:] = [word for word in own if word[1] not in rows]
        begun = min(history.responses[row].responded_at for row in rows)
        seen = [row for row in triages if history.triages[row].performed_at < midnight]
        if seen and history.triages[seen[-1]].outcome == "safe":
            gone = [row for row in seen if history.triages[row].performed_at >= begun]
            triages[:] = [row for row in triages if row not in gone]


def _last_word(said: list[Word], latest: dict[Word, datetime], views: dict[int, str]) -> int:
    """The row last spoken of, by trying all moments at which each may have been said: where that
    may be a refusal, it is one.
    """
    moments = [{at, latest.get((at, row), at)} for at, row in said]
    possible = {
        max(zip(tried, (row for _, row in said), strict=True))[1] for tried in product(*moments)
    }
    refusals = [
        (latest.get((at, row), at), row)
        for at, row in said
        if row in possible and views[row] != "yes"
    ]
    return max(refusals or said)[1]


def _slow_triage(history, rows, consent, shared, triages, today) -> str:
    worrying = [
        history.responses[r].responded_at for r in rows if history.responses[r].calls_for_triage
    ]
    if history.history_known_at:
        worrying.append(history.history_known_at)
    if not triages:
        return "needed" if consent == "given" and worrying else "not_needed"
    last = history.triages[triages[-1]]
    waits = last.outcome == "delay" and today < last.delay_until
    stops = last.outcome in ("do_not_vaccinate", "invite_to_clinic") or waits
    if consent != "given":
        return last.outcome if stops else "not_needed"
    if [moment for moment in worrying if moment > last.performed_at]:
        return "needed"
    if stops:
        return last.outcome
    fits = last.outcome == "safe" and (not last.method or last.method in shared)
    return "safe" if fits else "needed"


def status_of(history: History, today: date) -> tuple[str, str, bool]:
    scope = {"programme": WANTED[0], "academic_year": WANTED[1]}
    responses, triages = lapse_rules.as_of(history.responses, history.triages, today=today, **scope)
    return (
        str(rules.consent_status(responses, **scope)),
        str(
            rules.triage_status(
                responses,
                triages,
                today=today,
                history_known_at=history.history_known_at,
                **scope,
            )
        ),
        rules.is_decided_against(triages, **scope),
    )


@settings(max_examples=EXAMPLES)
@given(st.integers(min_value=0, max_value=2**40))
def test_the_status_of_any_history_is_that_of_the_slow_model(seed):
    random = Random(seed)
    for _ in range(HISTORIES):
        history = random_history(random)
        today = date(2026, 10, random.randint(1, 25))
        assert status_of(history, today) == slow_model(history, today), history
        shuffled = replace(
            history, responses=random.sample(history.responses, len(history.responses))
        )
        assert status_of(shuffled, today) == status_of(history, today)


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=2**40))
def test_a_later_refusal_always_blocks_whatever_triage_said(seed):
    random = Random(seed)
    for _ in range(100):
        history = random_history(random)
        later = START + timedelta(days=400)
        refusal = Response(
            responder=random.choice((1, 2, 3, 4)),
            programme=WANTED[0],
            academic_year=WANTED[1],
            decision="refused",
            responded_at=later,
            order=1000,
        )
        _triage(history, random, later + timedelta(hours=1))
        responses = [r for r in history.responses if r.responder != CHILD] + [refusal]
        scope = {"programme": WANTED[0], "academic_year": WANTED[1]}
        consent = rules.consent_status(responses, **scope)
        triage = rules.triage_status(responses, history.triages, today=date(2026, 10, 9), **scope)
        assert consent in ("refused", "conflicts")
        assert not rules.may_be_vaccinated(consent=consent, triage=triage)


def test_histories_reach_every_status():
    random = Random(4)
    seen = [status_of(random_history(random), date(2026, 10, 9)) for _ in range(20_000)]
    assert {consent for consent, _, _ in seen} == {
        "no_response",
        "given",
        "refused",
        "conflicts",
        "follow_up",
    }
    assert {triage for _, triage, _ in seen} == {
        "not_needed",
        "needed",
        "safe",
        "do_not_vaccinate",
        "delay",
        "invite_to_clinic",
    }
    assert ("given", "needed", True) in seen
    assert all(stands_no for _, triage, stands_no in seen if triage == "do_not_vaccinate")
