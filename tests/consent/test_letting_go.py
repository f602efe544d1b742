"""Letting go what was called back at a school: what the page says is what then goes, to the family,
and nothing else that was called back goes along.
"""

from datetime import date

import pytest
from django.urls import reverse

from consent.models import ConsentRequest, SessionReminder
from sessions_app import asking as school_asking
from sessions_app import invitations
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM
from tests.consent.school import Visited
from tests.pages import page
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import moved, save

pytestmark = pytest.mark.django_db
JAN_12, JAN_19 = date(2027, 1, 12), date(2027, 1, 19)
ASKING, VISIT = Mailing.Kind.ASKING, Mailing.Kind.VISIT


@pytest.fixture
def school(organisation, nurse, morning, django_capture_on_commit_callbacks):
    """A school that came to be visited tomorrow: many are ready, and many were not asked yet."""
    morning.move_to(at("2027-01-11T10:00"), tick=False)
    school = Visited(organisation, dates=[JAN_19])
    school.all_ready(HELD_FROM)
    school.children(HELD_FROM)
    with django_capture_on_commit_callbacks(execute=True):
        save(school.session, nurse, [JAN_12, moved(school.session, JAN_19)], now="2027-01-11T10:00")
    return school


def waiting(school, kind):
    return Mailing.objects.get(session=school.session, kind=kind, released_at=None)


def call_back(school, by, *kinds):
    for kind in kinds:
        invitations.call_back(
            mailing_id=waiting(school, kind).pk, by=by, now=at("2027-01-11T10:01")
        )


def written(school):
    """About whom requests and reminders of the visit go by the evening of that day."""
    for time in ("16:00", "19:55"):
        school.remind(f"2027-01-11T{time}")
        school.run("2027-01-11", time)
    return [
        set(model.objects.filter(withheld_at=None).values_list("child", flat=True))
        for model in (ConsentRequest, SessionReminder)
    ]


@pytest.mark.parametrize(
    ("called_back", "released"),
    [
        ({ASKING}, ASKING),
        ({VISIT}, VISIT),
        ({ASKING, VISIT}, ASKING),
        ({ASKING, VISIT}, VISIT),
    ],
)
def test_letting_go_sends_what_its_page_says_and_nothing_else_called_back(
    school, nurse, called_back, released, django_capture_on_commit_callbacks
):
    call_back(school, nurse, *called_back)
    mailing, now = waiting(school, released), at("2027-01-11T11:00")
    said = school_asking.outlook_of_release(mailing, now=now)
    with django_capture_on_commit_callbacks(execute=True):
        school_asking.release(mailing_id=mailing.pk, by=nurse, now=now)
    asked, reminded = written(school)
    gone = {ASKING: len(asked), VISIT: len(reminded)}
    assert (
        {ASKING: said.requests, VISIT: said.visit.children}[released] == gone[released] == HELD_FROM
    )
    other = ({ASKING, VISIT} - {released}).pop()
    assert {ASKING: said.requests, VISIT: said.visit.children}[other] == 0, "the page speaks of one"
    assert gone[other] == (0 if other in called_back else HELD_FROM)
    assert not asked & reminded
    emails, texts = {
        ASKING: (said.emails, said.texts),
        VISIT: (said.visit.emails, said.visit.texts),
    }[released]
    again = Mailing.objects.get(session=school.session, kind=released, queued_at=now)
    assert emails + texts == again.messages == 2 * HELD_FROM


def test_the_page_of_a_visits_reminders_names_no_requests(school, nurse, nurse_client, morning):
    call_back(school, nurse, ASKING, VISIT)
    morning.move_to(at("2027-01-11T10:10"), tick=False)
    keys = {"slug": school.session.slug, "mailing_id": waiting(school, VISIT).pk}
    release = reverse("sessions:mailing-release", kwargs=keys)
    shown = page(nurse_client.get(release))
    assert "now: reminders of tomorrow’s visit to the parents of 21 children" in shown.text
    assert "requests for consent" not in shown.text
    assert "The reminders of the visit are 21 emails and 21 text messages." in shown.text
    assert "What parents will read who are reminded of the visit" in shown.text
    said = page(nurse_client.post(release, follow=True)).banner
    assert "Reminders of the visit to the parents of 21 children go in two minutes" in said
    assert waiting(school, ASKING).called_back_at is not None
    home = page(nurse_client.get(reverse("sessions:show", kwargs={"slug": school.session.slug})))
    assert "Messages about consent to the parents of 21 children" in home.text


def test_the_page_says_until_when_messages_about_consent_wait_again(
    school, nurse, nurse_client, morning
):
    call_back(school, nurse, ASKING)
    morning.move_to(at("2027-01-11T10:10"), tick=False)
    keys = {"slug": school.session.slug, "mailing_id": waiting(school, ASKING).pk}
    sent = nurse_client.post(reverse("sessions:mailing-release", kwargs=keys), follow=True)
    assert "Messages about consent to the parents of 21 children will be sent at 4:00pm." in (
        page(sent).banner
    )


def test_two_that_wait_are_told_apart_and_the_next_to_go_comes_first(
    school, nurse, nurse_client, morning
):
    """By a screen reader, too: no two landmarks and no two links have one name."""
    morning.move_to(at("2027-01-11T10:01"), tick=False)
    home = reverse("sessions:show", kwargs={"slug": school.session.slug})
    shown = page(nurse_client.get(home))
    first, second = shown.text.split("Waiting to be sent (2 of 2)")
    assert "Waiting to be sent (1 of 2) Reminders of the visit" in first
    assert "Messages about consent" in second
    call_back(school, nurse, ASKING, VISIT)
    links = [link for link in page(nurse_client.get(home)).links if "after all" in link]
    assert len(set(links)) == len(links) == 2


@pytest.mark.parametrize(("time", "may_go"), [("19:59", True), ("20:00", False)])
def test_reminders_of_a_visit_can_be_let_go_as_long_as_any_are_sent_that_day(
    school, nurse, time, may_go
):
    call_back(school, nurse, VISIT)
    found = school_asking.may_still_go(
        waiting(school, VISIT), [JAN_12, JAN_19], now=at(f"2027-01-11T{time}")
    )
    assert found == may_go
