"""Adding a parent on a child's record. Cohorts and imports §10."""

import pytest
from django.urls import reverse

from cohorts.models import Child
from notifications.models import Message
from sessions_app import statuses
from tests import factories
from tests.conftest import signed_in
from tests.pages import page
from tests.records.parents.pages import NOW, log_of

pytestmark = pytest.mark.django_db


class TestAdding:
    @pytest.fixture
    def here(self, child):
        return reverse("children:add-parent", kwargs={"public_id": child.public_id})

    @pytest.fixture
    def dad(self):
        return {
            "full_name": "Di Lee",
            "kind": "father",
            "email": "di@example.com",
            "contact_method": "any",
        }

    def test_who_is_new_is_written_to_from_now_on(self, nurse_client, nurse, child, here, dad):
        child.relationships.all().delete()
        statuses.refresh([child.pk], today=NOW.date())
        record = page(nurse_client.get(f"/children/{child.public_id}/"), names_person=True)
        assert record.links["Add parent or guardian"] == here
        sent = page(nurse_client.get(here)).values | dad
        done = page(nurse_client.post(here, sent, follow=True), names_person=True)
        assert done.banner == "Parent or guardian added"
        relationship = child.relationships.get()
        assert (relationship.parent.display_name, relationship.label) == ("Di Lee", "Dad")
        entry = log_of(child)["Parent or guardian added: Di Lee (Dad)"]
        assert entry.actor == nurse.full_name
        assert Message.objects.get().recipient == "di@example.com"

    def test_twice_is_once(self, nurse_client, child, here, dad):
        nurse_client.post(here, dad, follow=True)
        told = page(nurse_client.post(here, dad, follow=True), names_person=True)
        assert told.banner == "The record has this parent or guardian already"
        assert child.relationships.count() == 2

    def test_what_is_missing_is_said(self, nurse_client, child, here):
        refused = page(nurse_client.post(here, {"contact_method": "any"}))
        assert list(refused.errors) == [
            "Enter a name, an email address or a phone number",
            "Select relationship to child",
        ]
        assert child.relationships.count() == 1

    def test_not_to_a_sensitive_record_nor_by_others(
        self, nurse_client, organisation, client_elsewhere, child, here
    ):
        clerk = signed_in(factories.UserFactory(organisation=organisation, role="clerk"))
        assert clerk.post(here).status_code == 403
        assert client_elsewhere.get(here).status_code == 404
        Child.objects.update(restricted_at=NOW)
        assert nurse_client.get(here).status_code == 404
