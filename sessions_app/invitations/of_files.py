"""Whom a file of children or vaccinations invites to community clinics, now and later."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime

from django.db.models import Count, Min, Q
from django.urls import reverse

from accounts.models import Organisation, User
from calendars.clock import london_day
from calendars.rules import academic_year_label
from cohorts.consequences import Fate, Line, Writing
from govuk.filters import govuk_date, govuk_date_with_weekday, govuk_datetime, govuk_time
from notifications.models import Channel, Message
from sessions_app import rules
from sessions_app.invitations import messages
from sessions_app.invitations.outlooks import preview_joining
from sessions_app.models import Invitation, Mailing, Membership, Session
from sessions_app.schedule_rules import years_to_prepare

NOW = "now"
ONCE_DATED = "once there is a clinic date to book"
A_WEEK_LATER = "a week after they were last invited"


def invited_by_file(
    *, organisation: Organisation, by: User | None, now: datetime, child_ids: Collection[int]
) -> list[Writing]:
    """What an import of this person and instant has queued, and will bring about, in each clinic.

    Called inside the import's transaction, after children joined and what was due was planned.
    `child_ids` are those who came or about whom something changed.
    """
    clinics = (
        Session.objects.clinics()
        .filter(organisation=organisation, academic_year__in=years_to_prepare(london_day(now)))
        .select_related("organisation", "location__team")
        .order_by("academic_year")
    )
    found = [_in_clinic(clinic, child_ids, by=by, now=now) for clinic in clinics]
    return [writing for writing in found if writing is not None]


def _in_clinic(
    clinic: Session, child_ids: Collection[int], *, by: User | None, now: datetime
) -> Writing | None:
    planned = Invitation.objects.filter(session=clinic, planned_at=now, planned_by=by)
    letters = dict(planned.values_list("letter", "child_id"))
    joined = dict(
        Membership.objects.filter(
            session=clinic, child__in=child_ids, left_at__isnull=True
        ).values_list("child_id", "joined_at")
    )
    # Who was called back waits for a person, whatever changes about them.
    called_back = Invitation.objects.called_back().filter(session=clinic, child__in=child_ids)
    waiting = set(called_back.values_list("child_id", flat=True))
    coming = preview_joining(clinic, sorted(set(joined) - {*letters.values(), *waiting}), now=now)
    if not letters and not coming.is_any and now not in joined.values():
        return None
    at_once = list(
        planned.values_list("session_date__value")
        .annotate(families=Count("child", distinct=True))
        .order_by("session_date__value")
    )
    again = [Line(_again(day), families) for day, families in at_once if day]
    lines = [Line(NOW, families) for day, families in at_once if not day]
    lines += [Line(f"on {govuk_date_with_weekday(day)}", size) for day, size in coming.later]
    if coming.now:
        lines.append(Line(A_WEEK_LATER, coming.now))
    if coming.waiting:
        lines.append(Line(ONCE_DATED, coming.waiting, is_sure=False))
    channels = Counter(
        Message.objects.filter(letter__in=planned.values("letter")).values_list(
            "channel", flat=True
        )
    )
    return Writing(
        what=f"Invitations to the community clinic, {academic_year_label(clinic.academic_year)}",
        page=reverse("sessions:show", kwargs={"slug": clinic.slug}),
        lines=again + lines,
        is_held=by is not None and len(letters) >= rules.HELD_FROM,
        emails=channels[Channel.EMAIL],
        texts=channels[Channel.TEXT],
        settled=coming.already_invited,
        left_out=[(str(reason.label), size) for reason, size in coming.left_out],
        examples=_examples(clinic, is_first=bool(lines), is_again=bool(again)),
    )


def fates_of_file(
    *, organisation: Organisation, imported_at: datetime, now: datetime
) -> dict[str, Fate]:
    """What became of the invitations of an import that could be called back, by its clinic's
    page; one query, and one for each mailing that nobody called back.
    """
    mailings = Mailing.objects.filter(
        session__organisation=organisation,
        kind=Mailing.Kind.INVITATIONS,
        queued_at=imported_at,
        goes_at__isnull=False,
    ).select_related("session", "called_back_by")
    return {
        reverse("sessions:show", kwargs={"slug": mailing.session.slug}): _fate(mailing, now)
        for mailing in mailings
    }


def _fate(mailing: Mailing, now: datetime) -> Fate:
    if mailing.called_back_at:
        who, when = mailing.called_back_by.full_name, govuk_datetime(mailing.called_back_at)
        return Fate(f"were called back by {who} on {when}, before anything was sent.")
    if mailing.is_held(now):
        until = govuk_time(mailing.goes_at)
        words = f"will be sent at {until}. Until then you can call them back, and nothing is sent."
        return Fate(words, is_held=True)
    return Fate(_outcome(mailing))


def _outcome(mailing: Mailing) -> str:
    """What was really sent once the two minutes were over: senders may rest, guards hold back."""
    letters = Invitation.objects.filter(mailing=mailing).values("letter")
    first = Message.objects.filter(
        letter__in=letters, created_at=mailing.queued_at, resend_of__isnull=True
    )
    was_sent = Q(accepted_at__isnull=False)
    is_waiting = Q(status__in=(Message.Status.WAITING, Message.Status.CLAIMED))
    is_unclear = Q(status__in=(Message.Status.UNKNOWN, Message.Status.PARKED))
    found = first.aggregate(
        sent=Count("pk", filter=was_sent),
        waiting=Count("pk", filter=is_waiting & ~was_sent),
        unsent=Count("pk", filter=~(was_sent | is_waiting | is_unclear)),
        unclear=Count("pk", filter=is_unclear & ~was_sent),
        since=Min("accepted_at"),
    )
    if found["sent"] and not (found["waiting"] or found["unsent"] or found["unclear"]):
        return f"were sent from {govuk_datetime(found['since'])}. Nobody called them back."
    parts = [
        f"{found[name] or 'none'} {words}"
        for name, words in [
            ("sent", "sent so far" if found["waiting"] else "sent"),
            ("waiting", "still to be sent"),
            ("unsent", "not sent"),
            ("unclear", "with an unclear outcome"),
        ]
        if found[name] or name == "sent"
    ]
    until = f"could be called back until {govuk_datetime(mailing.goes_at)}, and nobody did"
    return f"{until}: {rules.join_words(parts)}."


def _again(day: date) -> str:
    return f"{NOW}, again, for the clinic on {govuk_date(day)}"


def _examples(
    clinic: Session, *, is_first: bool, is_again: bool
) -> list[tuple[str, list[tuple[str, dict]]]]:
    """What parents read who are invited the first time, and again."""
    wanted = [("What parents will read", messages.FIRST)] * is_first
    wanted += [("What parents will read who are invited again", messages.LATER)] * is_again
    return [
        (summary, [(channel, asdict(one)) for channel, one in messages.examples(clinic, template)])
        for summary, template in wanted
    ]
