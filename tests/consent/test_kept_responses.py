"""The page of a response: withdrawing, marking as invalid, following up. Source: consent §7."""

from datetime import date

import pytest
from django.urls import reverse

from activity.models import Entry
from consent.models import ConsentResponse, ResponseChange, Triage
from consent.replies import GIVEN, REFUSED
from consent.services.changes import ChangeNotPossible, withdraw_response
from consent.services.follow_ups import confirm_that_it_stands
from notifications.models import Message
from sessions_app.models import Session
from tests import factories
from tests.consent.wizard import HEALTH, Wizard, names, status
from tests.pages import page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
NUTS = [
    {
        "question": "severe_allergies",
        "text": "Does your child have any severe allergies?",
        "yes": True,
        "details": "Nuts",
        "calls_for_triage": True,
    }
]


def address(clinic, response, act="show"):
    parts = names(clinic, response.child) | {"response_id": response.public_id}
    return reverse(f"consent:{act}-response", kwargs=parts)


@pytest.fixture
def show(clinic, nurse_client):
    return lambda response: page(nurse_client.get(address(clinic, response)), names_person=True)


@pytest.fixture
def send(clinic, nurse_client):
    """`send("withdraw", response, reason="medical")`: the page that it leads to."""

    def post(act, response, client=None, **data):
        sent = (client or nurse_client).post(address(clinic, response, act), data, follow=True)
        title_is_heading = not sent.redirect_chain
        return page(sent, names_person=not title_is_heading)

    return post


@pytest.fixture
def safe(child, mum, answered, nurse, clinic):
    """Mum's consent, with a yes that triage found safe."""
    response = answered(child, "given", parent=mum, health_answers=NUTS)
    Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome="safe",
        performed_by=nurse,
        performed_at=NOW,
    )
    return response


def templates():
    found = Message.objects.filter(template__startswith="consent_").order_by("pk")
    return [(message.template, message.channel, message.recipient) for message in found]


def test_the_page_shows_the_whole_response(clinic, child, mum, answered, show):
    response = answered(
        child, "given", parent=mum, health_answers=NUTS, email="mo@example.com", phone=""
    )
    shown = show(response)
    assert shown.h1 == f"Response from {mum.full_name}"
    assert shown.title.startswith("Consent response")
    assert shown.summary["Decision"] == "Consent given"
    assert shown.summary["Child"] == "Jo Lee"
    assert shown.summary["How the response was given"] == "By phone"
    assert shown.summary["Contact details given"] == "mo@example.com"
    assert (
        "Yes – Nuts Calls for triage" in shown.summary["Does your child have any severe allergies?"]
    )
    assert {"Withdraw consent", "Mark as invalid"} <= set(shown.links)
    assert "Follow up" not in shown.links


def test_a_sensitive_childs_page_shows_no_contact_details(child, answered, show):
    response = answered(child, "given", email="mo@example.com")
    child.restricted_at = NOW
    child.save()
    assert "mo@example.com" not in show(response).text


def test_consent_14_26_withdraw(clinic, child, mum, safe, send, show):
    mum.wants_text_updates = True
    mum.phone = "+447987654321"
    mum.save()
    shown = send("withdraw", safe)
    assert list(shown.errors) == ["Select why they are withdrawing consent"]
    assert list(send("withdraw", safe, reason="medical").errors) == ["Enter details"]
    shown = send("withdraw", safe, reason="medical", medical_notes="New\ndiagnosis")
    assert shown.banner == f"Consent withdrawn. {mum.full_name} will get a message."
    assert shown.summary["Decision"] == "Consent given Withdrawn"
    assert "Withdraw consent" not in shown.links
    assert "Consent withdrawn: Medical reasons" in shown.text
    response = ConsentResponse.objects.get()
    assert (response.decision, response.health_answers) == ("given", NUTS), "nothing is lost"
    assert status(child).consent == "refused"
    assert Triage.objects.get().invalidated_at == NOW
    assert Entry.objects.filter(
        title__startswith=f"Consent from {mum.full_name}", title__endswith="withdrawn"
    ).exists()
    assert templates() == [
        ("consent_withdrawn", "email", mum.email),
        ("consent_withdrawn", "text", mum.phone),
    ]
    again = send("withdraw", safe, reason="personal")
    assert again.banner == "This consent has already been withdrawn."
    assert len(templates()) == 2


def test_staff_may_withdraw_without_a_message(safe, send):
    assert send("withdraw", safe, reason="personal", silent="true").banner == "Consent withdrawn."
    assert templates() == []


