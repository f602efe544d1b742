"""Contacts are merged while others work on them: on real transactions. Decision 0070."""

import pytest
from django.urls import reverse

from activity.models import Entry
from records.merge_views import CHANGED, GONE
from records.parent_views import GONE as REMOVED
from tests import factories
from tests.pages import page
from tests.records.parents.pages import address, form_of
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def banner(response):
    """Of the record, or of the page that was to be seen anew."""
    is_record = "/parents/" not in response.request["PATH_INFO"]
    return page(response, names_person=is_record).banner


def merging(client, stays, goes, email):
    names = {
        "public_id": stays.child.public_id,
        "parent_id": stays.public_id,
        "other_id": goes.public_id,
    }
    here = reverse("children:merge-parents", kwargs=names)
    sent = {"seen": page(client.get(here)).values["seen"], "email": email}
    return lambda: banner(client.post(here, sent, follow=True))


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
        lambda: banner(administrator_client.post(address("remove-parent", again), follow=True)),
    )
    assert sorted(told) in (
        sorted(["Contacts merged", REMOVED]),
        sorted([GONE, "Parent or guardian removed from the record"]),
    )
    assert list(mum.child.relationships.all()) == [mum]


def test_who_is_corrected_while_somebody_merges_them(
    nurse_client, administrator_client, mum, again
):
    """Whoever comes second reads so, and what the first did stands."""
    typed = form_of(administrator_client, again) | {"email": "third@example.com"}
    told = at_once(
        merging(nurse_client, mum, again, "other"),
        lambda: banner(
            administrator_client.post(address("change-parent", again), typed, follow=True)
        ),
    )
    emails = sorted(one.parent.email for one in mum.child.relationships.select_related("parent"))
    assert (*told, emails) in (
        ("Contacts merged", REMOVED, ["mo.new@example.com"]),
        (CHANGED, "Parent or guardian changed", ["mo@example.com", "third@example.com"]),
    )


def test_who_is_merged_with_two_others_at_once(nurse_client, administrator_client, mum, again):
    """One merge is done; the other is done with what came of it, or not at all."""
    third = factories.RelationshipFactory(
        child=mum.child, parent__email="mo.third@example.com", parent__phone="", kind="mother"
    )
    third.parent.full_name = "Mo Lee"
    third.parent.save()
    told = at_once(
        merging(nurse_client, mum, again, "one"),
        merging(administrator_client, again, third, "one"),
    )
    left = mum.child.relationships.count()
    assert (sorted(told), left) in (
        (["Contacts merged"] * 2, 1),
        (sorted(["Contacts merged", GONE]), 2),
        (sorted(["Contacts merged", CHANGED]), 2),
    )
    assert Entry.objects.filter(title__startswith="Contacts merged").count() == 3 - left
