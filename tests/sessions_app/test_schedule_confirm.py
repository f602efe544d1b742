"""Making a draft live: what stays, what is sent, and what is refused."""

from datetime import date

import pytest

from activity.models import Entry
from calendars.clock import london_day
from notifications.models import Message
from sessions_app import invitations, schedule
from sessions_app.models import SessionDate
from sessions_app.schedule import ScheduleRefused
from sessions_app.schedule_rules import Day
from tests.factories import SessionFactory
from tests.pages import count_queries
from tests.sessions_app.conftest import Clinic, at

JAN_25, JAN_26, FEB_8 = date(2027, 1, 25), date(2027, 1, 26), date(2027, 2, 8)


@pytest.fixture
def invited(clinic):
    """A child whose parents were invited on 4 January, for a clinic on 25 January."""
    child = clinic.child()
    clinic.plan("2027-01-04T09:00")
    return child


def days(session):
    return [Day(row.pk, row.value) for row in SessionDate.objects.live().filter(session=session)]


def live(session):
    return [day.value for day in days(session)]


def save(session, by, wanted, *, now="2027-01-05T10:00", accepts=True, notice_on=None):
    """Draft and confirm these dates: values, or days that amend a saved row."""
    session.refresh_from_db()
    draft = schedule.start(session, by=by)
    wanted = [day if isinstance(day, Day) else Day(None, day) for day in wanted]
    answers = {"days": tuple(wanted)} | ({"notice_on": notice_on} if notice_on else {})
    schedule.amend(draft, **answers)
    return schedule.confirm(
        session_id=session.pk,
        draft_id=draft.pk,
        accepts_lost_bookings=accepts,
        by=by,
        now=at(now),
    )


def moved(session, value):
    (day,) = days(session)
    return Day(day.id, value)


def test_e02_moving_the_first_date_invites_nobody_again(clinic, invited, nurse):
    row = days(clinic.session)[0].id
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)])
    assert [(day.id, day.value) for day in days(clinic.session)] == [(row, FEB_8)]
    for now in ("2027-01-06T09:00", "2027-01-18T09:00", "2027-02-08T08:00"):
        clinic.plan(now)
    assert len(clinic.messages()) == 2, "one email and one text, as before"


def test_e02_children_invited_before_read_it_in_their_log(clinic, invited, nurse):
    clinic.child(joined="2027-01-04T12:00", parents=0)
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)])
    (entry,) = Entry.objects.filter(kind=Entry.Kind.SESSION_DATES_CHANGED)
    assert entry.child == invited and entry.actor == nurse
    assert entry.title == "Session dates changed at Community clinic"
    assert entry.body == "25 January 2027 moved to 8 February 2027"


def test_before_invitations_nothing_is_logged(clinic, nurse):
    clinic.child()
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)], now="2027-01-03T10:00")
    assert not Entry.objects.filter(kind=Entry.Kind.SESSION_DATES_CHANGED).exists()


def test_e03_an_earlier_date_invites_nobody_again(clinic, invited, nurse):
    save(clinic.session, nurse, [*days(clinic.session), date(2027, 1, 20)])
    clinic.plan("2027-01-06T09:00")
    assert len(clinic.messages()) == 2


def test_e04_a_removed_date_is_kept_and_comes_back_as_the_same(clinic, invited, nurse):
    row = days(clinic.session)[0].id
    save(clinic.session, nurse, [])
    assert live(clinic.session) == []
    assert SessionDate.objects.get(pk=row).removed_at == at("2027-01-05T10:00")
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on is None
    save(clinic.session, nurse, [JAN_25], now="2027-01-06T10:00")
    assert [day.id for day in days(clinic.session)] == [row]
    assert len(clinic.messages()) == 2


def test_e04_dates_families_may_have_booked_are_not_dropped_unseen(clinic, invited, nurse):
    with pytest.raises(ScheduleRefused):
        save(clinic.session, nurse, [], accepts=False)
    assert live(clinic.session) == [JAN_25]


