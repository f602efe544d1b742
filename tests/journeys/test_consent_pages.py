"""Every page of consent and each of its error states, in a browser: axe, width, focus."""

import re
from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from consent import online_walk, throttle
from consent.models import ConsentRequest, GillickAssessment, ResponseDraft
from tests import factories
from tests.consent.parent import ABOUT_YOU, ParentForm
from tests.consent.school import School
from tests.consent.wizard import on_paper
from tests.journeys.families import (
    EMAIL,
    LONG,
    NAME,
    TODAY,
    WORDS,
    clinic_of,
    collector_of,
    long_child,
    on_the_day,
    school_session,
)
from tests.journeys.gallery import Collector
from tests.pages import page
from tests.sessions_app.conftest import Clinic, at

pytestmark = pytest.mark.django_db


class Answering(ParentForm):
    """A parent who first leaves each page empty, then fills it in."""

    def __init__(self, client, session, programmes):
        super().__init__(session, programmes, client=client)
        self.client.get(self.address())
        self.start()

    def send(self, data):
        is_health = f"/{online_walk.HEALTH}" in self.at
        if not is_health or data["answer"] == "yes":
            self.client.post(self.at, {})
        if is_health and data["answer"] == "yes":
            self.client.post(self.at, {"answer": "yes"})
        return super().send(data)

    def finish(self, **answers):
        self.walk(**answers)
        self.confirm()


ABOUT = {
    "name": LONG
    | {"uses_other_name": "yes", "preferred_given_name": "Bart", "preferred_family_name": ""},
    "about_you": ABOUT_YOU | {"full_name": NAME, "email": EMAIL, "phone": "07400 123456"},
    "contact_method": {"contact_method": "other", "details": WORDS[20:]},
}
YES = {"answer": "yes", "details": WORDS}


def give_consent_for_flu(client, session):
    nasal = {"decision": {"decision": "nasal"}, "narrowing": {"answer": "yes"}}
    form = Answering(client, session, "flu")
    client.post(form.at, {"given_name": "A", "uses_other_name": "yes"})
    form.walk(to="date-of-birth", **ABOUT)
    for day, month, year in (("31", "2", "2013"), ("1", "1", "2030"), ("", "1", "13")):
        parts = {"day": day, "month": month, "year": year}
        client.post(form.at, {f"date_of_birth-{part}": value for part, value in parts.items()})
    elsewhere = {"confirm_school": {"is_school": "no"}, "school": {"school": "home"}}
    form.walk(to="about-you", **elsewhere)
    wrong = {"relationship": "other", "email": "a@b", "phone": "12", "has_responsibility": ""}
    client.post(form.at, wrong)
    client.post(form.at, ABOUT_YOU | {"wants_text_updates": "true"})
    no = ABOUT_YOU | {"relationship": "other", "other_name": "Aunt", "has_responsibility": "no"}
    form.send(no)
    form.open("about-you")
    form.walk(to="contact-method", **ABOUT)
    client.post(form.at, {"contact_method": "other"})
    form.walk(to="address", **ABOUT, **nasal)
    client.post(form.at, {"address_line_1": "1", "town": "x", "postcode": "nowhere"})
    form.finish(**ABOUT, **nasal, health_asthma=YES, health_asthma_steroids=YES)


def test_the_form_of_parents(organisation, show):
    client = Collector()
    refused = {"decision": "refused"}
    with on_the_day():
        session = school_session(organisation)
        give_consent_for_flu(client, session)
        Answering(client, session, "flu").finish(
            decision=refused, reason={"reason": "contains_gelatine"}, follow_up={"follow_up": "yes"}
        )
        doubles = Answering(client, session, "menacwy-td_ipv")
        doubles.walk(to="decision")
        client.post(doubles.at, {"decision": "one"})
        doubles.finish(
            decision={"decision": "one", "chosen": "menacwy"},
            reason={"reason": "other"},
            details={"details": WORDS},
        )
        Answering(client, session, "mmr").finish(narrowing={"answer": "without"})
        Answering(client, session, "mmr").finish(
            decision=refused,
            reason={"reason": "already_vaccinated"},
            details={"details": WORDS},
        )
        Answering(client, Clinic(organisation).session, "hpv").finish()
    show(client)


def test_where_parents_cannot_go_on(organisation, show, monkeypatch):
    client = Collector()
    with on_the_day():
        session = school_session(organisation)
        form = ParentForm(session, client=client)
        form.start()
        other_tab = form.walk().values
        form.change("your name")
        form.send(ABOUT_YOU | {"full_name": "Jo"})
        client.sheets.clear()
        form.follow(client.post(form.at, {"revision": other_tab["revision"]}))
        client.get(f"/consent/{session.slug}/hpv/start?ended=1")
        client.keep(client.get("/consent/nothing/hpv/start"))
        monkeypatch.setattr(throttle, "is_too_much", lambda *_: True)
        client.keep(client.post(form.at, {"revision": form.get().values["revision"]}))
    with time_machine.travel(at("2027-02-02T10:00"), tick=False):
        client.get(f"/consent/{session.slug}/hpv/start")
    show(client)


