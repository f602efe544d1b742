"""A response about a child whom another organisation has raises a school move there, and says
nothing of it to anybody else. Source: consent §5 and §15; decision 0043.
"""

from datetime import timedelta

import pytest
from django.urls import reverse

from cohorts.models import Child, SchoolMove
from cohorts.services import school_moves
from consent.models import OnlineResponse
from consent.services import matching, moving_in, online_replies
from notifications.models import Message
from tests import factories
from tests.consent.online import NOW, Link, waiting
from tests.pages import count_queries, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def away(elsewhere):
    """The other organisation, with a session at a school of its own."""
    return Link(elsewhere, school_name="Far School")


@pytest.fixture
def child(away):
    return away.child(postcode="CV1 2AB")


def moves():
    return list(SchoolMove.objects.filter(decision=""))


def test_consent_15_a_move_waits_with_whoever_has_the_child(link, child, elsewhere):
    response = link.answer()
    assert waiting() == [response], "nothing is matched across organisations"
    [move] = moves()
    assert (move.child, move.school) == (child, link.school)
    assert (move.organisation, move.source) == (elsewhere, SchoolMove.Source.CONSENT)
    child.refresh_from_db()
    assert (child.organisation, child.school.name) == (elsewhere, "Far School")


def test_consent_15_once_it_is_confirmed_the_response_finds_the_child(
    link, child, nurse_elsewhere, organisation
):
    response = link.answer()
    [move] = moves()
    school_moves.confirm(move_id=move.pk, by=nurse_elsewhere, now=NOW)
    assert matching.match_waiting(now=NOW + timedelta(minutes=1), organisation_id=organisation.pk)
    response.refresh_from_db()
    child.refresh_from_db()
    assert (response.child, child.organisation) == (child, organisation)
    assert child.statuses.get(programme="hpv").consent == "given"
    assert moves() == []


def test_consent_15_each_side_sees_its_share_only(link, child, nurse_client, client_elsewhere):
    response = link.answer(parent_name="Pat Poole", email="pat@example.com")
    here, there = reverse("unmatched:list"), reverse("school-moves:list")
    assert "There are currently no school moves." in page(nurse_client.get(there)).text
    [move] = moves()
    address = reverse("school-moves:show", kwargs={"public_id": move.public_id})
    assert nurse_client.get(address).status_code == 404
    assert "Jo Lee" in page(nurse_client.get(here)).text
    for step in ("match", "create"):
        shown = nurse_client.get(
            reverse(f"unmatched:{step}", kwargs={"public_id": response.public_id})
        )
        for word in ("Far School", "another organisation", "Elsewhere"):
            assert word not in page(shown).text
    listed = page(client_elsewhere.get(there))
    assert "Far School to Pilot School (Coventry SAIS)" in listed.text
    shown = page(client_elsewhere.get(address)).text
    assert "Consent response" in listed.text
    assert "Jo Lee" not in page(client_elsewhere.get(here)).text
    assert "Pilot School" in shown
    for what_was_answered in ("Pat Poole", "pat@example.com"):
        assert what_was_answered not in shown


def test_the_parent_reads_the_same_whether_or_not_another_organisation_has_the_child(link, child):
    def told(**fields):
        response = link.answer(**fields)
        online_replies.confirm(response.pk, now=NOW)
        messages = Message.objects.filter(recipient=response.email).order_by("pk")
        return [(one.template, one.channel, one.due_at, one.child_id) for one in messages]

    known = told(email="known@example.com")
    assert moves()
    unknown = told(given_name="Nobody", email="unknown@example.com")
    assert known == unknown != []


def born_another_day(link, away, child):
    return {"date_of_birth": child.date_of_birth - timedelta(days=1)}


def twin(link, away, child):
    return {"given_name": "Ann"}


def other_postcode(link, away, child):
    return {"postcode": "CV6 5EX"}


def refusal(link, away, child):
    refused = {"programme_id": "hpv", "decision": "refused", "reason": "personal"}
    return {"address_line_1": "", "town": "", "postcode": "", "decisions": [refused]}


def two_elsewhere(link, away, child):
    away.child(postcode="CV1 2AB")
    return {}


def died(link, away, child):
    Child.objects.filter(pk=child.pk).update(date_of_death=NOW.date())
    return {}


def invalid(link, away, child):
    Child.objects.filter(pk=child.pk).update(invalidated_at=NOW)
    return {}


def in_nobodys_cohort(link, away, child):
    Child.objects.filter(pk=child.pk).update(organisation=None)
    return {}


def another_number(link, away, child):
    Child.objects.filter(pk=child.pk).update(nhs_number="9994712209")
    return {"nhs_number": "9994712217"}


def taught_at_home(link, away, child):
    return {"school": None, "home_educated": True}


def a_school_of_others(link, away, child):
    return {"school": factories.SchoolFactory(team=away.school.team)}


CASES = [
    born_another_day,
    twin,
    other_postcode,
    refusal,
    two_elsewhere,
    died,
    invalid,
    in_nobodys_cohort,
    another_number,
    taught_at_home,
    a_school_of_others,
]


@pytest.mark.parametrize("case", CASES)
def test_none_is_raised_on_less_than_certainty(link, away, child, case):
    response = link.answer(**case(link, away, child))
    assert waiting() == [response]
    assert moves() == []


def test_what_already_waits_there_stays(link, away, child):
    """Who is unknown there replaces nothing that a file said."""
    birch = school_moves.Schooling(factories.SchoolFactory(team=away.school.team).pk, None)
    school_moves.propose([school_moves.Proposal(child, birch)], source="cohort", now=NOW)
    link.answer()
    [move] = moves()
    assert move.source == SchoolMove.Source.COHORT


def test_it_asks_once_a_response(link, child, nurse_elsewhere):
    link.answer()
    [move] = moves()
    school_moves.ignore(move_id=move.pk, by=nurse_elsewhere, now=NOW)
    matching.match_waiting(now=NOW + timedelta(days=1))
    assert moves() == []
    link.answer(parent_name="Di Lee", email="di@example.com")
    assert len(moves()) == 1, "a parent who says so again is news"


def test_asking_takes_the_same_queries_of_the_search_for_many(link, away, child):
    def look(responses):
        ids = [response.pk for response in responses]
        return count_queries(lambda: moving_in.may_move_here(fetched(ids), {}))

    def fetched(ids):
        return list(OnlineResponse.objects.select_related("school__team").filter(pk__in=ids))

    few = look([link.response()])
    many = look([link.response() for _ in range(6)])
    assert few == many
