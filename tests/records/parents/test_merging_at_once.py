"""Contacts are merged while others work on them: on real transactions. Decision 0070."""

import pytest
from django.urls import reverse

from activity.models import Entry
from records.merge_views import GONE
from records.parent_views import GONE as REMOVED
from tests import factories
from tests.pages import page
from tests.records.parents.pages import address
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def again(mum):
    return factories.RelationshipFactory(
        child=mum.child,
        parent__organisation=mum.child.organisation,
        parent__full_name="Mo Lee",
        parent__email="mo.new@example.com",
        parent__phone="",
        kind="mother",
    )


def merging(client, stays, goes, email):
    names = {
        "public_id": stays.child.public_id,
        "parent_id": stays.public_id,
        "other_id": goes.public_id,
    }
    here = reverse("children:merge-parents", kwargs=names)
    sent = {"seen": page(client.get(here)).values["seen"], "email": email}
    return lambda: page(client.post(here, sent, follow=True), names_person=True).banner


@pytest.mark.parametrize("is_same_way", [True, False])
def test_two_people_who_merge_one_pair_at_once_merge_it_once(
    nurse_client, administrator_client, mum, again, is_same_way
):
    pair = (mum, again) if is_same_way else (again, mum)
    told = at_once(
        merging(nurse_client, mum, again, "one"), merging(administrator_client, *pair, "one")
    )
    assert sorted(told) == ["Contacts merged", GONE]
    assert mum.child.relationships.count() == 1
    assert Entry.objects.filter(title__startswith="Contacts merged").count() == 1


def test_who_is_removed_while_somebody_merges_them(nurse_client, administrator_client, mum, again):
    told = at_once(
        merging(nurse_client, mum, again, "one"),
        lambda: (
            page(
                administrator_client.post(address("remove-parent", again), follow=True),
                names_person=True,
            ).banner
        ),
    )
    assert sorted(told) in (
        sorted(["Contacts merged", REMOVED]),
        sorted([GONE, "Parent or guardian removed from the record"]),
    )
    assert list(mum.child.relationships.all()) == [mum]


def test_who_is_changed_while_somebody_merges_them(nurse_client, mum, again):
    """The page that was opened before says so, and merges nothing."""
    names = {"public_id": mum.child.public_id, "parent_id": mum.public_id}
    here = reverse("children:merge-parents", kwargs=names | {"other_id": again.public_id})
    opened = {"seen": page(nurse_client.get(here)).values["seen"], "email": "one"}
    sent = dict(page(nurse_client.get(address("change-parent", again))).values)
    nurse_client.post(address("change-parent", again), sent | {"email": "third@example.com"})
    told = page(nurse_client.post(here, opened, follow=True))
    assert "Somebody has changed one of these contacts" in told.banner
    assert "third@example.com" in told.text
    radios = told.all("input", type="radio")
    assert not [one for one in radios if "checked" in one.attrib], "nothing is chosen any more"
    assert mum.child.relationships.count() == 2


def test_an_answer_about_a_brother_that_came_meanwhile_is_shown_first(nurse_client, mum, again):
    ben = factories.ChildFactory(organisation=mum.child.organisation)
    for one in (mum, again):
        factories.RelationshipFactory(child=ben, parent=one.parent)
    names = {"public_id": mum.child.public_id, "parent_id": mum.public_id}
    here = reverse("children:merge-parents", kwargs=names | {"other_id": again.public_id})
    opened = {"seen": page(nurse_client.get(here)).values["seen"], "email": "one"}
    factories.ResponseFactory(child=ben, parent=again.parent)
    told = page(nurse_client.post(here, opened, follow=True))
    assert "one of them has answered" in told.banner
    assert ben.relationships.count() == 2
