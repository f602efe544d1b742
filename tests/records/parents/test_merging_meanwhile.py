"""What came between the page that was opened and the button that is pressed. Decision 0070."""

import pytest

from records.merge_views import CHANGED
from records.merge_views import GONE as NO_PAIR
from records.parent_views import GONE
from tests import factories
from tests.pages import page
from tests.records.parents.pages import address, form_of, merge, merge_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(nurse_client, mum, again):
    """Presses the button of the page as it was opened; what is read then."""
    here = merge_address(mum, again.public_id)
    sent = {"seen": page(nurse_client.get(here)).values["seen"], "email": "one"}
    return lambda: page(nurse_client.post(here, sent, follow=True))


def test_whose_details_were_changed_are_shown_first(nurse_client, mum, again, opened):
    sent = form_of(nurse_client, again) | {"email": "third@example.com"}
    nurse_client.post(address("change-parent", again), sent)
    told = opened()
    assert CHANGED in told.banner
    assert "third@example.com" in told.text
    radios = told.all("input", type="radio")
    assert not [one for one in radios if "checked" in one.attrib], "nothing is chosen any more"
    assert mum.child.relationships.count() == 2


def test_a_brother_who_came_is_shown_first(mum, again, opened):
    ben = factories.ChildFactory(organisation=mum.child.organisation)
    factories.RelationshipFactory(child=ben, parent=again.parent)
    told = opened()
    assert told.banner == CHANGED
    assert ben.full_name in told.text
    assert list(ben.relationships.values_list("parent", flat=True)) == [again.parent_id]


def test_an_answer_about_a_brother_is_shown_first(nurse_client, mum, again):
    ben = factories.ChildFactory(organisation=mum.child.organisation)
    for one in (mum, again):
        factories.RelationshipFactory(child=ben, parent=one.parent)
    here = merge_address(mum, again.public_id)
    sent = {"seen": page(nurse_client.get(here)).values["seen"], "email": "one"}
    factories.ResponseFactory(child=ben, parent=again.parent)
    assert page(nurse_client.post(here, sent, follow=True)).banner == CHANGED
    assert ben.relationships.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("name", "said"), [("change-parent", GONE), ("remove-parent", GONE), ("merge-parent", NO_PAIR)]
)
def test_who_was_merged_is_on_the_record_no_more(nurse_client, mum, again, name, said, method):
    """As a colleague reads who had the record open before."""
    merge(nurse_client, mum, again.public_id, email="one")
    told = getattr(nurse_client, method)(address(name, again), follow=True)
    assert page(told, names_person=True).banner == said
    assert list(mum.child.relationships.all()) == [mum]
