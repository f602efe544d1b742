"""What a parent wrote online about the child, as staff read it. Source: consent §14.1."""

import pytest
from django.urls import reverse

from consent.services import matching, unmatching
from tests import factories
from tests.consent.online import NOW
from tests.pages import page

pytestmark = pytest.mark.django_db
WRITTEN = {
    "address_line_1": "1 Mill Lane",
    "address_line_2": "Earlsdon",
    "preferred_given_name": "Max",
    "phone": "+447700900001",
    "wants_text_updates": True,
    "contact_method": "other",
    "contact_method_details": "After 6pm",
}
WHERE = ("Address", "School", "Phone contact method")


@pytest.fixture
def names(link):
    return lambda child: {"slug": link.session.slug, "public_id": child.public_id}


@pytest.fixture
def shown(nurse_client, names):
    """The page of the only response about a child."""

    def fetch(child):
        response_id = child.consent_responses.get().public_id
        address = reverse(
            "consent:show-response", kwargs=names(child) | {"response_id": response_id}
        )
        return page(nurse_client.get(address), names_person=True)

    return fetch


def test_consent_14_1_the_nurse_sees_the_response_with_the_full_address_and_school(
    link, nurse_client, names, shown
):
    child = link.child()
    link.answer(**WRITTEN)
    found = shown(child)
    assert found.summary["Decision"] == "Consent given"
    assert found.summary["Full name"] == "Jo Lee"
    assert found.summary["Known as"] == "Max Lee"
    assert found.summary["Date of birth"] == "1 October 2013"
    assert found.summary["Address"] == "1 Mill LaneEarlsdonCoventryCV1 2AB"
    assert found.summary["School"] == "Pilot School"
    assert found.summary["Phone contact method"] == "After 6pm"
    session = {"slug": link.session.slug}
    for address, tab in (
        (reverse("consent:responses", kwargs=session | {"tab": "given"}), "Consent given 1"),
        (
            reverse("consent:triage-list", kwargs=session | {"group": "not-needed"}),
            "No triage needed 1",
        ),
    ):
        listed = page(nurse_client.get(address))
        assert listed.current_tab == tab
        assert [row[0].split(",")[0] for row in listed.rows] == ["Jo Lee"]
    record = page(
        nurse_client.get(reverse("consent:child", kwargs=names(child))), names_person=True
    )
    assert "Ready for nurse" in record.text


def test_a_refusal_gives_no_address_and_who_gave_no_number_needs_none(link, shown):
    child = link.child()
    refused = {"programme_id": "hpv", "decision": "refused", "reason": "personal"}
    link.answer(address_line_1="", town="", postcode="", decisions=[refused])
    found = shown(child).summary
    assert (found["Full name"], found["School"]) == ("Jo Lee", "Pilot School")
    assert not {"Address", "Known as", "Phone contact method"} & set(found)


def test_where_a_child_is_stays_hidden_on_a_sensitive_record(link, shown):
    child = link.child()
    link.answer(**WRITTEN)
    child.restricted_at = NOW
    child.save()
    found = shown(child)
    for label in WHERE:
        assert found.summary[label] == "Hidden: this is a sensitive record"
    for where in ("Mill Lane", "Pilot School", "After 6pm", "mo@example.com"):
        assert where not in found.text


def test_what_was_written_about_another_child_is_not_shown(link, nurse, shown):
    child = link.child()
    response = link.response(**WRITTEN, given_name="Sam", family_name="Poole")
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW)
    assert shown(child).summary["Full name"] == "Sam Poole"
    unmatching.undo_match(
        response_id=response.pk, child=child, reason="A cousin", by=nurse, now=NOW
    )
    found = shown(child)
    assert not set(WHERE) & set(found.summary)
    assert "Sam" not in found.text


def test_what_staff_recorded_was_not_written_by_a_parent(link, shown):
    child = link.child()
    factories.ResponseFactory(child=child, session=link.session)
    assert not set(WHERE) & set(shown(child).summary)
