"""What nurses and administrators record, by the numbers of consent §14.3."""

from datetime import timedelta

import pytest
from django.urls import reverse

from activity.models import Entry
from cohorts.models import Parent
from consent.models import ConsentResponse, GillickAssessment, Triage
from consent.replies import GIVEN, REFUSED, TRIAGE
from mavis.celery import TIMETABLE, app
from notifications.models import Message
from sessions_app.models import SessionDate
from tests import factories
from tests.consent.wizard import HEALTH, JANE, Wizard, given, on_paper, status
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")
NUTS = HEALTH | {"severe_allergies": "yes", "severe_allergies_details": "Nuts"}
REPLIES = ("consent_", "triage_")


def told(*templates):
    """What goes to whom about consent and triage: template, channel and address."""
    return [
        (message.template, message.channel, message.recipient)
        for message in Message.objects.order_by("template", "channel", "recipient")
        if message.template.startswith(REPLIES)
    ]


@pytest.fixture
def texted(mum):
    mum.phone = "+447987654322"
    mum.wants_text_updates = True
    mum.save()
    return mum


def agree(wizard, health, parent):
    return wizard.choose(parent.pk).answer(route="phone").answer(decision="given").answer(**health)


def refuse(wizard, parent, **reason):
    wizard.choose(parent.pk).answer(route="phone").answer(decision="refused")
    return wizard.answer(**reason)


def test_consent_14_18_given_by_phone(wizard, texted, child):
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select who you are getting a response from"]
    wizard.answer(contact=texted.pk)
    assert wizard.shown.h1 == "Contact details"
    assert wizard.shown.values["email"] == texted.email
    wizard.answer(email=texted.email, phone="07987 654322", texts="true")
    assert wizard.step == "route", "details as they are on record need no question"
    wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    wizard.answer()
    assert wizard.shown.banner == "Consent recorded for Jo Lee."
    assert told() == [
        (GIVEN, "email", texted.email),
        (GIVEN, "text", texted.phone),
    ]
    response = ConsentResponse.objects.get()
    assert (response.email, response.phone) == (texted.email, texted.phone)


def test_consent_14_19_a_new_contact(wizard):
    wizard.answer(contact="new").answer(**JANE, texts="true")
    given_answers = wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    assert given_answers.shown.summary["Phone number"] == "07987 654321"
    wizard.answer()
    assert Parent.objects.get(full_name="Jane Smith").wants_text_updates
    assert told() == [
        (GIVEN, "email", "jane@example.com"),
        (GIVEN, "text", "+447987654321"),
    ]


@pytest.mark.parametrize(
    ("outcome", "template", "banner", "stored"),
    [
        ({"outcome": "safe"}, "triage_safe", "Safe to vaccinate", "safe"),
        (
            {"outcome": "do_not_vaccinate"},
            "triage_do_not_vaccinate",
            "Could not vaccinate",
            "do_not_vaccinate",
        ),
        (
            {"outcome": "keep", "notes": "Ask\nthe GP"},
            "triage_under_review",
            "Needs triage",
            "needed",
        ),
    ],
)
def test_consent_14_20_one_answer_yes(wizard, mum, child, outcome, template, banner, stored):
    agree(wizard, NUTS, mum)
    assert wizard.step == "triage-hpv"
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select whether it is safe to vaccinate"]
    wizard.answer(**outcome)
    assert "Triage" in wizard.shown.text
    wizard.answer()
    assert banner in wizard.shown.text
    assert told() == [(template, "email", mum.email)]
    assert status(child).triage == stored
    triage = Triage.objects.get()
    assert triage.notes.split() == outcome.get("notes", "").split()
    assert Entry.objects.filter(title__startswith="Triaged decision: ").count() == 1


def test_consent_14_20_delay_has_its_date_and_its_place_in_the_clinic(wizard, mum, child):
    agree(wizard, NUTS, mum).answer(outcome="delay")
    assert list(wizard.shown.errors) == ["Enter the earliest date of the vaccination"]
    day = {"delay_until-day": "1", "delay_until-month": "3", "delay_until-year": "2027"}
    wizard.answer(outcome="delay", notes="After treatment", **day)
    assert wizard.shown.summary["Earliest date"] == "1 March 2027"
    assert wizard.open("triage-hpv").shown.values["delay_until-month"] == "3"
    wizard.open("check").answer()
    assert told() == [("triage_delay", "email", mum.email)]
    assert status(child).triage == "delay"


def test_no_answer_that_calls_for_triage_asks_for_none(wizard, mum):
    support = HEALTH | {"extra_support": "yes", "extra_support_details": "Quiet room"}
    assert agree(wizard, support, mum).step == "check"


def test_a_parent_hears_of_a_decision_that_others_heard_of_before(
    clinic, child, mum, wizard, nurse_client
):
    dad = factories.RelationshipFactory(child=child, kind="father").parent
    agree(wizard, NUTS, mum).answer(outcome="safe").answer()
    agree(Wizard(nurse_client, clinic, child), NUTS, dad).answer(outcome="safe").answer()
    assert told() == sorted(
        [("triage_safe", "email", mum.email), ("triage_safe", "email", dad.email)]
    )
    assert Triage.objects.count() == 2, "history is only added to"