class Recording:
    """A nurse with "Get consent response" open, who first leaves each page empty."""

    def __init__(self, client, session, child, programme="hpv"):
        self.client = client
        parts = {"slug": session.slug, "public_id": child.public_id, "programme": programme}
        self.follow(client.post(reverse("consent:start-response", kwargs=parts)))

    def follow(self, response):
        while response.status_code == 302:
            self.at = response.url
            response = self.client.get(self.at)
        basis = re.search('name="basis" value="([^"]+)"', response.content.decode())
        self.hidden = {"basis": basis[1]} if basis else {}

    def answer(self, *wrong, **data):
        for sent in ({}, *wrong):
            self.client.post(self.at, self.hidden | sent)
        self.follow(self.client.post(self.at, self.hidden | data))
        return self

    @property
    def draft(self):
        return ResponseDraft.objects.get(pk=self.at.split("/")[-3])

    def health(self, **yes):
        """No to all that the page asks, but for those named, whose details are given."""
        asked = [one.key for one in online_walk.every_question(tuple(self.draft.programmes))]
        answers = dict.fromkeys(asked, "no") | dict.fromkeys(yes, "yes")
        details = {f"{key}_details": text for key, text in yes.items()}
        return self.answer(dict.fromkeys(asked, "yes"), **answers, **details)

    def confirm(self):
        self.follow(self.client.post(self.at, {"seen": self.draft.updated_at.isoformat()}))


@pytest.fixture
def staff(nurse):
    return collector_of(nurse)


@pytest.fixture
def clinic(organisation):
    return clinic_of(organisation)


def test_recording_what_contacts_say(clinic, staff, show):
    with on_the_day():
        child, parent = long_child(clinic, birth_academic_year=2012)
        wrong = {"kind": "other", "email": "a@b", "phone": "12", "texts": "true"}
        no = {"kind": "other", "other_name": "Aunt", "has_responsibility": "no", "full_name": "A"}
        jane = {"full_name": NAME, "kind": "mother", "email": EMAIL, "phone": "07987 654321"}
        flu = Recording(staff, clinic.session, child, "flu")
        flu.answer(contact="new").answer(wrong, no, **jane).answer(
            {"route": "paper"}, **on_paper(TODAY)
        )
        flu.answer({"decision": "nasal"}, decision="nasal", injection_instead="yes")
        flu.health(asthma="", asthma_steroids=WORDS)
        flu.answer({"outcome": "delay"}, outcome="keep", notes=WORDS).confirm()

        hpv = Recording(staff, clinic.session, child)
        hpv.answer(contact=parent.pk).answer(email=f"other.{EMAIL}", phone="")
        hpv.answer(replace="no").answer(route="phone").answer(decision="refused")
        hpv.answer(reason="other").answer({"notes": "x" * 1001}, notes=WORDS).confirm()

        doubles = Recording(staff, clinic.session, child, "menacwy-td_ipv")
        doubles.answer(contact=parent.pk).answer(email=EMAIL, phone=parent.phone)
        doubles.answer(route="in_person")
        doubles.answer({"decision": "one"}, decision="one", chosen="menacwy").health()
        doubles.answer(reason="personal").answer(send="no")
    show(staff)


def test_a_competent_child_consents(clinic, staff, nurse, show):
    with on_the_day():
        child, _ = long_child(clinic)
        names = {"slug": clinic.session.slug, "public_id": child.public_id}
        gillick = reverse("consent:gillick", kwargs=names | {"programme": "hpv"})
        staff.get(gillick)
        staff.post(gillick, {"notes": "x" * 1001})
        yes = dict.fromkeys(GillickAssessment.STATEMENTS, "yes")
        staff.post(gillick, yes | {"notes": WORDS}, follow=True)
        staff.get(gillick)
        hpv = Recording(staff, clinic.session, child)
        hpv.answer(contact="child").answer(decision="given").answer(tell="no").health()
        hpv.confirm()
    show(staff)


