"""Who came by a match alone is not asked or invited before somebody vouches for them. Consent §15;
lessons I24; docs/decisions/0071-strangers-are-not-asked.md.
"""

from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.urls import reverse

from activity.models import Entry
from cohorts.child_rows import UploadedParent
from cohorts.models import Contact, Parent, ParentRelationship
from cohorts.services.parents import ParentBook
from consent.models import Triage
from consent.selectors import asking
from consent.selectors.contacts import strangers_of
from consent.selectors.requests import recipients
from consent.services import matching, merging, requests, unmatching
from notifications.models import Message
from tests import factories
from tests.consent.online import NOW
from tests.consent.school import School
from tests.pages import page
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db
STRANGER = {"parent_name": "Di Lee", "email": "di@example.com", "phone": ""}


def add_stranger(child):
    return factories.RelationshipFactory(
        child=child,
        parent__full_name="Di Lee",
        parent__email="di@example.com",
        parent__phone="+447700900333",
        is_vouched_for=False,
    )


def written_to():
    return set(Message.objects.values_list("parent__full_name", flat=True))


@pytest.fixture
def school(organisation):
    return School(organisation)


@pytest.fixture
def jo(school):
    """A child of the school with Mum, and Di Lee whom nobody knows."""
    child = school.child(parents=0)
    factories.RelationshipFactory(
        child=child,
        parent__full_name="Mo Lee",
        parent__email="mo@example.com",
        parent__phone="+447700900001",
    )
    add_stranger(child)
    school.refresh(child)
    return child


def test_a_match_vouches_for_nobody_whom_it_adds(link):
    child = link.child()
    link.answer(**STRANGER)
    di = child.relationships.get(parent__full_name="Di Lee")
    assert not di.is_vouched_for
    assert child.relationships.get(parent__full_name="Mo Lee").is_vouched_for


@pytest.mark.parametrize("known", [{"email": "mo@example.com"}, {"phone": "+447700900001"}])
def test_whoever_shares_an_address_with_a_parent_is_vouched_for(link, known):
    child = link.child()
    link.answer(**STRANGER | known)
    assert child.relationships.filter(is_vouched_for=True).count() == 2


def test_two_names_at_one_strange_address_vouch_for_neither(link):
    child = link.child()
    link.answer(**STRANGER)
    link.answer(**STRANGER | {"parent_name": "Ed Lee"})
    assert set(
        child.relationships.filter(is_vouched_for=False).values_list("parent__full_name", flat=True)
    ) == {"Di Lee", "Ed Lee"}


def test_a_stranger_who_answers_again_is_not_told_what_was_decided(link, nurse):
    """The record has their address since the first answer, but nobody has vouched for it."""
    child = link.child()
    link.answer(**STRANGER)
    Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=link.organisation,
        session=link.session,
        academic_year=2026,
        outcome="do_not_vaccinate",
        performed_by=nurse,
        performed_at=NOW,
    )
    link.answer(**STRANGER)
    assert not Message.objects.filter(template__startswith="triage_").exists()
    child.relationships.get(parent__full_name="Di Lee").vouch()
    link.answer(**STRANGER)
    told = Message.objects.get(template__startswith="triage_")
    assert told.recipient == "di@example.com"


def test_the_job_asks_and_counts_whom_somebody_vouches_for(school, jo):
    assert school.run("2026-12-22") == 1
    assert written_to() == {"Mo Lee"}
    found = asking.preview(school.with_days(), now=at("2027-01-04T10:00"))
    assert (found.parents, found.emails, found.texts) == (1, 1, 1)


@pytest.mark.parametrize(
    "unreachable",
    [
        {"email": "", "phone": ""},
        {"email_failed_at": NOW, "phone_failed_at": NOW},
        {"email": "", "contact_method": "voice"},
    ],
)
def test_a_stranger_is_asked_where_nobody_else_can_be(school, jo, unreachable):
    Parent.objects.filter(full_name="Mo Lee").update(**unreachable)
    school.run("2026-12-22")
    assert written_to() == {"Di Lee"}


def test_a_request_by_hand_says_who_does_not_get_it(organisation, school, jo, nurse):
    [mum, di] = recipients(jo)
    assert (len(mum.addresses), mum.why_not != "") == (2, True)
    assert (di.addresses, di.is_new) == ([], True)
    assert di.why_not == "A new contact, whom nobody has confirmed yet"
    sent = requests.send_request(
        child=jo,
        session=school.with_days(),
        form_token=jo.public_id,
        is_repeat_confirmed=False,
        now=at("2026-12-28T10:00"),
        by=nurse,
    )
    assert sent.parents == 1
    assert written_to() == {"Mo Lee"}


def test_of_two_new_contacts_the_page_says_why_one_cannot_be_reached(jo):
    """Nobody else can be: the other one is asked."""
    Parent.objects.filter(full_name="Mo Lee").update(email="", phone="")
    factories.RelationshipFactory(
        child=jo, parent__email="", parent__phone="", is_vouched_for=False
    )
    mum, di, ed = recipients(jo)
    assert (len(di.addresses), di.is_new) == (2, False)
    assert (ed.addresses, ed.is_new, ed.why_not) == ([], False, mum.why_not)
    assert mum.why_not == "No contact details"