def test_adding_a_date_needs_no_acceptance(clinic, invited, nurse):
    save(clinic.session, nurse, [*days(clinic.session), FEB_8], accepts=False)
    assert live(clinic.session) == [JAN_25, FEB_8]


def test_dates_may_change_places(organisation, nurse):
    clinic = Clinic(organisation, dates=(JAN_25, JAN_26))
    first, second = days(clinic.session)
    save(clinic.session, nurse, [Day(first.id, JAN_26), Day(second.id, FEB_8)])
    assert days(clinic.session) == [Day(first.id, JAN_26), Day(second.id, FEB_8)]


def test_e05_a_chosen_day_is_kept_when_dates_change(clinic, nurse):
    save(clinic.session, nurse, days(clinic.session), notice_on=date(2027, 1, 11))
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on_chosen
    assert clinic.session.invitations_on_chosen_by == nurse
    save(clinic.session, nurse, [*days(clinic.session), FEB_8])
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on == date(2027, 1, 11)
    assert clinic.session.invitations_on_chosen_at == at("2027-01-05T10:00")


def test_e05_a_usual_day_moves_with_the_first_date(clinic, nurse):
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)], now="2027-01-03T10:00")
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on == date(2027, 1, 18)
    assert not clinic.session.invitations_on_chosen


def test_e05_an_organisation_has_its_own_usual_notice(clinic, nurse):
    clinic.organisation.days_before_invitations = 14
    clinic.organisation.save()
    save(clinic.session, nurse, [moved(clinic.session, FEB_8)], now="2027-01-03T10:00")
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on == date(2027, 1, 25)


def test_e06_the_day_of_invitations_cannot_change_once_they_went(clinic, invited, nurse):
    with pytest.raises(ScheduleRefused, match="written to"):
        save(clinic.session, nurse, days(clinic.session), notice_on=date(2027, 1, 11))


def test_e06_a_closed_session_is_refused(organisation, nurse):
    session = SessionFactory(organisation=organisation)
    draft = schedule.start(session, by=nurse)
    schedule.amend(draft, days=(Day(None, JAN_25),))
    session.closed_at = at("2027-01-05T09:00")
    session.save()
    with pytest.raises(ScheduleRefused, match="closed"):
        schedule.confirm(
            session_id=session.pk,
            draft_id=draft.pk,
            accepts_lost_bookings=True,
            by=nurse,
            now=at("2027-01-05T10:00"),
        )


def test_e22_scheduling_within_three_weeks_invites_at_once(clinic, nurse):
    clinic.child()
    early = date(2027, 1, 20)
    assert save(clinic.session, nurse, [moved(clinic.session, early)], now="2027-01-03T10:00") == 1
    assert {message.status for message in clinic.messages()} == {Message.Status.WAITING}
    assert {one.planned_by for one in clinic.invitations()} == {nurse}


def test_e22_scheduling_further_away_invites_nobody_yet(clinic, nurse):
    clinic.child()
    assert save(clinic.session, nurse, [moved(clinic.session, FEB_8)], now="2027-01-03T10:00") == 0
    assert clinic.messages() == []


def test_e21_a_past_first_date_does_not_open_invitations(organisation, nurse):
    clinic = Clinic(organisation, dates=(), invitations_on=None)
    clinic.child()
    assert save(clinic.session, nurse, [date(2027, 1, 4), date(2027, 3, 1)]) == 0
    clinic.session.refresh_from_db()
    assert clinic.session.invitations_on == date(2027, 2, 8)


def test_a_date_that_children_attended_cannot_move(clinic, nurse):
    draft = schedule.start(clinic.session, by=nurse)
    schedule.amend(draft, days=(moved(clinic.session, FEB_8),))
    clinic.session.all_dates.update(attended_at=at("2027-01-25T09:00"))
    with pytest.raises(ScheduleRefused, match="attended"):
        schedule.confirm(
            session_id=clinic.session.pk,
            draft_id=draft.pk,
            accepts_lost_bookings=True,
            by=nurse,
            now=at("2027-01-25T10:00"),
        )