def test_a_response_that_is_changed_and_triage(clinic, staff, show):
    nuts = {
        "question": "severe_allergies",
        "text": "Allergies?",
        "yes": True,
        "details": WORDS,
        "calls_for_triage": True,
    }
    with on_the_day():
        child, parent = long_child(clinic)
        given = factories.ResponseFactory(
            child=child, parent=parent, session=clinic.session, health_answers=[nuts], email=EMAIL
        )
        refused = factories.ResponseFactory(
            child=child,
            parent=parent,
            session=clinic.session,
            programme_id="mmr",
            decision="refused",
            reason="other",
            notes=WORDS,
            wants_follow_up=True,
        )
        clinic.refresh(child)
        names = {"slug": clinic.session.slug, "public_id": child.public_id}
        triage = reverse("consent:triage", kwargs=names | {"programme": "hpv"})
        opened = page(staff.get(triage)).values
        hidden = {name: opened[name] for name in ("token", "basis")}
        for data in ({}, {"outcome": "delay"}, {"outcome": "delay", "delay_until-day": "1"}):
            staff.post(triage, data | hidden)
        staff.post(triage, {"notes": WORDS} | hidden | {"basis": "other"})
        staff.post(triage, {"outcome": "keep", "notes": WORDS} | hidden, follow=True)
        staff.get(triage)

        def change(response, act, *sent):
            parts = names | {"response_id": response.public_id}
            address = reverse(f"consent:{act}-response", kwargs=parts)
            staff.get(address)
            for data in sent:
                staff.post(address, data, follow=True)

        # Of before the child moved here, by somebody who is no contact here: the first of its kind,
        # so that it is the one looked at.
        from_elsewhere = factories.ResponseFactory(
            child=child,
            organisation=(other := factories.OrganisationFactory()),
            parent__organisation=other,
            session__organisation=other,
            health_answers=[nuts],
            email=EMAIL,
        )
        for act in ("show", "withdraw"):
            change(from_elsewhere, act)
        change(refused, "follow-up", {}, {"stands": "yes"}, {"stands": "yes", "notes": WORDS})
        change(refused, "invalidate", {}, {"notes": WORDS})
        change(given, "withdraw", {}, {"reason": "medical"})
        change(given, "withdraw", {"reason": "medical", "medical_notes": WORDS})
        staff.get(reverse("consent:activity", kwargs=names))
    show(staff)


def test_parents_of_a_child(clinic, staff, show):
    with on_the_day():
        child, parent = long_child(clinic)
        brother = clinic.child(**LONG)
        other = factories.RelationshipFactory(child=brother, parent=parent)
        factories.ResponseFactory(
            child=child, parent=parent, session=clinic.session, decision="refused", reason="other"
        )
        names = {"public_id": child.public_id, "parent_id": child.relationships.get().public_id}
        change = reverse("children:change-parent", kwargs=names)
        remove = reverse("children:remove-parent", kwargs=names)
        staff.get(reverse("children:show", kwargs={"public_id": child.public_id}))
        add = reverse("children:add-parent", kwargs={"public_id": child.public_id})
        staff.get(add)
        staff.post(add, {})
        seen = page(staff.get(change)).values
        staff.post(add, seen | {"kind": "guardian"})
        staff.post(change, {})
        staff.post(change, {"kind": "other", "email": "a@b", "contact_method": "other"})
        other.parent.full_name = NAME
        other.parent.save()
        staff.post(change, seen | {"phone": ""})
        again = factories.RelationshipFactory(
            child=child,
            parent__organisation=child.organisation,
            parent__full_name="Mo Lee",
            parent__email="mo.lee.at.a.very.long.address@of-an-organisation.example.com",
            parent__email_failed_at=at("2027-01-11T10:00"),
            kind="guardian",
        )
        factories.ResponseFactory(child=child, parent=again.parent, session=clinic.session)
        who = reverse("children:merge-parent", kwargs=names)
        staff.post(who, {})
        merge = reverse("children:merge-parents", kwargs=names | {"other_id": again.public_id})
        staff.post(merge, {"seen": page(staff.get(merge)).values["seen"]})
        again.delete()
        staff.get(remove)
        staff.post(remove, follow=True)
    show(staff)


def test_lists_of_a_session(clinic, staff, show):
    with on_the_day():
        child, parent = long_child(clinic)
        slug = {"slug": clinic.session.slug}
        factories.ResponseFactory(child=child, parent=parent, session=clinic.session)
        clinic.refresh(child)
        for tab in ("no-response", "given", "refused", "conflicts", "follow-up"):
            staff.get(reverse("consent:responses", kwargs=slug | {"tab": tab}))
        staff.get(reverse("consent:responses", kwargs=slug) + "?year_groups=3")
        for group in ("needed", "completed", "not-needed"):
            staff.get(reverse("consent:triage-list", kwargs=slug | {"group": group}))
        names = slug | {"public_id": child.public_id}
        request = reverse("consent:send-request", kwargs=names)
        staff.get(request)
        for _ in range(2):
            staff.post(request, {"token": uuid4()}, follow=True)
        ConsentRequest.objects.update(requested_at=at("2027-01-12T09:00"))
        staff.get(request)
        staff.post(request, {"token": uuid4()})
    show(staff)


def test_reminders(organisation, staff, show):
    with on_the_day():
        school = School(organisation, dates=[date(2027, 1, 25)], requests_on=date(2026, 12, 22))
        reminders = reverse("consent:send-reminders", kwargs={"slug": school.session.slug})
        long_child(school)
        staff.get(reminders)
        school.run("2026-12-22")
        staff.get(reminders)
        staff.post(reminders, {"token": uuid4()}, follow=True)
    show(staff)
