"""Several people who record at the same moment: on real transactions. Source: consent §6."""

import pytest

from cohorts.models import Parent
from consent.models import ConsentResponse, ResponseDraft
from consent.services import matching
from consent.services.contacts import Details
from consent.services.responses import Answer, Given, record_response
from consent.services.who_answers import KnownParent
from tests import factories
from tests.consent.online import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ROUNDS = 4


@pytest.fixture
def siblings(link):
    """A brother and a sister, in the order of their ids, with the mother they share."""
    older = link.child(given_name="Al")
    younger = link.child(given_name="Jo", mum=False)
    mum = older.relationships.get().parent
    factories.RelationshipFactory(child=younger, parent=mum)
    return older, younger


def recording(link, child, who, by):
    """A job that records a refusal about a child by phone, with a new number of the parent."""
    draft = ResponseDraft.objects.create(
        owner=by, session=link.session, child=child, programme_id="hpv"
    )
    answer = Answer(programme="hpv", decision="refused", reason="personal")
    given = Given(who=who, route="phone", answers=[answer])
    return lambda: record_response(draft_id=draft.pk, given=given, now=NOW, by=by)


def with_number(parent, number):
    return KnownParent(parent.pk, Details(parent.email, number), replaces_details=True)


def test_two_nurses_who_record_siblings_do_not_block_each_other(link, siblings, nurse):
    other = factories.UserFactory(organisation=link.organisation)
    mum = Parent.objects.get()
    for n in range(ROUNDS):
        jobs = [
            recording(link, child, with_number(mum, f"+44770090{n}00{m}"), by)
            for m, (child, by) in enumerate(zip(siblings, (nurse, other), strict=True))
        ]
        at_once(*jobs)
    assert ConsentResponse.objects.count() == 2 * ROUNDS


def test_a_nurse_and_the_matching_of_a_siblings_answer_do_not_block_each_other(
    link, siblings, nurse
):
    older, younger = siblings
    mum = Parent.objects.get()
    for n in range(ROUNDS):
        response = link.response(given_name="Al", email=f"{n}@example.com")
        at_once(
            recording(link, younger, with_number(mum, f"+447700900{n}00"), nurse),
            lambda pk=response.pk: matching.match(pk, now=NOW),
        )
    assert ConsentResponse.objects.filter(child=older).count() == ROUNDS
    assert ConsentResponse.objects.filter(child=younger).count() == ROUNDS


def test_a_former_contacts_own_children_are_locked_with_the_child(link, siblings, nurse):
    """Their statuses are refreshed too, though they share no parent with the child."""
    former = Parent.objects.get()
    child = link.child(given_name="Sam", mum=False)
    factories.ResponseFactory(child=child, session=link.session, parent=former)
    for n in range(ROUNDS):
        number = f"+447700901{n}00"
        at_once(
            recording(link, child, with_number(former, number), nurse),
            recording(link, siblings[0], with_number(former, number), nurse),
        )
    assert ConsentResponse.objects.count() == 2 * ROUNDS + 1
