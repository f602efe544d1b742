"""Unmatched consent responses: list, match, create, archive. Consent §4, scenarios 14.1."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AccessLogEntry
from cohorts.models import Child
from consent.models import ConsentResponse, OnlineResponse
from consent.services import matching
from consent.views import unmatched
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.online import NOW, waiting
from tests.pages import count_queries, page

pytestmark = pytest.mark.django_db
LIST = "/unmatched-responses/"


REFUSAL = "Response of 12 January 2027. HPV: consent refused."


@pytest.fixture
def response(link):
    """From somebody we do not know, about a child called Sam Poole."""
    return link.response(
        given_name="Sam", family_name="Poole", parent_name="Pat Poole", email="pat@example.com"
    )


def address(name, response, **parts):
    return reverse(f"unmatched:{name}", kwargs={"public_id": response.public_id, **parts})


def search(client, response, **data):
    return page(client.post(address("match", response), data, follow=True))


def test_consent_14_13_creating_a_record_of_the_response(nurse_client, nurse, link, response):
    listed = page(nurse_client.get(LIST))
    assert listed.h1 == "Unmatched consent responses"
    [[when, child, parent, _]] = listed.rows
    assert when == "12 January 2027HPV: consent given"
    assert child == "Sam PooleBorn 1 October 2013Pilot SchoolCV1 2AB"
    assert parent == "Pat Poole (Mum)"
    asked = page(nurse_client.get(listed.links["Create record Sam Poole"]))
    assert asked.summary["Full name"] == "Sam Poole"
    assert asked.summary["School"] == "Pilot School"
    done = page(nurse_client.post(address("create", response), follow=True))
    assert done.banner == "Record created for Sam Poole. View record"
    assert "no unmatched consent responses" in done.text
    made = Child.objects.get()
    assert done.links["View record"] == f"/children/{made.public_id}/"
    assert (made.organisation, made.school, made.birth_academic_year) == (
        link.organisation,
        link.school,
        2013,
    )
    assert (made.address_line_1, made.town, made.postcode) == ("1 Mill Lane", "Coventry", "CV1 2AB")
    assert made.memberships.get().session == link.session
    assert made.relationships.get().parent.full_name == "Pat Poole"
    consent = ConsentResponse.objects.get()
    assert (consent.child, consent.recorded_by) == (made, None)
    assert ProgrammeStatus.objects.get(child=made, programme_id="hpv").consent == "given"
    log = list(made.activity.order_by("id").values_list("title", "actor_name"))
    assert ("Child record created", nurse.full_name) in log
    assert ("Consent response manually matched with this record", nurse.full_name) in log


def test_responses_of_one_name_are_told_apart_by_what_they_gave(nurse_client, link, response):
    nowhere = {"address_line_1": "", "town": "", "postcode": ""}
    link.response(given_name="Sam", family_name="Poole", school=None, home_educated=True, **nowhere)
    children = [row[1] for row in page(nurse_client.get(LIST)).rows]
    assert children == [
        "Sam PooleBorn 1 October 2013Pilot SchoolCV1 2AB",
        "Sam PooleBorn 1 October 2013Home-educatedNo postcode given",
    ]


def test_whoever_creates_a_record_is_told_what_else_it_took_up(nurse_client, link, response):
    child = {"given_name": "Sam", "family_name": "Poole"}
    dad = link.response(**child, parent_name="Paul Poole", relationship="father")
    twin = link.response(**child | {"given_name": "Tom"})
    done = page(nurse_client.post(address("create", response), follow=True))
    assert done.banner == (
        "Record created for Sam Poole. 1 other unmatched response was about this child and was "
        "matched with the record too. View record"
    )
    made = Child.objects.get()
    dad.refresh_from_db()
    assert (dad.child, dad.matched_by) == (made, None)
    assert made.consent_responses.count() == 2
    [[_, left, *_]] = done.rows
    assert left.startswith(f"{twin.given_name} Poole")


def test_consent_14_14_matching_by_hand(administrator_client, administrator, link, response):
    child = link.child(given_name="Samuel", family_name="Poole-Day", postcode="CV1 2AB")
    empty = page(administrator_client.get(address("match", response)))
    assert empty.rows == []
    found = search(administrator_client, response, q="Samuel")
    assert "1 child found" in found.text
    compared = page(administrator_client.get(found.links["Select Samuel Poole-Day"]))
    assert compared.h1 == "Link consent response with child record?"
    marked = [mark.text for mark in compared.all("mark")]
    assert len(marked) == 2 * len(["Full name", "Address", "Parents"])
    here = address("compare", response, child_id=child.public_id)
    refused = page(administrator_client.post(here))
    assert refused.errors == {"Confirm that the response is about this child": "#id_is_checked"}
    assert not child.consent_responses.exists()
    done = page(administrator_client.post(here, {"is_checked": "on"}, follow=True))
    assert done.banner == "Consent response linked with Samuel Poole-Day. View record"
    response.refresh_from_db()
    assert (response.child, response.matched_by, response.matched_at) == (child, administrator, NOW)
    child.refresh_from_db()
    assert (child.given_name, child.family_name) == ("Samuel", "Poole-Day")
    assert child.consent_responses.get().parent_name == "Pat Poole"
    assert AccessLogEntry.objects.filter(child_id=child.pk, page="consent").exists()


def test_what_a_response_says_is_read_before_anything_is_done_with_it(nurse_client, link):
    child = link.child()
    refused = {"programme_id": "hpv", "decision": "refused", "reason": "personal"}
    refusal = link.response(given_name="Sam", decisions=[refused])
    asked = [address(name, refusal) for name in ("match", "create", "archive")]
    asked.append(address("compare", refusal, child_id=child.public_id))
    for one in asked:
        text = page(nurse_client.get(one)).text
        assert REFUSAL in text
        assert "as consent" not in text


def test_a_twin_is_suggested_before_anybody_searches(nurse_client, link, response):
    link.child(given_name="Sue", family_name="Poole")
    for name in ("match", "create"):
        assert page(nurse_client.get(address(name, response))).rows[0][0] == "Sue Poole"


def test_a_record_flagged_as_invalid_is_marked_before_it_is_linked(nurse_client, link, response):
    child = link.child(given_name="Ann")
    Child.objects.filter(pk=child.pk).update(invalidated_at=NOW)
    found = search(nurse_client, response, q="ann")
    assert "Record flagged as invalid" in found.rows[0][0]
    compared = page(
        nurse_client.get(
            reverse(
                "unmatched:compare",
                kwargs={"public_id": response.public_id, "child_id": child.public_id},
            )
        )
    )
    assert "This record is flagged as invalid" in compared.text


def test_children_are_found_by_year_group_and_only_our_living_ones(
    nurse_client, link, response, elsewhere
):
    link.child(given_name="Ann")
    link.child(given_name="Bea", mum=False, birth_academic_year=2010)
    dead = link.child(given_name="Cyd", mum=False)
    Child.objects.filter(pk=dead.pk).update(date_of_death=NOW.date())
    factories.ChildFactory(organisation=elsewhere, given_name="Dot")
    select = page(nurse_client.get(address("match", response))).all("select", name="year_group")[0]
    offered = [option.get("value") for option in select.iter("option")]
    assert offered == ["", *map(str, range(8, 14))], "HPV is for Year 8 on"
    year_eight = search(nurse_client, response, year_group="8")
    assert [row[0] for row in year_eight.rows] == ["Ann Lee"]
    by_name = search(nurse_client, response, q="lee")
    assert [row[0] for row in by_name.rows] == ["Ann Lee", "Bea Lee"]
    assert "0 children found" in search(nurse_client, response, q="dot").text


def test_what_is_searched_stays_out_of_the_address(nurse_client, response):
    sent = nurse_client.post(address("match", response), {"q": "Poole"})
    assert "Poole" not in sent["Location"]


def test_a_sensitive_record_hides_and_does_not_tell_whether_it_agrees(nurse_client, link, response):
    child = link.child(given_name="Sam", family_name="Poole", restricted_at=NOW)
    shown = page(nurse_client.get(address("compare", response, child_id=child.public_id)))
    assert "mo@example.com" not in shown.text
    assert shown.text.count("Hidden: this is a sensitive record") == 2
    assert [mark.text for mark in shown.all("mark")] == []


def test_archiving_needs_a_note_and_is_for_good(nurse_client, nurse, response):
    refused = page(nurse_client.post(address("archive", response), {"note": " "}))
    assert refused.errors == {"Enter why you are archiving this response": "#id_note"}
    long = "x" * 1001
    refused = page(nurse_client.post(address("archive", response), {"note": long}))
    assert refused.values["note"].strip() == long
    done = page(
        nurse_client.post(
            address("archive", response), {"note": "Moved", "is_checked": "on"}, follow=True
        )
    )
    assert done.banner == "Consent response archived"
    response.refresh_from_db()
    assert (response.archived_by, response.archive_note) == (nurse, "Moved")
    assert not matching.match(response.pk, now=NOW)
    assert not ConsentResponse.objects.exists()


def test_what_somebody_dealt_with_is_not_found(nurse_client, nurse, link, response):
    child = link.child()
    matching.archive(response_id=response.pk, note="Moved", by=nurse, now=NOW)
    parts = {"match": {}, "create": {}, "archive": {}, "compare": {"child_id": child.public_id}}
    for name, more in parts.items():
        for method in (nurse_client.get, nurse_client.post):
            assert method(address(name, response, **more)).status_code == 404


@pytest.mark.parametrize("name", ["create", "archive", "compare"])
def test_who_was_a_moment_too_late_is_told(nurse_client, link, response, name, monkeypatch):
    child = link.child()

    def too_late(**_):
        raise matching.AlreadyDealtWith

    for service in ("create_record", "archive", "link"):
        monkeypatch.setattr(matching, service, too_late)
    more = {"child_id": child.public_id} if name == "compare" else {}
    told = page(
        nurse_client.post(
            address(name, response, **more), {"note": "Moved", "is_checked": "on"}, follow=True
        )
    )
    assert told.banner == "Somebody has dealt with this response already"


def test_a_child_who_leaves_at_that_moment_is_not_linked(nurse_client, link, response, monkeypatch):
    child = link.child()

    def leave(_):
        Child.objects.filter(pk=child.pk).update(organisation=None)
        return []

    monkeypatch.setattr(unmatched, "undone_matches", leave)
    at = address("compare", response, child_id=child.public_id)
    told = page(nurse_client.post(at, {"is_checked": "on"}, follow=True))
    assert told.banner == "This child has just left your cohort. The response was not linked"
    assert waiting() == [response]


def test_a_number_that_is_taken_leads_to_matching(nurse_client, link, response):
    OnlineResponse.objects.filter(pk=response.pk).update(nhs_number="9994712209")
    link.child(nhs_number="9994712209")
    told = page(nurse_client.post(address("create", response), follow=True))
    assert told.h1 == "Search for a child record"
    assert "has a record already" in told.banner
    assert Child.objects.count() == 1


def test_ours_only_counted_on_the_home_page(nurse_client, client_elsewhere, response):
    assert "1 to review" in page(nurse_client.get("/")).text
    assert "to review" not in page(client_elsewhere.get("/")).text
    assert page(client_elsewhere.get(LIST)).rows == []


def test_the_list_is_paged_oldest_first_with_the_same_queries_for_many(nurse_client, link):
    def answered(number):
        for minute in range(number):
            link.response(
                given_name=f"N{minute}", recorded_at=NOW - timedelta(days=1, minutes=minute)
            )

    answered(2)
    few = count_queries(lambda: nurse_client.get(LIST))
    answered(58)
    assert count_queries(lambda: nurse_client.get(LIST)) == few
    listed = page(nurse_client.get(LIST))
    assert "Showing 1 to 50 of 60" in listed.text
    assert listed.rows[0][1].startswith("N57")


def test_searching_takes_the_same_queries_for_many(nurse_client, link, response):
    path = f"{address('match', response)}?year_group=8"
    link.child(given_name="N0", mum=False)
    few = count_queries(lambda: nurse_client.get(path))
    for number in range(25):
        link.child(given_name=f"N{number}", mum=False)
    assert count_queries(lambda: nurse_client.get(path)) == few
