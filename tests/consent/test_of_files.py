"""What a file of children brings about at schools, where requests were called back or wait."""

from datetime import date

import pytest

from cohorts.consequences import Line
from consent.of_files import asked_because_of_file
from sessions_app import asking as school_asking
from sessions_app import invitations
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM
from tests.consent.school import School
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import save

pytestmark = pytest.mark.django_db
JAN_19 = date(2027, 1, 19)


@pytest.fixture
def school(organisation, nurse):
    """A school whose dates were saved at ten; many would be asked at four."""
    school = School(organisation, dates=())
    school.children(HELD_FROM)
    save(school.session, nurse, [JAN_19], now="2027-01-05T10:00")
    return school


def foretold(organisation, nurse, children, now="2027-01-05T11:00"):
    """What the file says that brought these children."""
    [writing] = asked_because_of_file(
        organisation=organisation,
        by=nurse,
        now=at(now),
        child_ids=[child.pk for child in children],
    )
    return writing


def call_back(nurse, now="2027-01-05T10:30"):
    mailing = Mailing.objects.get(released_at=None)
    invitations.call_back(mailing_id=mailing.pk, by=nurse, now=at(now))
    return mailing


def test_a_school_that_called_back_asks_none_of_a_files_children(school, organisation, nurse):
    call_back(nurse)
    came = [school.child(joined="2027-01-05T11:00") for _ in range(2)]
    writing = foretold(organisation, nurse, [*came, school.child(parents=0)])
    assert (writing.families, list(writing.lines), writing.examples) == (0, [], [])
    assert writing.left_out == [("Called back at Grace Academy", 2), ("No contact details", 1)]
    assert school.run("2027-01-05") == 0, "and so it is"


def test_once_let_go_and_while_it_waits_they_are_asked_with_all_others(school, organisation, nurse):
    came = [school.child(joined="2027-01-05T11:00") for _ in range(2)]
    today = [Line("on Tuesday 5 January 2027, from 4pm", 2)]
    assert foretold(organisation, nurse, came).lines == today
    mailing = call_back(nurse)
    school_asking.release(mailing_id=mailing.pk, by=nurse, now=at("2027-01-05T12:00"))
    assert foretold(organisation, nurse, came, "2027-01-05T12:30").lines == today
    assert school.run("2027-01-05") == HELD_FROM + 2


def test_what_waits_until_tomorrow_is_foretold_for_tomorrow(school, organisation, nurse):
    Mailing.objects.update(goes_at=at("2027-01-06T16:00"))
    came = [school.child(joined="2027-01-05T19:54")]
    lines = foretold(organisation, nurse, came, "2027-01-05T19:54").lines
    assert lines == [Line("on Wednesday 6 January 2027, from 4pm", 1)]
    assert school.run("2027-01-05", "19:55") == 0
    assert school.run("2027-01-06") == HELD_FROM + 1