def test_triage_is_not_asked_beside_a_refusal(clinic, child, mum, answered, nurse_client):
    answered(child, "refused", relationship="Dad")
    wizard = agree(Wizard(nurse_client, clinic, child), NUTS, mum)
    assert wizard.step == "check"
    wizard.answer()
    assert status(child).consent == "conflicts"
    assert told() == [(TRIAGE, "email", mum.email)]


def test_consent_14_21_an_administrator_has_no_triage_step(
    clinic, child, mum, administrator_client, nurse_client
):
    wizard = agree(Wizard(administrator_client, clinic, child), NUTS, mum)
    assert wizard.step == "check"
    posted = administrator_client.post(
        wizard.address.replace("/check/", "/triage-hpv/"), {"outcome": "safe"}
    )
    assert posted["Location"].endswith("/check/")
    wizard.answer()
    assert "Needs triage" in wizard.shown.text
    assert not Triage.objects.exists()
    assert told() == [(TRIAGE, "email", mum.email)]


def test_consent_14_21_the_parent_who_refused_agrees(clinic, child, mum, answered, nurse_client):
    answered(child, "refused", parent=mum)
    given(Wizard(nurse_client, clinic, child), mum).answer()
    assert status(child).consent == "given"
    assert told() == [(GIVEN, "email", mum.email)]


def test_consent_14_22_refused_for_medical_reasons(wizard, texted):
    refuse(wizard, texted, reason="medical").answer(notes="Under a specialist").answer()
    assert wizard.shown.banner == "Refusal recorded for Jo Lee."
    assert told() == [
        (REFUSED, "email", texted.email),
        (REFUSED, "text", texted.phone),
    ]
    assert "Medical reasons" in wizard.shown.text
    assert f"Refused by {texted.full_name} (Mum)." in wizard.shown.text
    assert "Answers to health questions" not in wizard.shown.text
    said = " ".join(str(message.personalisation) for message in Message.objects.all())
    assert "specialist" not in said
    assert "Medical" not in said


@pytest.mark.parametrize(
    ("send", "count"), [("yes", 2), ("no", 0)], ids=["confirmed", "not confirmed"]
)
def test_consent_14_22_personal_choice_may_go_unconfirmed(wizard, texted, send, count):
    refuse(wizard, texted, reason="personal")
    assert wizard.step == "confirm-refusal"
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select whether to confirm the refusal by message"]
    wizard.answer(send=send)
    assert "Details" not in wizard.shown.summary
    wizard.answer()
    assert len(told()) == count


@pytest.fixture
def assessed(clinic, child, nurse):
    """`assessed(True)`: the child is found competent or not, on a session day."""
    SessionDate.objects.create(session=clinic.session, value=NOW.date())

    def assess(is_competent, **fields):
        return GillickAssessment.objects.create(
            child=child,
            session=clinic.session,
            assessed_on=NOW.date(),
            **dict.fromkeys(GillickAssessment.STATEMENTS, is_competent),
            performed_by=nurse,
            performed_at=NOW,
            **{"programme_id": "hpv"} | fields,
        )

    return assess


def test_consent_14_23_self_consent(clinic, child, mum, assessed, answered, nurse_client):
    answered(child, "refused", parent=mum)
    assessed(False)
    assert "Gillick" not in Wizard(nurse_client, clinic, child).shown.text
    competent = assessed(True)
    wizard = Wizard(nurse_client, clinic, child)
    assert "Child (Gillick competent)" in wizard.shown.text
    wizard.answer(contact="child")
    assert wizard.shown.h1 == "Does Jo Lee agree to having the HPV vaccination?"
    assert "No response" not in wizard.shown.text
    wizard.answer(decision="given")
    assert wizard.step == "tell-parents"
    wizard.answer()
    assert list(wizard.shown.errors) == ["Select whether the child wants their parents told"]
    wizard.answer(tell="yes").answer(**NUTS).answer(outcome="safe")
    assert wizard.shown.summary["Tell parents about the vaccination"] == "Yes"
    responses = reverse("consent:responses", kwargs={"slug": clinic.session.slug})
    assert "Consent given 0" in page(nurse_client.get(responses)).tabs
    wizard.answer()
    assert "Safe to vaccinate" in wizard.shown.text
    given_tab = page(nurse_client.get(responses)).tabs["Consent given 1"]
    assert [row[0] for row in page(nurse_client.get(given_tab)).rows] == ["Jo Lee"]
    response = ConsentResponse.objects.get(route="self")
    assert {(one["set"], one["version"]) for one in response.health_answers} == {("hpv_own", 1)}
    assert (response.parent, response.assessment, response.notify_parents) == (
        None,
        competent,
        True,
    )
    assert response.relationship == "Child (Gillick competent)"
    assert (status(child).consent, status(child).triage) == ("given", "safe"), "it alone decides"
    app.loader.import_default_modules()
    for job in TIMETABLE.values():
        if job["task"].startswith(("consent.", "sessions_app.")):
            app.tasks[job["task"]]()
    assert told() == [], "parents hear nothing, and no job fails"
    assert Entry.objects.filter(
        title="Consent given by Jo Lee (Child (Gillick competent))"
    ).exists()


