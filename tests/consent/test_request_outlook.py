"""Where the request stands, as staff read it on the child's page and in the list."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from consent.models import ConsentRequest
from consent.request_outlook import Asking, Written, request_outlook
from consent.selectors.request_outlooks import request_outlooks
from sessions_app import statuses
from sessions_app.choices import Exclusion
from sessions_app.models import ProgrammeStatus
from tests.conftest import signed_in
from tests.consent.school import School
from tests.pages import count_queries, page
from tests.sessions_app.conftest import at

SCHOOL = Asking(
    is_clinic=False,
    is_closed=False,
    academic_year=2026,
    dates=[date(2027, 1, 25)],
    requests_on=date(2027, 1, 14),
)
NEVER = Written()
TUESDAY = date(2027, 1, 12)


@pytest.mark.parametrize(
    ("asking", "written", "time", "state", "text"),
    [
        (SCHOOL, NEVER, "12:00", "request_scheduled", "Request scheduled for 14 January 2027"),
        (
            replace(SCHOOL, requests_on=date(2027, 1, 4)),
            NEVER,
            "19:55",
            "request_scheduled",
            "Request scheduled for 12 January 2027",  # who joined late
        ),
        (
            replace(SCHOOL, requests_on=date(2027, 1, 4)),
            NEVER,
            "19:56",
            "request_scheduled",
            "Request scheduled for 13 January 2027",
        ),
        (
            replace(SCHOOL, requests_on=date(2027, 1, 4)),
            Written(about_anything_on=TUESDAY),
            "12:00",
            "request_scheduled",
            "Request scheduled for 15 January 2027",  # never two within three days
        ),
        (
            replace(SCHOOL, dates=[date(2027, 1, 14)], requests_on=date(2027, 1, 4)),
            Written(about_anything_on=TUESDAY),
            "12:00",
            "request_not_scheduled",
            "No request: responses close on 13 January 2027",
        ),
        (
            SCHOOL,
            Written(TUESDAY, TUESDAY),
            "12:00",
            "no_answer",
            "Last asked on 12 January 2027",
        ),
        (
            SCHOOL,
            Written(TUESDAY, TUESDAY, "no_contact"),
            "12:00",
            "no_contact",
            "No request: no contact details",
        ),
        (
            SCHOOL,
            Written(exclusion="restricted"),
            "12:00",
            "request_not_scheduled",
            "No request: the record is flagged as sensitive",
        ),
        (
            SCHOOL,
            Written(exclusion=None),
            "12:00",
            "request_not_scheduled",
            "Whether parents are asked is known tomorrow",  # the programme is new
        ),
        (
            replace(SCHOOL, is_closed=True),
            Written(exclusion=None),
            "12:00",
            "request_not_scheduled",
            "No request: the session is closed",
        ),
        (
            replace(SCHOOL, is_clinic=True),
            NEVER,
            "12:00",
            "request_not_scheduled",
            "No request: for clinics they are sent by hand",
        ),
        (
            replace(SCHOOL, is_closed=True),
            NEVER,
            "12:00",
            "request_not_scheduled",
            "No request: the session is closed",
        ),
        (
            replace(SCHOOL, dates=[]),
            NEVER,
            "12:00",
            "request_not_scheduled",
            "No request: no session dates are scheduled",
        ),
        (
            replace(SCHOOL, dates=[TUESDAY]),
            NEVER,
            "12:00",
            "request_not_scheduled",
            "No request: responses closed on 11 January 2027",
        ),
        (
            replace(SCHOOL, requests_on=None),
            NEVER,
            "12:00",
            "request_not_scheduled",
            "No request: no date for requests is set",
        ),
        (
            replace(SCHOOL, academic_year=2027, dates=[date(2027, 9, 20)]),
            NEVER,
            "12:00",
            "request_scheduled",
            "Request scheduled for 1 September 2027",
        ),
    ],
)
def test_consent_8_where_the_request_stands(asking, written, time, state, text):
    found = request_outlook(asking, written, now=at(f"2027-01-12T{time}"))
    assert (found.state, found.text) == (state, text)


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def school(self, organisation, time_machine):
        time_machine.move_to(at("2027-01-04T10:00"), tick=False)
        return School(organisation, requests_on=date(2027, 1, 5))

    def listed(self, client, school):
        address = reverse("consent:responses", kwargs={"slug": school.session.slug})
        return {row[0]: row[2] for row in page(client.get(address)).rows}

    def test_consent_8_the_list_and_the_childs_page_say_what_the_job_then_does(
        self, school, nurse_client, nurse, time_machine
    ):
        child = school.child(given_name="Ann", family_name="Lee")
        school.child(given_name="Bo", family_name="Lee", parents=0)
        assert self.listed(nurse_client, school) == {
            "Ann Lee": "Request scheduled for 5 January 2027",
            "Bo Lee": "No request: no contact details",
        }
        names = {"slug": school.session.slug, "public_id": child.public_id}
        shown = page(nurse_client.get(reverse("consent:child", kwargs=names)), names_person=True)
        said = "Nobody has responded yet. Request scheduled for 5 January 2027."
        assert said in shown.text
        time_machine.move_to(at("2027-01-05T16:00"), tick=False)
        school.run("2027-01-05")
        assert ConsentRequest.objects.get().child == child
        assert self.listed(signed_in(nurse), school)["Ann Lee"] == "Last asked on 5 January 2027"

    @pytest.mark.parametrize("was_for_others", [False, True], ids=["taken up", "for other years"])
    def test_of_a_new_programme_it_is_known_tomorrow(self, school, nurse_client, was_for_others):
        """Until the night after an operator saved it nobody is written to (decision 0066)."""
        child = school.child(given_name="Ann", family_name="Lee")
        if was_for_others:
            ProgrammeStatus.objects.update(exclusion=Exclusion.YEAR_GROUP)
        else:
            ProgrammeStatus.objects.all().delete()
        assert self.listed(nurse_client, school) == {
            "Ann Lee": "Whether parents are asked is known tomorrow"
        }
        names = {"slug": school.session.slug, "public_id": child.public_id}
        shown = page(nurse_client.get(reverse("consent:child", kwargs=names)), names_person=True)
        assert "Whether parents are asked is known tomorrow." in shown.text
        statuses.refresh([child.pk], today=date(2027, 1, 5))
        assert self.listed(nurse_client, school) == {
            "Ann Lee": "Request scheduled for 5 January 2027"
        }

    def test_consent_8_a_page_takes_the_same_queries_for_2_and_for_12_children(self, school):
        session = school.with_days()

        def counted(number):
            ids = [school.child().pk for _ in range(number)]
            now = at("2027-01-04T10:00")
            return count_queries(lambda: request_outlooks(session, ids, ["hpv"], now=now))

        assert counted(2) == counted(12)
