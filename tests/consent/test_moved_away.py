"""A child who moved to another organisation: each side keeps its own contacts and pages."""

import pytest
from django.urls import reverse

from cohorts.services import school_moves
from consent.facts import consent_facts
from consent.models import ConsentResponse
from consent.selectors.contacts import known_contacts
from consent.selectors.responses import later_answer
from consent.services.contacts import Details, stored_details
from consent.services.who_answers import ContactGone, KnownParent, responder_of
from sessions_app import statuses
from tests import factories
from tests.conftest import signed_in
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


class Elsewhere:
    """The session of the child's new school."""

    def __init__(self, organisation):
        self.session = factories.SessionFactory(
            organisation=organisation, dates=[at("2027-01-20T10:00").date()]
        )


@pytest.fixture
def there(elsewhere):
    return Elsewhere(elsewhere)


def move_away(child, there, nurse):
    school = school_moves.Schooling(there.session.location_id, None)
    school_moves.propose([school_moves.Proposal(child, school)], source="cohort", now=NOW)
    school_moves.confirm(move_id=child.school_moves.get().pk, by=nurse, now=NOW)
    child.refresh_from_db()
    statuses.refresh([child.pk], today=NOW.date())
    return child


@pytest.fixture
def moved(child, mum, answered, nurse, there):
    """Mum answered; then the child moved away, and a brother stays: mum goes along as a copy."""
    answered(child, "refused", parent=mum)
    factories.RelationshipFactory(
        child=factories.ChildFactory(organisation=child.organisation), parent=mum
    )
    return move_away(child, there, nurse)


def test_only_the_contacts_of_the_present_organisation_are_offered(moved, mum, elsewhere):
    [contact] = known_contacts(moved)
    assert contact.parent != mum
    assert contact.parent.organisation == elsewhere


@pytest.mark.parametrize(
    ("before", "after"), [("refused", "given"), ("given", "refused"), ("given", "given")]
)
def test_consent_9_3_who_goes_along_as_a_copy_is_one_person_whose_last_word_counts(
    child, mum, answered, nurse, there, nurse_elsewhere, before, after
):
    """Else an earlier no of the person left behind blocks, or conflicts with, the later yes."""
    brother = factories.ChildFactory(organisation=child.organisation)
    factories.RelationshipFactory(child=brother, parent=mum)
    session = child.memberships.get().session
    of_brother = factories.ResponseFactory(child=brother, parent=mum, session=session)
    first = answered(child, before, parent=mum)
    move_away(child, there, nurse)
    [copy] = known_contacts(child)
    first.refresh_from_db()
    assert (first.parent, first.parent_name) == (copy.parent, mum.full_name)
    of_brother.refresh_from_db()
    assert of_brother.parent == mum
    later = factories.ResponseFactory(
        child=child,
        session=there.session,
        parent=copy.parent,
        decision=after,
        reason="personal" if after == "refused" else "",
        responded_at=NOW,
    )
    assert consent_facts([child.pk], 2026, NOW.date()) == {(child.pk, "hpv"): after}
    assert later_answer(first) == later


def test_another_organisations_parent_is_never_written_to(moved, mum, there, nurse_elsewhere):
    """Not even where the page was opened before the move."""
    before = stored_details(mum)
    new = KnownParent(mum.pk, Details("new@example.com"), replaces_details=True)
    with pytest.raises(ContactGone):
        responder_of(moved, there.session, new, programmes=["hpv"], now=NOW, by=nurse_elsewhere)
    mum.refresh_from_db()
    assert stored_details(mum) == before


def test_a_response_without_a_page_is_listed_without_a_link(moved, there, nurse_elsewhere):
    client = signed_in(nurse_elsewhere)
    names = {"slug": there.session.slug, "public_id": moved.public_id}
    shown = page(client.get(reverse("consent:child", kwargs=names)), names_person=True)
    old = ConsentResponse.objects.get()
    assert shown.rows[0][0] == f"{old.parent_name}Mum"
    assert shown.rows[0][1].endswith(", for another organisation")
    address = reverse("consent:show-response", kwargs=names | {"response_id": old.public_id})
    assert client.get(address).status_code == 404
    assert address not in shown.links.values()
    new = factories.ResponseFactory(child=moved, session=there.session)
    shown = page(client.get(reverse("consent:child", kwargs=names)), names_person=True)
    address = reverse("consent:show-response", kwargs=names | {"response_id": new.public_id})
    assert address in shown.links.values()
    assert client.get(address).status_code == 200