def test_a_child_no_longer_found_competent_cannot_confirm(clinic, child, assessed, nurse_client):
    assessed(True)
    wizard = Wizard(nurse_client, clinic, child).answer(contact="child").answer(decision="refused")
    wizard.answer(reason="personal")
    assert wizard.step == "check", "a child's refusal is confirmed to nobody"
    assessed(False)
    wizard.answer()
    assert wizard.step == "who"
    assert not ConsentResponse.objects.exists()


def test_details_that_differ_replace_the_record_only_if_somebody_says_so(
    clinic, child, mum, nurse_client
):
    other = {"email": "new@example.com", "phone": "07987 654321"}
    for answer, stored in (("no", mum.email), ("yes", "new@example.com")):
        wizard = Wizard(nurse_client, clinic, child).answer(contact=mum.pk).answer(**other)
        assert wizard.step == "update-record"
        assert mum.email in wizard.shown.text
        wizard.answer()
        assert len(wizard.shown.errors) == 1
        wizard.answer(replace=answer).answer(route="phone")
        wizard.answer(decision="not_provided").answer()
        mum.refresh_from_db()
        assert mum.email == stored
        assert ConsentResponse.objects.first().email == "new@example.com"
    assert Entry.objects.filter(title__startswith="Contact details changed: ").count() == 1


def test_other_details_are_asked_anew_whether_they_replace_the_record(
    clinic, child, mum, nurse_client
):
    wizard = Wizard(nurse_client, clinic, child).answer(contact=mum.pk)
    wizard.answer(email="new@example.com").answer(replace="yes").answer(route="phone")
    wizard.open("details").answer(email="newer@example.com")
    assert wizard.step == "update-record"
    assert not [radio for radio in wizard.shown.all("input", type="radio") if radio.get("checked")]


def test_a_sensitive_childs_stored_details_hold_unseen(clinic, child, mum, nurse_client):
    child.restricted_at = NOW
    child.save()
    mum.wants_text_updates = True
    mum.save()
    wizard = Wizard(nurse_client, clinic, child).answer(contact=mum.pk)
    assert mum.email not in wizard.shown.text
    assert wizard.shown.values["email"] == ""
    wizard.answer(email="", phone="")
    assert wizard.step == "route", "nothing differs from the record, texts neither"
    wizard.answer(route="phone").answer(decision="given").answer(**HEALTH)
    assert mum.email not in wizard.shown.text
    wizard.answer()
    assert ConsentResponse.objects.get().email == mum.email
    mum.refresh_from_db()
    assert mum.wants_text_updates
    assert told() == [], "i08: nobody is written to about a sensitive record"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"email": "", "phone": ""}, "Enter an email address or a phone number"),
        (
            {"email": "jo@example.com", "phone": "", "texts": "true"},
            "Enter a phone number to get updates by text message",
        ),
        ({"email": "jo@example", "phone": ""}, "Email address must be in the right format"),
        (
            {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.com", "phone": ""},
            "Email address must be 254",
        ),
    ],
)
def test_details_of_a_known_contact_are_checked(wizard, mum, typed, error):
    wizard.answer(contact=mum.pk).answer(**typed)
    [found] = wizard.shown.errors
    assert found.startswith(error)
    assert wizard.shown.values["email"] == typed["email"]


def test_who_lacks_responsibility_is_shown_a_way_out(wizard):
    wizard.answer(contact="new")
    wizard.answer(**JANE | {"kind": "other"}, other_name="Nan", has_responsibility="no")
    assert wizard.shown.links["Choose somebody else"].endswith("/who/")
    assert "Leave without recording a response" in wizard.shown.links
    assert wizard.shown.values["full_name"] == "Jane Smith"


def test_answers_changed_in_another_tab_are_shown_again_before_they_are_kept(wizard, mum, morning):
    given(wizard, mum)
    seen = {"seen": wizard.shown.values["seen"]}
    check = wizard.address
    morning.move_to(NOW + timedelta(minutes=1), tick=False)
    wizard.open("route").answer(**on_paper(NOW.date()))
    wizard.address = check
    wizard.answer(**seen)
    assert wizard.shown.banner == "The answers were changed in another tab. Check them again."
    assert not ConsentResponse.objects.exists()
    wizard.answer()
    assert ConsentResponse.objects.get().route == "paper"


def test_recording_takes_as_many_queries_however_many_responses_there_are(
    wizard, clinic, child, mum, answered, nurse_client
):
    agree(wizard, HEALTH, mum)
    few = count_queries(lambda: nurse_client.get(wizard.address))
    for _ in range(10):
        answered(child, "given")
    assert count_queries(lambda: nurse_client.get(wizard.address)) == few
