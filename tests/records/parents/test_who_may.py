"""Who may change or remove a parent, and how much it costs. Cohorts and imports §10."""

import pytest

from cohorts.models import Child
from tests import factories
from tests.conftest import signed_in
from tests.pages import count_queries, page
from tests.records.parents.pages import NOW, address, message_to

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["remove-parent", "change-parent"])
class TestBoth:
    def test_for_nurses_and_administrators_of_the_organisation(
        self, administrator_client, client_elsewhere, organisation, mum, name
    ):
        clerk = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
        here = address(name, mum)
        assert (clerk.get(here).status_code, clerk.post(here).status_code) == (403, 403)
        assert administrator_client.get(here).status_code == 200
        assert client_elsewhere.get(here).status_code == 404
        record = page(clerk.get(f"/children/{mum.child.public_id}/"), names_person=True)
        assert "Change Mo Lee" not in record.links

    def test_parents_of_a_sensitive_record_are_not_found(self, nurse_client, mum, name):
        Child.objects.update(restricted_at=NOW)
        for method in (nurse_client.get, nurse_client.post):
            assert method(address(name, mum)).status_code == 404

    def test_the_same_queries_however_large_the_family(self, nurse_client, mum, clinic, name):
        few = count_queries(lambda: nurse_client.get(address(name, mum)))
        for number in range(4):
            brother = clinic.child(given_name=f"Al{number}", family_name="Lee")
            factories.RelationshipFactory(child=brother, parent=mum.parent)
            factories.ResponseFactory(child=mum.child, parent=mum.parent, session=clinic.session)
            factories.RelationshipFactory(child=mum.child)
            message_to(mum)
        assert count_queries(lambda: nurse_client.get(address(name, mum))) == few