def test_the_clinic_invites_whom_somebody_vouches_for(organisation):
    clinic = Clinic(organisation, dates=[date(2027, 1, 25)])
    child = clinic.child()
    stranger = add_stranger(child)
    assert clinic.plan("2027-01-04T09:00") == 1
    assert {one.parent_id for one in clinic.messages(child)} == set(
        child.relationships.exclude(pk=stranger.pk).values_list("parent_id", flat=True)
    )


@pytest.mark.parametrize(
    ("uploaded", "is_vouched_for"),
    [
        (UploadedParent("Di Lee", "di@example.com", "", "unknown"), True),
        (UploadedParent("", "", "+447700900333", "unknown"), True),
        (UploadedParent("Di Lee", "", "", "unknown"), False),
    ],
)
def test_a_file_vouches_for_whose_address_it_gives(organisation, jo, uploaded, is_vouched_for):
    book = ParentBook(organisation)
    book.load([jo], [uploaded])
    book.take(book.reconcile([uploaded], jo), jo)
    book.save()
    assert ParentRelationship.objects.get(parent__full_name="Di Lee").is_vouched_for is (
        is_vouched_for
    )
    assert jo.relationships.count() == 2


def test_who_is_merged_with_a_parent_is_vouched_for(jo):
    mum, di = jo.relationships.order_by("pk")
    merging.keep_marks(di, mum)
    di.refresh_from_db()
    assert di.is_vouched_for


def test_a_person_confirms_a_new_contact_on_the_childs_record(jo, nurse_client):
    di = jo.relationships.get(parent__full_name="Di Lee")
    record = reverse("children:show", kwargs={"public_id": jo.public_id})
    confirm = reverse(
        "children:confirm-parent", kwargs={"public_id": jo.public_id, "parent_id": di.public_id}
    )
    words = "Di Lee is a new contact, known only from an online response."
    assert words in page(nurse_client.get(record), names_person=True).text
    assert strangers_of(jo) == {di.parent_id}
    assert nurse_client.get(confirm).status_code == 405
    for _ in range(2):
        shown = page(nurse_client.post(confirm, follow=True), names_person=True)
        assert shown.banner == "Di Lee confirmed as parent or guardian"
        assert words not in shown.text
    assert strangers_of(jo) == set()
    entry = Entry.objects.get(kind="record")
    assert entry.title == "Confirmed as parent or guardian: Di Lee (Mum)"
    assert Contact.objects.filter(child=jo, is_asked=True).count() == 4


def test_nobody_confirms_a_contact_of_a_hidden_record_or_of_others(
    jo, nurse_client, client_elsewhere
):
    di = jo.relationships.get(parent__full_name="Di Lee")
    names = {"public_id": jo.public_id, "parent_id": di.public_id}
    confirm = reverse("children:confirm-parent", kwargs=names)
    assert client_elsewhere.post(confirm).status_code == 404
    jo.restricted_at = NOW
    jo.save()
    assert nurse_client.post(confirm).status_code == 404
    di.refresh_from_db()
    assert not di.is_vouched_for


@pytest.mark.parametrize("way", ["confirm-parent", "add-parent"])
def test_who_was_confirmed_stays_where_the_response_is_about_another_child(
    link, nurse_client, administrator, way
):
    child = link.child()
    response = link.answer(**STRANGER)
    di = child.relationships.get(parent__full_name="Di Lee")
    names = {"public_id": child.public_id}
    if way == "confirm-parent":
        names["parent_id"] = di.public_id
        nurse_client.post(reverse("children:confirm-parent", kwargs=names))
    else:
        typed = {"full_name": "Di Lee", "email": "di@example.com", "kind": di.kind}
        typed |= {"phone": "", "contact_method": "any"}
        nurse_client.post(reverse("children:add-parent", kwargs=names), typed)
    unmatching.undo_match(
        response_id=response.pk, child=child, reason="Another Jo", by=administrator, now=NOW
    )
    assert child.relationships.get(pk=di.pk).is_vouched_for


MIGRATION = "consent.migrations.0015_vouch_for_nobody_who_came_by_a_match"


def test_of_those_before_nobody_vouches_for_who_came_by_a_match_alone(link, nurse):
    """Migration 0015 of consent decides as matching does since."""
    child = link.child()

    def stranger(name, phone=""):
        given = {"parent_name": name, "email": f"{name.lower()}@example.com", "phone": phone}
        link.answer(**given)
        return given, child.relationships.get(parent__full_name=name)

    stranger("Di")
    stranger("Flo", phone="+447700900001")
    _, told = stranger("Ed")
    _, silent = stranger("Gus")
    answered, _ = stranger("Hal")
    about = {"child": child, "session": link.session, "recorded_by": nurse}
    factories.ResponseFactory(parent=told.parent, decision="given", **about)
    factories.ResponseFactory(parent=silent.parent, decision="not_provided", **about)
    again = link.response(given_name="Joseph", **answered)
    matching.link(response_id=again.pk, child=child, by=nurse, now=NOW)
    by_hand = link.response(parent_name="Ida", email="ida@example.com", given_name="Joseph")
    matching.link(response_id=by_hand.pk, child=child, by=nurse, now=NOW)
    child.relationships.update(is_vouched_for=True)
    [operation] = import_module(MIGRATION).Migration.operations
    with connection.cursor() as cursor:
        for statement in operation.sql:
            cursor.execute(statement)
    strangers = child.relationships.filter(is_vouched_for=False)
    assert set(strangers.values_list("parent__full_name", flat=True)) == {"Di", "Gus"}
