"""What becomes of consent and of requests with time, in a browser: axe, width, focus."""

from datetime import date

import pytest
from django.urls import reverse

from consent.services import changes
from tests import factories
from tests.consent.parent import ParentForm
from tests.consent.school import School
from tests.consent.wizard import Wizard
from tests.journeys.families import (
    LONG,
    WORDS,
    clinic_of,
    collector_of,
    long_child,
    on_the_day,
    school_session,
)
from tests.journeys.gallery import Collector
from tests.sessions_app.conftest import at

pytestmark = pytest.mark.django_db
NOW = at("2027-01-12T10:00")


@pytest.fixture
def staff(nurse):
    return collector_of(nurse)


def test_what_counts_no_more_and_earlier_doses(organisation, staff, nurse, show):
    with on_the_day():
        clinic = clinic_of(organisation)
        child, parent = long_child(clinic, birth_academic_year=2012)
        factories.VaccinationRecordFactory(
            child=child, programme_id="td_ipv", performed_on=date(2017, 6, 1), dose_sequence=3
        )
        names = {"slug": clinic.session.slug, "public_id": child.public_id}
        wizard = Wizard(staff, clinic, child, programme="td_ipv")
        wizard.choose(parent.pk).answer(route="phone").answer(decision="given")
        asked = {radio.get("name") for radio in wizard.shown.all("input", type="radio")}
        wizard.answer(**dict.fromkeys(asked, "no"))
        wizard.answer(outcome="safe", notes=WORDS).answer()
        [response] = child.consent_responses.all()
        staff.get(reverse("consent:triage", kwargs=names | {"programme": "td_ipv"}))
        changes.withdraw_response(response=response, reason="other", notes=WORDS, now=NOW, by=nurse)
        staff.get(reverse("consent:activity", kwargs=names))
    show(staff)


def test_when_parents_are_asked(organisation, staff, show):
    with on_the_day():
        place = School(organisation, dates=[date(2027, 1, 25)], requests_on=date(2027, 1, 14))
        child, _ = long_child(place)
        place.child(parents=0, given_name="Bo", family_name="Lee")
        names = {"slug": place.session.slug}
        staff.get(reverse("consent:responses", kwargs=names))
        staff.get(reverse("consent:child", kwargs=names | {"public_id": child.public_id}))
        over = School(
            organisation,
            dates=[date(2027, 1, 11)],
            location__name="Grace Academy",
            location__team__name="Other team",
        )
        over.child(**LONG)
        staff.get(reverse("sessions:close", kwargs={"slug": over.session.slug}))
        client = Collector()
        form = ParentForm(school_session(organisation), client=client)
        form.start()
        form.walk(confirm_school={"is_school": "no"}, to="school")
        client.sheets.clear()
        form.send({"school": over.session.location.urn})
    show(staff, client)
