"""Adding somebody who is a parent on record already: nothing typed is lost. Consent §3; E07."""

import pytest
from django.urls import reverse

from cohorts.models import Child, Parent
from sessions_app import statuses
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.pages import count_queries, page
from tests.records.parents.pages import NOW, address, log_of

pytestmark = pytest.mark.django_db
PHONE = "+447987654321"


@pytest.fixture
def here(child):
    return reverse("children:add-parent", kwargs={"public_id": child.public_id})


@pytest.fixture
def dad():
    """Dad as he is typed, who wants texts."""
    return {
        "full_name": "Di Lee",
        "kind": "father",
        "email": "di@example.com",
        "phone": "07987 654321",
        "texts": "on",
        "contact_method": "any",
    }


@pytest.fixture
def stored():
    """Dad as he is stored, so that nothing differs."""
    return {
        "full_name": "di lee",
        "email": "di@example.com",
        "phone": PHONE,
        "wants_text_updates": True,
    }


@pytest.fixture
def brother(clinic):
    return clinic.child(given_name="Al", family_name="Lee", parents=0)


def parent_of(child, stored, **fields):
    details = {f"parent__{name}": value for name, value in (stored | fields).items()}
    return factories.RelationshipFactory(
        child=child, kind="guardian", parent__organisation=child.organisation, **details
    )


def test_the_parent_of_a_brother_is_shared_and_the_relationship_is_as_typed(
    nurse_client, child, brother, here, dad, stored
):
    of_brother = parent_of(brother, stored)
    nurse_client.post(here, dad | {"kind": "other", "other_name": "Stepdad"})
    added = child.relationships.get(parent=of_brother.parent)
    assert added.label == "Stepdad"
    of_brother.refresh_from_db()
    assert of_brother.kind == "guardian"


def test_another_number_is_another_person(nurse_client, child, brother, here, dad, stored):
    of_brother = parent_of(brother, stored, phone="+447700900123")
    nurse_client.post(here, dad)
    added = child.relationships.get(kind="father").parent
    assert added != of_brother.parent
    assert (added.phone, added.wants_text_updates) == (PHONE, True)


@pytest.mark.parametrize(
    ("differs", "field", "said"),
    [
        ({"wants_text_updates": False}, "texts", "text updates “No”"),
        ({"contact_method": "voice"}, "contact_method", "“Can only receive voice calls”"),
        (
            {"contact_method": "other", "contact_method_details": "Signs"},
            "contact_method",
            "contact needs “Other: Signs”",
        ),
    ],
)
def test_what_the_brothers_record_says_otherwise_is_said_and_nothing_typed_is_lost(
    nurse_client, child, brother, here, dad, stored, differs, field, said
):
    of_brother = parent_of(brother, stored, **differs)
    refused = page(nurse_client.post(here, dad))
    [error] = refused.errors
    assert error.startswith("di lee is on the record of Al Lee already, with ")
    assert said in error
    assert refused.errors[error] == f"#id_{field}"
    assert refused.links["Change di lee (opens in new tab)"] == address("change-parent", of_brother)
    assert {name: refused.values[name] for name in dad} == dad | {"texts": "true"}
    assert child.relationships.count() == 1
    Parent.objects.filter(pk=of_brother.parent_id).update(
        wants_text_updates=True, contact_method="any", contact_method_details=""
    )
    nurse_client.post(here, refused.values)
    assert child.relationships.filter(parent=of_brother.parent).exists()


@pytest.mark.parametrize(
    ("differs", "typed", "field", "said"),
    [
        ({}, {}, "kind", "relationship “Guardian”"),
        ({"wants_text_updates": False}, {"kind": "guardian"}, "texts", "text updates “No”"),
        (
            {"phone": "", "wants_text_updates": False},
            {"kind": "guardian"},
            "phone",
            "phone number “none”",
        ),
        ({"full_name": ""}, {"kind": "guardian"}, "full_name", "full name “none”"),
    ],
)
def test_what_this_record_says_otherwise_is_said(
    nurse_client, child, here, dad, stored, differs, typed, field, said
):
    own = parent_of(child, stored, **differs)
    refused = page(nurse_client.post(here, dad | typed))
    said_there = {href: error for error, href in refused.errors.items()}[f"#id_{field}"]
    assert "on this record already" in said_there
    assert said in said_there
    assert address("change-parent", own) in refused.links.values()
    assert child.relationships.count() == 2
    own.refresh_from_db()
    assert own.kind == "guardian"


def test_an_address_that_failed_and_is_given_again_is_tried_again(
    nurse_client, child, brother, here, dad, stored
):
    of_brother = parent_of(brother, stored, email_failed_at=NOW, phone_failed_at=NOW)
    statuses.refresh([brother.pk], today=NOW.date())
    status = ProgrammeStatus.objects.get(child=brother, programme_id="hpv")
    assert status.exclusion == "no_contact"
    nurse_client.post(here, dad)
    of_brother.parent.refresh_from_db()
    assert (of_brother.parent.email_failed_at, of_brother.parent.phone_failed_at) == (None, None)
    status.refresh_from_db()
    assert status.exclusion == ""
    told = log_of(brother)["Messages to a parent or guardian are tried again"]
    assert "di@example.com" in told.body


def test_who_is_no_childs_parent_any_more_comes_back_as_typed(
    nurse_client, child, here, dad, stored
):
    gone = parent_of(child, stored, wants_text_updates=False, email_failed_at=NOW)
    gone.delete()
    nurse_client.post(here, dad)
    back = child.relationships.get(kind="father").parent
    assert back == gone.parent
    assert (back.full_name, back.wants_text_updates, back.email_failed_at) == ("Di Lee", True, None)


@pytest.mark.parametrize("differs", [{}, {"wants_text_updates": False}])
def test_nothing_tells_of_a_sensitive_record(
    nurse_client, child, brother, here, dad, stored, differs
):
    """Its parents are hidden: who is added is a person apart."""
    hidden = parent_of(brother, stored, **differs)
    Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
    done = page(nurse_client.post(here, dad, follow=True), names_person=True)
    assert done.banner == "Parent or guardian added"
    assert child.relationships.get(kind="father").parent != hidden.parent


def test_a_sensitive_child_of_a_shared_parent_is_not_named(
    nurse_client, child, brother, clinic, here, dad, stored
):
    sister = clinic.child(given_name="Bo", family_name="Lee", parents=0)
    hidden = parent_of(brother, stored, wants_text_updates=False)
    factories.RelationshipFactory(child=sister, parent=hidden.parent)
    Child.objects.filter(pk=brother.pk).update(restricted_at=NOW)
    refused = page(nurse_client.post(here, dad))
    assert "Bo Lee" in refused.text
    assert "Al Lee" not in refused.text


def test_the_same_queries_however_large_the_family(
    nurse_client, child, brother, clinic, here, dad, stored
):
    known = parent_of(brother, stored, wants_text_updates=False)
    few = count_queries(lambda: nurse_client.post(here, dad))
    for number in range(4):
        other = clinic.child(given_name=f"Bo{number}", family_name="Lee")
        factories.RelationshipFactory(child=other, parent=known.parent)
    assert count_queries(lambda: nurse_client.post(here, dad)) == few
