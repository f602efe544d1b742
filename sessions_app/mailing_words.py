"""How mailings that wait, were called back or were let go are put into words for pages."""

from datetime import datetime
from math import ceil

from calendars.clock import london_day
from govuk.filters import count, govuk_time
from notifications.models import Channel
from notifications.rules import send_not_before
from sessions_app.asking import AskingOutlook
from sessions_app.invitations import Preview
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM, held_until

MINUTES_AN_HOUR = 60


def time_left(until: datetime, now: datetime) -> str:
    """1 minute 40 seconds; 5 hours 12 minutes; never less than a second."""
    minutes, seconds = divmod(max(1, ceil((until - now).total_seconds())), 60)
    if minutes >= MINUTES_AN_HOUR:
        hours, minutes = divmod(minutes, MINUTES_AN_HOUR)
        return " ".join([count(hours, "hour")] + [count(minutes, "minute")] * bool(minutes))
    parts = [count(minutes, "minute")] * bool(minutes) + [count(seconds, "second")] * bool(seconds)
    return " ".join(parts)


def mailing_of(mailing: Mailing) -> str:
    """What a mailing is and to whom, to go on a sentence with."""
    what = {
        Mailing.Kind.INVITATIONS: "Invitations",
        Mailing.Kind.DATES_CHANGED: "Messages",
        Mailing.Kind.REMINDERS: "Reminders",
        Mailing.Kind.ASKING: "Messages about consent",
        Mailing.Kind.VISIT: "Reminders of the visit",
        Mailing.Kind.CORRECTION: "Messages",
    }[Mailing.Kind(mailing.kind)]
    about = {
        Mailing.Kind.DATES_CHANGED: " about the changed dates",
        Mailing.Kind.CORRECTION: " that the visit will not take place",
    }.get(Mailing.Kind(mailing.kind), "")
    return f"{what} to the parents of {count(mailing.letters, 'child', 'children')}{about}"


def what_now(mailing: Mailing) -> str:
    """Why what was called back can no longer be sent from its page, or where that is done."""
    if mailing.session.is_closed:
        return "The session is closed, so they can no longer be sent."
    return {
        Mailing.Kind.INVITATIONS: "",
        Mailing.Kind.DATES_CHANGED: "If families still have to be told of changed dates, the "
        "session’s page offers it.",
        Mailing.Kind.REMINDERS: "The reminders that Mavis sends by itself still go on their days. "
        "To remind parents earlier, use “Send reminders” on the session’s page.",
        Mailing.Kind.ASKING: "Parents can no longer answer online for this session, so they can no "
        "longer be sent.",
        Mailing.Kind.VISIT: "It is too late to remind parents, so they can no longer be sent.",
        Mailing.Kind.CORRECTION: "Nobody is left to tell: the day of the visit is over, or these "
        "parents can no longer be written to about it.",
    }[Mailing.Kind(mailing.kind)]


def time_it_goes(goes_at: datetime, now: datetime) -> str:
    """When today, or tomorrow, what waits is sent: "4:00pm", "4:00pm tomorrow"."""
    tomorrow = "" if london_day(goes_at) == london_day(now) else " tomorrow"
    return f"{govuk_time(goes_at)}{tomorrow}"


def when_held(now: datetime, *, is_held: bool, texts: int, what: str = "They") -> str:
    """When messages go that are confirmed now, where that is not at once; empty where it is.

    Many wait two minutes, and every text waits for the morning from nine in the evening on.
    """
    goes_at = held_until(now) if is_held else now
    texts_at = send_not_before(Channel.TEXT, goes_at)
    said = []
    if is_held:
        said.append(
            f"{what} go two minutes after you confirm. Until then you can call them back, and "
            "nothing is sent."
        )
    if texts and texts_at > goes_at:
        said.append(f"Text messages wait until {time_it_goes(texts_at, now)}.")
    return " ".join(said)


def when_previewed(preview: Preview, now: datetime) -> str:
    """The same for invitations of which a page says whom they would reach."""
    return when_held(now, is_held=preview.is_held, texts=preview.texts)


def held_notice(mailing: Mailing, now: datetime) -> str:
    """That a mailing waits, until when, and how long that is."""
    return (
        f"{mailing_of(mailing)} will be sent at {time_it_goes(mailing.goes_at, now)}. "
        f"You can call them back for {time_left(mailing.goes_at, now)}."
    )


def released_notice(found: AskingOutlook, waits: Mailing | None, *, now: datetime) -> str:
    """That what was called back at a school goes after all: what waits again, and until when."""
    if waits is not None:
        return f"Confirmed. {held_notice(waits, now)}"
    for what, letters in (
        ("Reminders of the visit", found.visit),
        ("Messages that the visit will not take place", found.correction),
    ):
        if letters.children >= HELD_FROM:
            families = f"the parents of {count(letters.children, 'child', 'children')}"
            return f"Confirmed. {what} to {families} go in two minutes, unless you call them back."
    return "Confirmed. Parents are written to when it is due."


def corrected_notice(mailing: Mailing | None) -> str:
    """What to add to a success message: that parents are told of a visit that is off."""
    if mailing is None:
        return ""
    if mailing.goes_at is not None:
        return f" {mailing_of(mailing)} go in two minutes, unless you call them back."
    families = count(mailing.letters, "child", "children")
    return f" The parents of {families} are being told that the visit will not take place."


def invited_notice(letters: int) -> str:
    """What to add to a success message: that parents are being invited, or that they wait."""
    if not letters:
        return ""
    families = f"the parents of {count(letters, 'child', 'children')}"
    if letters < HELD_FROM:
        return f" T{families[1:]} are being invited."
    return f" Invitations to {families} go in two minutes, unless you call them back."


def reminded_notice(letters: int) -> str:
    """That parents are reminded to give consent, or that the reminders wait."""
    families = f"the parents of {count(letters, 'child', 'children')}"
    if letters < HELD_FROM:
        return f"Reminders sent. They go to {families}."
    return f"Reminders to {families} go in two minutes, unless you call them back."


def told_notice(letters: int) -> str:
    """That families are told of changed dates, or that the messages wait."""
    families = f"the parents of {count(letters, 'child', 'children')}"
    if letters < HELD_FROM:
        return f"T{families[1:]} are being told that dates have changed."
    return f"Messages to {families} go in two minutes, unless you call them back."
