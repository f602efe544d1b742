"""The child in a session: the record with its consent, and the activity log."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import AccessLogEntry
from activity import services as activity
from activity.models import Entry
from consent.models import ConsentRequest
from programmes.models import Programme
from sessions_app import statuses
from tests import factories
from tests.conftest import signed_in
from tests.pages import count_queries, page, text_of
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db

TRIAGE = {"calls_for_triage": True}
ALLERGY = {"question": "a", "text": "Any allergies?", "details": "Nuts", "yes": True} | TRIAGE


def names(clinic, child):
    return {"slug": clinic.session.slug, "public_id": child.public_id}


@pytest.fixture
def open_child(nurse_client, clinic):
    """`open_child(child)`: the page of a child in the clinic."""

    def fetch(child, view="child", **query):
        response = nurse_client.get(reverse(f"consent:{view}", kwargs=names(clinic, child)), query)
        return page(response, names_person=True)

    return fetch


def test_the_page_shows_who_the_child_is(clinic, open_child):
    child = clinic.child(
        given_name="Jo",
        family_name="Lee",
        preferred_given_name="Max",
        nhs_number="9994712209",
        address_line_1="1 High Street",
        town="Coventry",
        registration="8A",
    )
    parent = child.relationships.get().parent
    found = open_child(child)
    assert found.h1 == "Jo Lee"
    assert found.title.startswith("Child record of JL –")
    assert "Unknown school" in found.text
    assert found.links["Check consent responses page"] == reverse(
        "consent:responses", kwargs={"slug": clinic.session.slug}
    )
    assert list(found.tabs) == ["Child record", "Activity log"]
    assert found.summary["NHS number"] == "999 471 2209"
    assert found.summary["Known as"] == "Max Lee"
    assert found.summary["Date of birth"] == "1 October 2013 (aged 13)"
    assert found.summary["Address"] == "1 High StreetCoventryCV1 2AB"
    assert found.summary["Year group"] == "Year 8 (8A)"
    assert parent.full_name in found.summary["Parents and guardians"]
    assert parent.email in found.summary["Parents and guardians"]


@pytest.mark.parametrize(
    ("home_educated", "caption"), [(True, "Home-educated"), (False, "Unknown school")]
)
def test_the_caption_says_why_there_is_no_school(clinic, open_child, home_educated, caption):
    child = clinic.child(home_educated=home_educated)
    assert caption in open_child(child).text


def test_a_sensitive_record_hides_address_and_parents_everywhere(clinic, open_child):
    child = clinic.child(address_line_1="1 High Street")
    parent = child.relationships.get().parent
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.MESSAGE_SENT,
        title="Consent clinic request sent",
        body=parent.email,
        is_contact_detail=True,
        organisation_id=child.organisation_id,
        now=at("2027-01-12T09:00"),
    )
    child.restricted_at = at("2027-01-12T09:30")
    child.save()
    for found in (open_child(child), open_child(child, "activity")):
        for secret in ("High Street", child.postcode, parent.full_name, parent.email, parent.phone):
            assert secret not in found.text
    assert open_child(child).summary["Address"].startswith("Hidden")
    assert "Consent clinic request sent" in open_child(child, "activity").text


def test_a22_an_invitation_is_found_through_no_response_and_the_activity_log(
    clinic, nurse_client, open_child
):
    child = clinic.child(given_name="Ivy", family_name="Example", joined="2027-01-05T10:00")
    parent = child.relationships.get().parent
    [email] = [message for message in clinic.messages(child) if message.channel == "email"]
    activity.record(
        child_id=child.pk,
        kind=Entry.Kind.MESSAGE_SENT,
        title="Session clinic initial invitation sent",
        body=email.recipient,
        is_contact_detail=True,
        organisation_id=child.organisation_id,
        session_id=clinic.session.pk,
        now=at("2027-01-05T10:00"),
    )
    listed = page(
        nurse_client.get(reverse("consent:responses", kwargs={"slug": clinic.session.slug}))
    )
    shown = page(nurse_client.get(listed.links["Ivy Example"]), names_person=True)
    log = page(nurse_client.get(shown.tabs["Activity log"]), names_person=True)
    assert log.current_tab == "Activity log"
    assert log.title.startswith("Activity log of IE –")
    assert "5 January 2027" in log.text
    assert "Session clinic initial invitation sent" in log.text
    assert parent.email in log.text
    assert "5 January 2027 at 10:00am" in log.text


def test_the_clinic_invitation_is_said_in_a_sentence(clinic, open_child):
    unreachable = clinic.child(parents=0)
    assert "Clinic invitation: Not invited: no contact details" in open_child(unreachable).text


def test_a_school_session_says_nothing_of_invitations(organisation, nurse_client):
    session = factories.SessionFactory(organisation=organisation)
    child = factories.MembershipFactory(session=session, reason="at_school").child
    response = nurse_client.get(
        reverse("consent:child", kwargs={"slug": session.slug, "public_id": child.public_id})
    )
    assert "Clinic invitation" not in page(response, names_person=True).text


def test_a31_each_view_is_in_the_access_log(clinic, nurse, open_child):
    child = clinic.child()
    open_child(child)
    open_child(child, "activity")
    entries = AccessLogEntry.objects.filter(user=nurse, child_id=child.pk).order_by("pk")
    assert [(entry.area, entry.page) for entry in entries] == [
        ("child_in_session", "show"),
        ("child_in_session", "activity"),
    ]


def test_answers_of_which_none_counts_are_not_called_nobody(clinic, open_child, answered):
    child = clinic.child()
    answered(child, "given", invalidated_at=at("2027-01-12T09:00"))
    found = open_child(child)
    assert "No response There is no response that counts. Those recorded are below." in found.text
    assert "Nobody has responded" not in found.text


def test_without_answers_the_page_offers_to_ask(clinic, open_child):
    found = open_child(clinic.child())
    assert (
        "No response Nobody has responded yet. No request: for clinics they are sent by hand."
        in found.text
    )
    assert "No requests have been sent." in found.text
    assert "Send consent request" in found.links
    assert "Get consent response" in found.text
    assert "Get consent response for" not in found.text


def test_the_next_step_is_named_at_the_top_and_leads_there(
    clinic, answered, nurse_client, administrator_client
):
    def top(client, child):
        shown = page(
            client.get(reverse("consent:child", kwargs=names(clinic, child))), names_person=True
        )
        return shown, shown.all("div", class_="govuk-inset-text")[0]

    shown, first = top(nurse_client, child := clinic.child())
    assert "What to do next: Ask a parent for consent" in text_of(first)
    assert shown.links["Ask a parent for consent"] == "#consent"
    assert shown.all("h2", id="consent")
    answered(child, "given", health_answers=[ALLERGY])
    shown, first = top(nurse_client, child)
    triage = shown.links["Decide whether it is safe to vaccinate"]
    assert triage == shown.links["Triage"]
    _, first = top(administrator_client, child)
    assert "What to do next" not in text_of(first)
    answered(child, "refused")
    shown, first = top(nurse_client, child)
    assert shown.links["Read the responses that differ"] == "#consent-hpv"
    assert shown.all("h3", id="consent-hpv")


def test_the_latest_request_says_when_and_by_whom(clinic, nurse, open_child):
    child = clinic.child()
    for when in ("2027-01-10T09:00", "2027-01-11T15:45"):
        ConsentRequest.objects.create(
            child=child,
            programme_id="hpv",
            session=clinic.session,
            requested_at=at(when),
            requested_by=nurse,
        )
    ConsentRequest.objects.create(
        child=child,
        programme_id="hpv",
        session=clinic.session,
        requested_at=at("2027-01-12T09:00"),
        withheld_at=at("2027-01-12T09:01"),
    )
    text = open_child(child).text
    assert "The latest request was sent on 11 January 2027 at 3:45pm by Nadia Nurse." in text


def test_responses_are_listed_newest_first_with_what_became_of_them(clinic, answered, open_child):
    child = clinic.child()
    mum = child.relationships.get().parent
    answered(child, "refused", parent=mum, reason="other", notes="Needs\ntime")
    answered(child, "given", parent=mum, responded_at=at("2027-01-12T09:00"))
    answered(
        child,
        "given",
        parent_name="Dan Dad",
        relationship="Dad",
        responded_at=at("2027-01-10T09:00"),
        withdrawn_at=at("2027-01-11T09:00"),
    )
    rows = open_child(child).rows
    assert [row[0] for row in rows] == [
        f"{mum.full_name}Mum",
        f"{mum.full_name}Mum",
        "Dan DadDad",
    ]
    assert rows[0][1:] == ["12 January 2027By phone, recorded by Test User", "Consent given"]
    assert rows[1][2] == "Consent refused SupersededOtherNeedstime"
    assert rows[2][2] == "Consent given Withdrawn"


def test_e34_an_unanswered_call_reads_as_no_response(clinic, answered, open_child):
    child = clinic.child()
    answered(child, "not_provided")
    assert open_child(child).rows[0][2] == "No response"


def test_health_answers_are_merged_and_a_yes_shows_its_details(clinic, answered, open_child):
    child = clinic.child()
    none = {"question": "b", "text": "Any illness?", "details": "", "yes": False} | TRIAGE
    answered(child, "given", parent_name="Ann", health_answers=[ALLERGY, none])
    alone = open_child(child)
    assert "Answered by Ann (Mum)." in alone.text
    assert alone.summary["Any allergies?"] == "Yes – Nuts Needs triage"
    answered(
        child,
        "given",
        parent_name="Bob",
        relationship="Dad",
        health_answers=[ALLERGY | {"yes": False, "details": ""}, none],
    )
    found = open_child(child)
    assert found.summary["Any allergies?"] == "Ann (Mum): Yes – Nuts Needs triage Bob (Dad): No"
    assert found.summary["Any illness?"] == "All: No"
    assert "Answered by" not in found.text
    assert "Needs triage A nurse needs to decide whether it is safe to vaccinate." in found.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"restricted_at": at("2027-01-12T09:00")}, "flagged as sensitive"),
        ({"invalidated_at": at("2027-01-12T09:00")}, "flagged as invalid"),
        ({"birth_academic_year": 2014}, "not in a year group"),
    ],
)
def test_e30_why_no_request_can_be_sent_is_said(clinic, open_child, change, words):
    child = clinic.child()
    for name, value in change.items():
        setattr(child, name, value)
    child.save()
    found = open_child(child)
    assert words in found.text
    assert "Send consent request" not in found.links


def test_e30_on_the_last_clinic_day_a_response_can_still_be_recorded(clinic, morning, nurse):
    child = clinic.child()
    morning.move_to(at("2027-01-25T09:00"), tick=False)
    response = signed_in(nurse).get(reverse("consent:child", kwargs=names(clinic, child)))
    found = page(response, names_person=True)
    assert "closed at the end of 24 January 2027" in found.text
    assert "Send consent request" not in found.links
    assert "Get consent response" in found.text


def test_e31_a_vaccinated_child_is_not_asked_about(clinic, open_child):
    child = clinic.child()
    factories.VaccinationRecordFactory(child=child)
    statuses.refresh([child.pk], today=at("2027-01-12T10:00").date())
    found = open_child(child)
    assert "Vaccinated The child has had this vaccination." in found.text
    assert "Get consent response" not in found.text
    assert "Send consent request" not in found.links


def test_e31_a_closed_session_is_not_asked_about(clinic, open_child, nurse):
    child = clinic.child()
    clinic.session.closed_at = at("2027-01-12T09:00")
    clinic.session.closed_by = nurse
    clinic.session.save()
    found = open_child(child)
    assert "this session is closed" in found.text
    assert "Get consent response" not in found.text


def test_i36_a_session_of_last_year_is_shown_but_closed(organisation, nurse_client):
    session = factories.ClinicSessionFactory(organisation=organisation, academic_year=2025)
    child = factories.MembershipFactory(session=session).child
    response = nurse_client.get(
        reverse("consent:child", kwargs={"slug": session.slug, "public_id": child.public_id})
    )
    assert "this session is closed" in page(response, names_person=True).text


def test_e32_several_programmes_have_a_status_and_an_answer_each(
    clinic, organisation, answered, open_child
):
    menacwy = Programme.objects.get(key="menacwy")
    clinic.session.programmes.add(menacwy)
    organisation.programmes.add(menacwy)
    child = clinic.child(birth_academic_year=2012)
    answered(child, "given")
    found = open_child(child)
    assert "Ready for nurse HPV" in found.text
    assert "No response MenACWY" in found.text
    assert "Get consent response for HPV" in found.text
    assert "Get consent response for MenACWY" in found.text
    assert "Send consent request" in found.links


def test_the_number_of_queries_does_not_grow_with_parents_and_responses(
    clinic, answered, nurse_client
):
    child = clinic.child()
    address = reverse("consent:child", kwargs=names(clinic, child))
    counts = []
    for more in (2, 48):
        for _ in range(more):
            factories.RelationshipFactory(child=child)
            answered(child, "given")
        counts.append(count_queries(lambda: nurse_client.get(address)))
    assert counts[0] == counts[1]


def test_the_number_of_queries_of_the_log_does_not_grow(clinic, nurse_client):
    child = clinic.child()
    address = reverse("consent:activity", kwargs=names(clinic, child))
    counts = []
    for more in (2, 48):
        for n in range(more):
            activity.record(
                child_id=child.pk,
                kind=Entry.Kind.RECORD,
                title=f"{n}",
                organisation_id=child.organisation_id,
                now=at("2027-01-12T09:00"),
            )
        counts.append(count_queries(lambda: nurse_client.get(address)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("view", ["child", "activity", "send-request"])
def test_only_children_of_the_session_and_organisation_are_found(
    clinic, organisation, client_elsewhere, nurse_client, view
):
    child = clinic.child()
    outside = factories.ChildFactory(organisation=organisation)
    left = clinic.child()
    left.memberships.update(left_at=at("2027-01-11T09:00"), left_because="Moved to another place")
    moved_away = clinic.child()
    moved_away.organisation = None
    moved_away.save()

    def status(client, public_id):
        address = reverse(
            f"consent:{view}", kwargs={"slug": clinic.session.slug, "public_id": public_id}
        )
        return client.get(address).status_code

    assert status(nurse_client, child.public_id) == 200
    assert status(client_elsewhere, child.public_id) == 404
    for other in (outside, left, moved_away):
        assert status(nurse_client, other.public_id) == 404
    assert status(nurse_client, uuid4()) == 404


def test_a_school_is_named_where_there_is_one(clinic, organisation, open_child):
    school = factories.SchoolFactory(team__organisation=organisation, name="Grace Academy")
    child = clinic.child(school=school)
    assert open_child(child).summary["School"] == "Grace Academy"


GIVEN_BY_DAD = {"parent_name": "Dan Lee", "relationship": "Dad"}


def test_consent_14_22_the_banner_names_whose_refusal_counts(clinic, answered, open_child):
    child = clinic.child(given_name="Jo", parents=2)
    mum, dad = (one.parent for one in child.relationships.order_by("pk"))
    hers = {"parent": mum, "parent_name": "Mo Lee"}
    answered(child, "given", **hers, withdrawn_at=at("2027-01-12T09:00"))
    answered(child, "refused", parent_name="Nell Next", invalidated_at=at("2027-01-12T09:00"))
    assert "Consent refused Refused by Mo Lee (Mum)." in open_child(child).text
    answered(child, "refused", parent=dad, **GIVEN_BY_DAD)
    assert "Refused by Dan Lee (Dad) and Mo Lee (Mum)." in open_child(child).text
    answered(child, "given", **hers, responded_at=at("2027-01-12T09:30"))
    shown = open_child(child).text
    assert "Conflicting consent The responses differ." in shown
    assert "Refused by" not in shown


def test_the_banner_of_a_sensitive_record_names_nobody(clinic, answered, open_child):
    child = clinic.child(restricted_at=at("2027-01-01T09:00"))
    answered(child, "refused", **GIVEN_BY_DAD)
    shown = open_child(child).text
    assert "Consent refused Everybody whose response counts refused consent." in shown
    assert "Refused by" not in shown
