"""Dates that are saved for tomorrow are reminded of at once (E40)."""

from datetime import date
from threading import Event

import pytest
from django.db import transaction

from cohorts.models import Child
from consent.services import reminding
from sessions_app.models import Session
from tests.consent.school import JAN_12, JAN_19, Visited
from tests.sessions_app.test_schedule_confirm import moved, save
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("saved_at", "messages"),
    [
        ("2027-01-11T08:50", 0),
        ("2027-01-11T09:10", 2),
        ("2027-01-11T19:59", 2),
        ("2027-01-11T20:00", 0),
    ],
)
def test_e40_a_date_added_for_tomorrow_is_reminded_of_when_saved(
    organisation, nurse, saved_at, messages, django_capture_on_commit_callbacks
):
    school = Visited(organisation, dates=[JAN_19])
    school.ready()
    with django_capture_on_commit_callbacks(execute=True):
        save(school.session, nurse, [JAN_12, moved(school.session, JAN_19)], now=saved_at)
    assert len(school.messages()) == messages
    school.remind("2027-01-11T19:59")
    assert len(school.messages()) == 2, "the job finds what came too early, and nothing twice"


def test_e40_a_fault_while_reminding_is_no_fault_of_what_was_saved(
    organisation, nurse, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def fails(*_, **__):
        raise RuntimeError("no room")

    school = Visited(organisation, dates=[JAN_19])
    school.ready()
    monkeypatch.setattr(reminding, "remind", fails)
    with django_capture_on_commit_callbacks(execute=True):
        save(
            school.session,
            nurse,
            [JAN_12, moved(school.session, JAN_19)],
            now="2027-01-11T10:00",
        )
    assert "no room" in caplog.text
    monkeypatch.undo()
    assert school.remind("2027-01-11T10:05") == 1, "the job finds it"


@pytest.mark.django_db(transaction=True)
def test_e40_saving_dates_and_importing_children_do_not_wait_in_a_ring(organisation, nurse):
    """Who imports has the children and needs the session; saving dates never waits for a child
    while it keeps the session.
    """
    school = Visited(organisation, dates=[JAN_19])
    child = school.ready()
    has_child, has_session = Event(), Event()

    def imports():
        with transaction.atomic():
            Child.objects.lock_all([child.pk])
            has_child.set()
            has_session.wait(10)
            Session.objects.hold(school.session.pk)

    def saves():
        has_child.wait(10)
        with transaction.atomic():
            save(
                school.session,
                nurse,
                [JAN_12, moved(school.session, JAN_19)],
                now="2027-01-11T10:00",
            )
            has_session.set()

    at_once(imports, saves)
    assert len(school.messages()) == 2


def test_e40_a_date_that_is_moved_is_another_date(organisation, nurse):
    school = Visited(organisation, dates=[JAN_12])
    school.ready()
    school.remind()
    save(school.session, nurse, [moved(school.session, date(2027, 1, 13))], now="2027-01-11T10:00")
    assert school.remind("2027-01-12T09:00") == 1
