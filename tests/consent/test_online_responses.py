"""Recording what a parent confirmed: whole, and once."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from consent import tasks
from consent.models import OnlineDecision, OnlineDraft, OnlineResponse
from consent.services import online
from notifications import hints
from tests import factories
from tests.consent.parent import ParentForm
from tests.sessions_app.conftest import at
from tests.threads import at_once

NOW = at("2027-01-12T10:00")


@pytest.fixture
def session(organisation):
    return factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])


@pytest.fixture
def draft(session):
    draft = online.begin(session, ["hpv"], browser="b1", now=NOW)
    draft.answers = {"name": {"given_name": "Ada"}}
    draft.save()
    return draft


def confirm(draft, **changes):
    """Confirm the draft, as each of several requests would: with rows of its own."""
    response = factories.OnlineResponseFactory.build(
        session=draft.session,
        organisation=draft.session.organisation,
        school=draft.session.location,
        home_educated=None,
    )
    decision = OnlineDecision(programme_id="hpv", decision="given", methods=["injection"])
    fields = {"draft_id": draft.pk, "browser": "b1", "revision": 0} | changes
    return online.record(response=response, decisions=[decision], now=NOW, **fields)


@pytest.mark.django_db
def test_a_confirmed_draft_becomes_a_response_and_holds_no_answers(draft):
    response = confirm(draft)
    assert response.public_id == draft.pk
    assert [one.programme_id for one in response.decisions.all()] == ["hpv"]
    assert OnlineResponse.objects.waiting().get() == response
    draft.refresh_from_db()
    assert draft.answers == {}
    assert draft.recorded_at == NOW


@pytest.mark.django_db
def test_a_second_confirmation_finds_the_first(draft):
    assert confirm(draft) == confirm(draft)
    assert OnlineResponse.objects.count() == OnlineDecision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_consent_14_32_fifty_simultaneous_confirmations_make_one_response(draft):
    hints.connection().flushdb()
    found = at_once(*[lambda: confirm(draft).pk] * 50)
    assert len(set(found)) == 1
    assert OnlineResponse.objects.count() == OnlineDecision.objects.count() == 1
    assert hints.connection().llen("urgent") == 1


@pytest.mark.django_db(transaction=True)
def test_consent_14_32_fifty_clicks_on_confirm_lead_to_one_last_page(session):
    form = ParentForm(session)
    form.start()
    form.walk()
    data = {"revision": form.get().values["revision"]}

    def click():
        client = Client()
        client.cookies = form.client.cookies.copy()
        return client.post(form.at, data).url

    addresses = at_once(*[click] * 50)
    assert all("/sent/" in address for address in addresses)
    assert OnlineResponse.objects.count() == OnlineDecision.objects.count() == 1


@pytest.mark.django_db
def test_another_browser_and_an_unknown_draft_record_nothing(draft):
    for changes in ({"browser": "b2"}, {"draft_id": "00000000-0000-4000-8000-000000000000"}):
        with pytest.raises(online.DraftGone):
            confirm(draft, **changes)
    assert not OnlineResponse.objects.exists()


@pytest.mark.django_db
def test_answers_changed_in_another_tab_are_shown_before_they_are_recorded(draft):
    with pytest.raises(online.DraftChanged):
        confirm(draft, revision=1)
    assert not OnlineResponse.objects.exists()


@pytest.mark.django_db
def test_drafts_are_forgotten_after_a_day(draft, session, time_machine):
    younger = online.begin(session, ["hpv"], browser="b1", now=NOW + timedelta(hours=2))
    time_machine.move_to(NOW + timedelta(hours=25), tick=False)
    tasks.forget_drafts()
    assert OnlineDraft.objects.get() == younger


GIVEN = {"decision": "given", "methods": ["injection"]}
REFUSED = {"decision": "refused", "reason": "personal"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"decision": "given"},
        {"decision": "refused"},
        GIVEN | {"reason": "personal"},
        GIVEN | {"reason_details": "why"},
        GIVEN | {"wants_follow_up": True},
        REFUSED | {"health_answers": [{"question": "asthma"}]},
        REFUSED | {"methods": ["nasal"]},
        REFUSED | {"without_gelatine": True},
    ],
)
def test_the_database_refuses_half_a_decision(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.OnlineResponseFactory(decisions=[{"programme_id": "hpv", **fields}])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"family_name": ""},
        {"home_educated": True},
        {"town": ""},
        {"relationship": "other"},
        {"relationship": "unknown"},
        {"email": "Ada@example.com"},
        {"phone": "07700 900123"},
        {"wants_text_updates": True},
        {"contact_method": "voice"},
        {"phone": "+447700900123", "contact_method": "other"},
        {"matched_at": NOW},
        {"archived_at": NOW},
        {"archive_note": "A test"},
    ],
)
def test_the_database_refuses_a_response_that_contradicts_itself(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.OnlineResponseFactory(**fields)


@pytest.mark.django_db
def test_what_is_matched_or_archived_waits_no_more(nurse):
    factories.OnlineResponseFactory(child=factories.ChildFactory(), matched_at=NOW)
    factories.OnlineResponseFactory(archived_at=NOW, archived_by=nurse, archive_note="A test")
    assert not OnlineResponse.objects.waiting().exists()