@pytest.mark.parametrize("wanted", [[JAN_26, JAN_26], [date(2027, 9, 1)], [date(2026, 8, 31)]])
def test_what_the_form_refuses_is_refused_again(clinic, nurse, wanted):
    with pytest.raises(ScheduleRefused, match="not valid"):
        save(clinic.session, nurse, wanted)


def test_a_school_writes_to_nobody(organisation, nurse):
    session = SessionFactory(organisation=organisation)
    assert save(session, nurse, [JAN_25]) == 0
    session.refresh_from_db()
    assert session.consent_requests_on == date(2027, 1, 4)
    assert session.days_before_consent_reminders == 7
    assert Message.objects.count() == 0


def test_drafts_left_alone_are_forgotten(clinic, nurse, time_machine):
    time_machine.move_to(at("2027-01-04T10:00"))
    schedule.amend(schedule.start(clinic.session, by=nurse))
    time_machine.move_to(at("2027-01-05T10:00"))
    kept = schedule.start(clinic.session, by=nurse)
    schedule.amend(kept)
    assert schedule.forget_drafts(before=at("2027-01-05T00:00")) == 1
    kept.refresh_from_db()


def test_confirming_takes_the_same_queries_for_2_and_for_50_children(clinic, nurse):
    def confirming(extra):
        for _ in range(extra):
            clinic.child(joined="2027-01-03T10:00")
        clinic.plan("2027-01-04T09:00")
        shift = iter((FEB_8, JAN_26, JAN_25, FEB_8))
        return count_queries(
            lambda: save(clinic.session, nurse, [moved(clinic.session, next(shift))])
        )

    assert confirming(2) == confirming(48)


@pytest.mark.parametrize(
    ("wanted", "now"),
    [
        ([FEB_8], "2027-01-05T10:00"),
        ([FEB_8], "2027-01-25T10:00"),
        ([JAN_25, FEB_8], "2027-01-18T10:00"),
        ([JAN_25, FEB_8], "2027-01-26T10:00"),
        ([JAN_25, FEB_8], "2027-01-10T10:00"),
        ([JAN_25, date(2027, 3, 8)], "2027-01-26T10:00"),
        ([date(2027, 1, 20), JAN_25], "2027-01-12T10:00"),
        ([], "2027-01-12T10:00"),
    ],
)
def test_the_preview_counts_what_confirming_sends(clinic, invited, nurse, wanted, now):
    clinic.child(joined="2027-01-04T08:00")
    draft = schedule.start(clinic.session, by=nurse)
    kept = {day.value: day for day in days(clinic.session)}
    schedule.amend(draft, days=tuple(kept.get(day, Day(None, day)) for day in wanted))
    drafted = schedule.read(draft, today=london_day(at(now)))
    preview = invitations.preview(
        clinic.session,
        dates=drafted.answers.dates,
        invitations_on=drafted.notice.on,
        now=at(now),
        rows=schedule.rows_of(drafted),
    )
    sent = schedule.confirm(
        session_id=clinic.session.pk,
        draft_id=draft.pk,
        accepts_lost_bookings=True,
        by=nurse,
        now=at(now),
    )
    assert sent == preview.now + (preview.again[1] if preview.again else 0)


def test_a_later_date_added_after_the_first_invites_again_and_says_so(clinic, invited, nurse):
    now = at("2027-01-26T10:00")
    preview = invitations.preview(
        clinic.session, dates=[JAN_25, FEB_8], invitations_on=date(2027, 1, 4), now=now
    )
    assert (preview.now, preview.again, preview.already_invited) == (0, (FEB_8, 1), 1)
