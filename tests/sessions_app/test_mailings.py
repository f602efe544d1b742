"""What one person's action queues for many families waits two minutes, and can be called back."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from activity.models import Entry
from cohorts.signals import children_changed
from notifications import claims
from notifications.models import Channel, Lane, Message
from sessions_app import closing, invitations, memberships, rules, schedule
from sessions_app.invitations import CallingBackRefused, State
from sessions_app.models import Invitation, Mailing, Membership
from sessions_app.schedule_rules import Day
from sessions_app.selectors.mailings import waiting_to_be_invited
from tests.factories import ParentFactory, RelationshipFactory, SessionFactory
from tests.sessions_app.conftest import Clinic, at
from tests.sessions_app.test_closing import pupil

NOW = "2027-01-05T10:00"
MANY = rules.HELD_FROM


@pytest.fixture
def clinic(organisation):
    """A clinic on 25 January whose invitations go from 4 January, with nobody in it yet."""
    return Clinic(organisation)


def join(clinic, by, size, now=NOW):
    """So many children join the clinic by one action of a person."""
    family = {"child__organisation": clinic.organisation}
    children = [RelationshipFactory(**family).child for _ in range(size)]
    memberships.join(
        clinic.session,
        [child.pk for child in children],
        reason=Membership.Reason.UNKNOWN_SCHOOL,
        now=at(now),
        by=by,
    )
    return children


def call_back(mailing, by, now="2027-01-05T10:01"):
    return invitations.call_back(mailing_id=mailing.pk, by=by, now=at(now))


def is_anything_due(now):
    lanes, channels = Lane.values, Channel.values
    return bool(claims.backlog(lanes=lanes, channels=channels, now=at(now)))


def test_an_action_for_few_families_goes_at_once(clinic, nurse):
    join(clinic, nurse, MANY - 1)
    assert {message.due_at for message in clinic.messages()} == {at(NOW)}
    assert Mailing.objects.get().goes_at is None
    assert is_anything_due(NOW)


def test_an_action_for_many_families_waits_two_minutes(clinic, nurse):
    join(clinic, nurse, MANY)
    mailing = Mailing.objects.get()
    assert (mailing.letters, mailing.messages) == (MANY, 2 * MANY)
    assert mailing.goes_at == at(NOW) + timedelta(minutes=2)
    assert {message.status for message in clinic.messages()} == {Message.Status.WAITING}
    assert not is_anything_due("2027-01-05T10:01:59")
    assert is_anything_due("2027-01-05T10:02:00"), "a crash in between loses nothing"


def test_a_job_for_many_families_is_not_held(clinic):
    for _ in range(MANY):
        clinic.child()
    clinic.plan("2027-01-04T09:00")
    assert not Mailing.objects.exists()
    assert is_anything_due("2027-01-04T09:00")


def test_one_action_in_two_parts_is_held_as_a_whole(clinic, nurse):
    with transaction.atomic():
        join(clinic, nurse, MANY - 1)
        join(clinic, nurse, 1)
    mailing = Mailing.objects.get()
    assert mailing.letters == MANY
    assert {message.due_at for message in clinic.messages()} == {mailing.goes_at}
    assert Invitation.objects.filter(mailing=mailing).count() == MANY


def test_two_small_actions_are_two(clinic, nurse):
    join(clinic, nurse, MANY - 1)
    join(clinic, nurse, 1, now="2027-01-05T10:00:01")
    assert {mailing.goes_at for mailing in Mailing.objects.all()} == {None}


def test_texts_that_the_wait_carries_into_the_night_wait_for_the_morning(clinic, nurse):
    join(clinic, nurse, MANY, now="2027-01-05T20:59")
    due = {message.channel: message.due_at for message in clinic.messages()}
    assert due == {"email": at("2027-01-05T21:01"), "text": at("2027-01-06T08:00")}


def test_only_who_has_no_invitation_yet_waits_to_be_invited(clinic, nurse):
    def waiting(time):
        found = waiting_to_be_invited(clinic.session, now=at(f"2027-01-05T{time}"))
        return len(list(found))

    join(clinic, nurse, 1, "2027-01-05T09:00")
    assert waiting("09:00") == 0
    children = join(clinic, nurse, MANY)
    assert (waiting("10:01:59"), waiting("10:02")) == (MANY, 0)
    Membership.objects.filter(child=children[0]).update(left_at=at(NOW), left_because="Moved")
    assert waiting("10:01") == MANY - 1
    call_back(Mailing.objects.get(goes_at__isnull=False), nurse)
    assert waiting("10:01:30") == 0


def test_calling_back_sends_nothing_and_says_so(clinic, nurse):
    children = join(clinic, nurse, MANY)
    assert call_back(Mailing.objects.get(), nurse)
    assert {(m.status, m.reason) for m in clinic.messages()} == {
        (Message.Status.WITHHELD, "Called back before it was sent")
    }
    entries = Entry.objects.filter(title="Invitation called back before it was sent")
    assert {entry.child_id for entry in entries} == {child.pk for child in children}
    assert {entry.actor for entry in entries} == {nurse}
    outlook = clinic.outlook(children[0], "2027-01-05T11:00")
    assert outlook.state == State.CALLED_BACK
    assert outlook.text == "Not invited yet: the invitation was called back on 5 January 2027"


def test_no_job_plans_behind_the_back_of_who_called_back(clinic, nurse):
    join(clinic, nurse, MANY)
    call_back(Mailing.objects.get(), nurse)
    for now in ("2027-01-05T10:03", "2027-01-06T09:00", "2027-01-20T09:00"):
        assert clinic.plan(now) == 0
        assert invitations.plan_each(now=at(now)) == 0
    assert len(clinic.messages()) == 2 * MANY


def test_a_second_date_does_not_invite_again_who_was_never_invited(organisation, nurse):
    clinic = Clinic(organisation, dates=(date(2027, 1, 25), date(2027, 2, 8)))
    join(clinic, nurse, MANY)
    call_back(Mailing.objects.get(), nurse)
    assert clinic.plan("2027-01-26T09:00") == 0


def test_a_corrected_address_does_not_undo_calling_back(clinic, nurse):
    children = join(clinic, nurse, MANY)
    call_back(Mailing.objects.get(), nurse)
    RelationshipFactory(child=children[0], parent=ParentFactory(organisation=nurse.organisation))
    children_changed.send(None, child_ids=[children[0].pk], by=nurse, now=at("2027-01-05T10:05"))
    assert Invitation.objects.called_back().count() == MANY
    assert len(clinic.messages()) == 2 * MANY


def test_who_joins_meanwhile_is_invited_at_once(clinic, nurse):
    join(clinic, nurse, MANY)
    call_back(Mailing.objects.get(), nurse)
    (late,) = join(clinic, nurse, 1, now="2027-01-05T10:10")
    assert {message.status for message in clinic.messages(late)} == {Message.Status.WAITING}


@pytest.mark.parametrize("now", ["2027-01-05T10:02:00", "2027-01-05T10:30"])
def test_after_two_minutes_it_is_too_late(clinic, nurse, now):
    join(clinic, nurse, MANY)
    with pytest.raises(CallingBackRefused):
        call_back(Mailing.objects.get(), nurse, now)
    assert not Invitation.objects.called_back().exists()
    assert {message.status for message in clinic.messages()} == {Message.Status.WAITING}


def test_in_the_last_moment_it_is_not_too_late(clinic, nurse):
    join(clinic, nurse, MANY)
    assert call_back(Mailing.objects.get(), nurse, "2027-01-05T10:01:59.999999")


def test_a_sender_whose_clock_is_ahead_makes_it_too_late_for_all(clinic, nurse):
    join(clinic, nurse, MANY)
    ahead = at("2027-01-05T10:02:01")
    backlog = claims.backlog(lanes=[Lane.BULK], channels=["email"], now=ahead)
    assert len(backlog.claim(most=1, now=ahead)) == 1
    with pytest.raises(CallingBackRefused), transaction.atomic():
        call_back(Mailing.objects.get(), nurse)
    assert not Entry.objects.filter(kind=Entry.Kind.MESSAGE_WITHHELD).exists()
    assert not Message.objects.filter(status=Message.Status.WITHHELD).exists()


def test_a_small_mailing_has_nothing_to_call_back(clinic, nurse):
    join(clinic, nurse, 1)
    with pytest.raises(CallingBackRefused):
        call_back(Mailing.objects.get(), nurse)


def test_calling_back_twice_does_it_once(clinic, nurse, administrator):
    join(clinic, nurse, MANY)
    mailing = Mailing.objects.get()
    assert [call_back(mailing, nurse), call_back(mailing, administrator)] == [True, False]
    assert Entry.objects.filter(kind=Entry.Kind.MESSAGE_WITHHELD).count() == MANY
    mailing.refresh_from_db()
    assert mailing.called_back_by == nurse


def test_releasing_invites_whoever_is_still_due_once(clinic, nurse):
    children = join(clinic, nurse, MANY)
    mailing = Mailing.objects.get()
    call_back(mailing, nurse)
    children[0].date_of_death = date(2027, 1, 5)
    children[0].save()
    clinic.refresh(children[0], "2027-01-06T10:00")
    release = {"mailing_id": mailing.pk, "by": nurse, "now": at("2027-01-06T10:00")}
    assert invitations.release(**release) == MANY - 1
    assert invitations.release(**release) == 0
    assert clinic.outlook(children[0], "2027-01-06T10:00").state == State.NOT_INVITED
    assert clinic.outlook(children[1], "2027-01-06T10:00").state == State.INVITED
    assert Invitation.objects.standing().count() == MANY - 1


def test_confirming_other_dates_lets_the_invitations_go_when_they_are_due(clinic, nurse):
    children = join(clinic, nurse, MANY)
    call_back(Mailing.objects.get(), nurse)
    clinic.session.refresh_from_db()
    (row,) = clinic.session.all_dates.all()
    draft = schedule.start(clinic.session, by=nurse)
    schedule.amend(draft, days=(Day(row.pk, date(2027, 3, 8)),))
    queued = schedule.confirm(
        session_id=clinic.session.pk,
        draft_id=draft.pk,
        accepts_lost_bookings=False,
        by=nurse,
        now=at("2027-01-05T11:00"),
    )
    assert queued == 0
    clinic.session.refresh_from_db()
    text = clinic.outlook(children[0], "2027-01-05T12:00").text
    assert text == "Will be invited on 15 February 2027"
    assert clinic.plan("2027-02-15T09:00") == MANY


def test_a_school_whose_closing_was_called_back_can_be_opened_again(clinic, organisation, nurse):
    school = SessionFactory(organisation=organisation, dates=[date(2027, 1, 11)])
    for _ in range(MANY):
        pupil(school)
    closing.close_session(session_id=school.pk, by=nurse, now=at("2027-01-12T10:00"))
    school.refresh_from_db()
    assert not closing.can_reopen(school)
    call_back(Mailing.objects.get(), nurse, "2027-01-12T10:01")
    assert closing.can_reopen(school)
    closing.reopen_session(session_id=school.pk, by=nurse, now=at("2027-01-12T10:02"))
    assert not Invitation.objects.called_back().exists(), "who left starts anew"
    assert closing.close_session(session_id=school.pk, by=nurse, now=at("2027-01-13T10:00"))
    assert Invitation.objects.standing().count() == MANY