def test_consent_14_26_mark_as_invalid(child, mum, safe, send):
    shown = send("invalidate", safe)
    assert list(shown.errors) == ["Enter why this response is invalid"]
    assert "This cannot be undone" in shown.text
    long = send("invalidate", safe, notes="x" * 1001)
    assert list(long.errors) == ["Details must be 1000 characters or less"]
    shown = send("invalidate", safe, notes="A neighbour <b>")
    assert shown.banner == "Response marked as invalid."
    assert shown.summary["Decision"] == "Consent given Invalid"
    assert not {"Withdraw consent", "Mark as invalid"} & set(shown.links)
    assert "A neighbour <b>" in shown.text
    assert status(child).consent == "no_response"
    assert Triage.objects.get().invalidated_at == NOW
    assert templates() == [], "nobody is told"
    assert send("invalidate", safe, notes="Again").banner == (
        "This response has already been marked as invalid."
    )
    assert ResponseChange.objects.count() == 1


@pytest.mark.parametrize(
    ("act", "state", "banner", "consent"),
    [
        ("withdraw", "Withdrawn", "Consent refused", "refused"),
        ("invalidate", "Invalid", "No response", "no_response"),
    ],
)
def test_consent_14_26_both_also_where_no_triage_was_needed(
    clinic, child, mum, answered, send, nurse_client, act, state, banner, consent
):
    response = answered(child, "given", parent=mum, health_answers=[NUTS[0] | {"yes": False}])

    def record():
        address = reverse("consent:child", kwargs=names(clinic, child))
        return page(nurse_client.get(address), names_person=True).text

    assert "Ready for nurse" in record()
    shown = send(act, response, **ENDING[act])
    assert shown.summary["Decision"] == f"Consent given {state}"
    assert "Withdraw consent" not in shown.links
    assert (status(child).consent, status(child).triage) == (consent, "not_needed")
    after = record()
    assert banner in after
    assert not [word for word in ("Ready for nurse", "Safe to vaccinate") if word in after]
    assert not Triage.objects.exists()


@pytest.fixture
def decide(child, nurse, clinic):
    """`decide("delay")`: what a nurse decided now."""
    return lambda outcome, **fields: Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=clinic.organisation,
        session=clinic.session,
        academic_year=2026,
        outcome=outcome,
        performed_by=nurse,
        performed_at=fields.pop("performed_at", NOW),
        **fields,
    )


ENDING = {
    "withdraw": {"reason": "personal", "silent": "true"},
    "invalidate": {"notes": "No responsibility"},
}
TRIAGE_ENDS = "The triage outcome “Safe to vaccinate” of 12 January 2027 at 10:00am will no longer"


@pytest.mark.parametrize("act", ENDING)
def test_the_page_says_beforehand_that_triage_ends(safe, send, act):
    assert TRIAGE_ENDS in send(act, safe).text


@pytest.mark.parametrize("act", ENDING)
@pytest.mark.parametrize("outcome", ["do_not_vaccinate", "delay", "invite_to_clinic", "keep"])
def test_what_says_no_or_not_yet_ends_by_a_nurses_decision_only(
    child, safe, send, decide, act, outcome
):
    """Decision 0045."""
    decide(outcome, delay_until=date(2027, 3, 1) if outcome == "delay" else None)
    assert "The triage outcome" not in send(act, safe).text
    assert send(act, safe, **ENDING[act]).banner
    assert not Triage.objects.filter(invalidated_at__isnull=False).exists()


def test_triage_stands_where_what_ends_is_no_part_of_it(child, mum, safe, answered, send):
    refusal = answered(child, "refused", responded_at=at("2027-01-10T09:00"))
    nobody = answered(child, "not_provided", responded_at=at("2027-01-10T09:00"))
    later = answered(child, "given", responded_at=at("2027-01-12T11:00"))
    older = answered(child, "given", parent=mum, responded_at=at("2027-01-10T09:00"))
    for response in (refusal, nobody, later, older):
        assert "The triage outcome" not in send("invalidate", response).text
        send("invalidate", response, notes="Mistake")
    assert Triage.objects.get().invalidated_at is None
    send("invalidate", safe, notes="Mistake")
    assert Triage.objects.get().invalidated_at == NOW


def test_triage_of_another_programme_or_year_stands(child, safe, send, nurse, clinic):
    for fields in ({"programme_id": "menacwy"}, {"academic_year": 2025}):
        Triage.objects.create(
            **{
                "child": child,
                "programme_id": "hpv",
                "organisation": clinic.organisation,
                "session": clinic.session,
                "academic_year": 2026,
                "outcome": "safe",
                "performed_by": nurse,
                "performed_at": NOW,
            }
            | fields
        )
    send("invalidate", safe, notes="Mistake")
    assert Triage.objects.filter(invalidated_at__isnull=True).count() == 2


def test_a_talked_over_consent_leads_to_the_one_that_counts(child, mum, answered, show, send):
    old = answered(child, "given", parent=mum)
    new = answered(child, "given", parent=mum, responded_at=NOW)
    shown = show(old)
    assert shown.summary["Decision"] == "Consent given Superseded"
    assert str(new.public_id) in shown.links["responded again on 12 January 2027"]
    assert "Withdraw consent" not in shown.links
    assert send("withdraw", old, reason="personal").banner.startswith("The same person")
    assert status(child).consent == "given"


