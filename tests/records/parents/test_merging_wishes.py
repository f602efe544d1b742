"""What two contacts wish who become one person: whether they get texts, and contact needs. 0070."""

import pytest

from activity.models import Entry
from cohorts.models import Parent
from tests.pages import page
from tests.records.parents.pages import merge, merge_address

pytestmark = pytest.mark.django_db
HERS, NEW = "+447700900401", "+447700900402"
WISHES = {"wants_text_updates": True, "contact_method": "other", "contact_method_details": "Slow"}


def has(relationship, **fields):
    Parent.objects.filter(pk=relationship.parent_id).update(**fields)


def wishes(relationship):
    return Parent.objects.filter(pk=relationship.parent_id).values(*WISHES).get()


@pytest.mark.parametrize("number_of_again", [HERS, NEW])
def test_where_both_have_a_number_and_wishes_differ_people_choose(
    nurse_client, mum, again, number_of_again
):
    has(mum, phone=HERS)
    has(again, phone=number_of_again, **WISHES)
    here = merge_address(mum, again.public_id)
    asked = page(nurse_client.get(here))
    assert "Other: Slow" in asked.text
    phone = {} if number_of_again == HERS else {"phone": "one"}
    sent = {"seen": asked.values["seen"], "email": "one"} | phone
    told = page(nurse_client.post(here, sent))
    assert set(told.errors) == {
        "Select whether they get updates by text message",
        "Select which contact needs are kept",
    }
    merge(nurse_client, mum, again.public_id, email="one", texts="one", needs="other", **phone)
    assert wishes(mum) == WISHES | {"wants_text_updates": False}
    body = Entry.objects.get(title="Contacts merged: Mo Lee").body
    assert "Text updates: No (not kept: Yes)" in body
    assert "Contact needs: Other: Slow (not kept: No needs)" in body


@pytest.mark.parametrize("mum_stays", [True, False])
def test_where_one_has_a_number_the_wishes_about_it_are_kept_with_it(
    nurse_client, mum, again, mum_stays
):
    has(again, phone=NEW, **WISHES)
    stays, goes = (mum, again) if mum_stays else (again, mum)
    asked = page(nurse_client.get(merge_address(stays, goes.public_id)))
    assert "Details that only one of them has are kept." in asked.text
    assert not {"phone", "texts", "needs"} & {one.get("name") for one in asked.all("input")}
    merge(nurse_client, stays, goes.public_id, email="one")
    assert wishes(stays) == WISHES