def test_what_became_known_while_the_page_was_open_is_looked_at_again(
    clinic, child, mum, answered, nurse
):
    """Under the lock of the child, so that no answer comes between."""
    session = Session.objects.with_days().get(pk=clinic.session.pk)
    consent = answered(child, "given", parent=mum)
    refusal = answered(child, "refused", wants_follow_up=True)
    for one in (consent, refusal):
        answered(child, "given", parent=one.parent, responded_at=NOW)
    with pytest.raises(ChangeNotPossible, match="The same person"):
        withdraw_response(response=consent, reason="personal", notes="", now=NOW, by=nurse)
    with pytest.raises(ChangeNotPossible, match="The same person"):
        confirm_that_it_stands(response=refusal, session=session, notes="", now=NOW, by=nurse)
    assert status(child).consent == "given"
    assert not ResponseChange.objects.exists()


@pytest.fixture
def refusal(child, mum, answered):
    return answered(child, "refused", parent=mum, wants_follow_up=True)


def test_consent_14_30_a_refusal_that_stands_is_confirmed(child, mum, refusal, send, show):
    assert status(child).consent == "follow_up"
    assert "Follow up" in show(refusal).links
    shown = send("follow-up", refusal)
    assert list(shown.errors) == ["Select whether their decision to refuse consent stands"]
    assert list(send("follow-up", refusal, stands="yes").errors) == [
        "Enter notes on the conversation"
    ]
    shown = send("follow-up", refusal, stands="yes", notes="Sure of it")
    assert shown.banner == "Refusal confirmed."
    assert shown.summary["Follow-up"] == "The refusal stands"
    assert "Sure of it" in shown.text
    assert "Follow up" not in shown.links
    assert status(child).consent == "refused"
    assert templates() == [(REFUSED, "email", mum.email)]
    assert Entry.objects.filter(title__startswith="Follow-up: the refusal of ").count() == 1


def test_consent_14_30_a_refusal_that_does_not_stand_leads_to_a_new_response(
    clinic, child, mum, refusal, nurse_client, show
):
    sent = nurse_client.post(address(clinic, refusal, "follow-up"), {"stands": "no"})
    wizard = Wizard.of(nurse_client, sent)
    assert wizard.shown.h1 == "Contact details"
    wizard.answer(email=mum.email, phone=mum.phone)
    assert wizard.step == "decision", "the same parent, by phone"
    assert status(child).consent == "follow_up", "open until the new response is recorded"
    wizard.answer(decision="given").answer(**HEALTH).answer()
    new = ConsentResponse.objects.exclude(pk=refusal.pk).get()
    assert (new.parent, new.route, new.decision) == (mum, "phone", "given")
    assert show(refusal).summary["Follow-up"] == "The refusal does not stand"
    assert status(child).consent == "given"
    assert templates() == [(GIVEN, "email", mum.email)]


def test_only_refusals_that_wait_for_it_are_followed_up(child, mum, answered, send):
    for response in (answered(child, "given", parent=mum), answered(child, "refused")):
        shown = send("follow-up", response, stands="yes", notes="Hm")
        assert shown.banner == "This response does not wait to be followed up."
    assert not ResponseChange.objects.exists()


def test_administrators_do_all_of_it_too(safe, refusal, send, administrator_client):
    shown = send("withdraw", safe, client=administrator_client, reason="personal", silent="true")
    assert shown.banner.startswith("The same person"), "mum refused since"
    shown = send("follow-up", refusal, client=administrator_client, stands="yes", notes="Sure")
    assert shown.banner == "Refusal confirmed."
    shown = send("invalidate", refusal, client=administrator_client, notes="Mistake")
    assert shown.banner == "Response marked as invalid."


@pytest.mark.parametrize("act", ["show", "withdraw", "invalidate", "follow-up"])
def test_responses_of_others_are_not_found(clinic, refusal, client_elsewhere, nurse_client, act):
    assert client_elsewhere.get(address(clinic, refusal, act)).status_code == 404
    other = clinic.child()
    elsewhere = address(clinic, refusal, act).replace(
        str(refusal.child.public_id), str(other.public_id)
    )
    assert nurse_client.get(elsewhere).status_code == 404
    last_year = factories.ResponseFactory(child=refusal.child, academic_year=2025)
    assert nurse_client.get(address(clinic, last_year, act)).status_code == 404


def test_the_childs_page_leads_to_each_response(clinic, refusal, nurse_client):
    shown = page(
        nurse_client.get(reverse("consent:child", kwargs=names(clinic, refusal.child))),
        names_person=True,
    )
    assert shown.links[refusal.parent_name] == address(clinic, refusal)
