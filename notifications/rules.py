"""What Notify's answers mean, and when to send, ask and try again.

Decided on status and error type, because texts may change; a 4xx or 500 counts as Notify's own
verdict only in Notify's own shape. Source: Notify §4, §10, §11 and §12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from calendars.clock import LONDON, london_instant

TEXTS_FROM = time(8)
TEXTS_UNTIL = time(21)

TOLERATED_SKEW_SECONDS = 30
STALE_CLAIM = timedelta(minutes=2)
SENDER_GONE = "The sender stopped before it knew the outcome"
QUARANTINE = timedelta(minutes=5)
BETWEEN_EMPTY_LOOKUPS = timedelta(seconds=60)
EMPTY_LOOKUPS_NEEDED = 2
LOOKUP_RETRY = timedelta(minutes=1)
MOST_STRIKES = 6
# Notify forgets after seven days by default; a day less leaves no doubt.
REMEMBERED_FOR = timedelta(days=6)


# What an attempt to send came to.


@dataclass(frozen=True)
class Accepted:
    """Notify stored the message."""

    notify_id: UUID
    template_version: int | None


@dataclass(frozen=True)
class Rejected:
    """Notify refused the request and stored nothing.

    `recipient`: the address or number is bad, for good. `mistake`: our request or set-up is
    wrong. `restricted`: the key or the trial service may write to team members only.
    """

    kind: str
    reason: str

    @property
    def permanent(self) -> bool:
        return self.kind == "recipient"


@dataclass(frozen=True)
class Throttled:
    """Refused for now, nothing stored: `minute` stops every sender, `day` one channel."""

    kind: str


@dataclass(frozen=True)
class Unauthorised:
    """Notify refused our token: `skew` our clock is off (by so many seconds), `key` the rest."""

    kind: str
    reason: str
    skew_seconds: int | None = None


@dataclass(frozen=True)
class NotSent:
    """No connection came about, so nothing can have been stored."""

    reason: str


@dataclass(frozen=True)
class Unknown:
    """Notify may or may not have stored it. Look it up before anything is sent again."""

    reason: str
    server_error: bool = False


Outcome = Accepted | Rejected | Throttled | Unauthorised | NotSent | Unknown

RECIPIENT_FIELDS = ("email_address", "phone_number")


@dataclass(frozen=True)
class ApiError:
    """One entry of the `errors` list of Notify's answer."""

    type: str
    message: str


def errors_in(status: int, body: object) -> list[ApiError]:
    """The errors of an answer in Notify's own shape; none if it has another shape."""
    if not isinstance(body, dict) or body.get("status_code") != status:
        return []
    errors = body.get("errors")
    if not isinstance(errors, list):
        return []
    found = [
        ApiError(error["error"], error["message"])
        for error in errors
        if isinstance(error, dict)
        and isinstance(error.get("error"), str)
        and isinstance(error.get("message"), str)
    ]
    return found if len(found) == len(errors) else []


def answer_to_post(status: int, body: object) -> Outcome:
    """What an answer to a request to send means. `body` is the parsed JSON, None if it is none."""
    if status == 201:
        return _accepted(body)
    errors = errors_in(status, body)
    if not errors:
        return Unknown(f"Notify's answer could not be read (status {status})")
    match status:
        case 401 | 403 if errors[0].type == "AuthError":
            return unauthorised(errors)
        case 429 if errors[0].type == "TooManyRequestsError":
            return Throttled("day")
        case 429 if errors[0].type == "RateLimitError":
            return Throttled("minute")
        case 500:
            return Unknown("Notify answered with an internal error", server_error=True)
        case _ if 400 <= status < 500 and status not in (408, 429):
            return _rejected(errors)
        case _:
            return Unknown(f"Notify answered with status {status}")


def _accepted(body: object) -> Outcome:
    try:
        notify_id = UUID(body["id"])  # type: ignore[index]
        version = body["template"]["version"]  # type: ignore[index]
    except (TypeError, KeyError, ValueError, AttributeError):
        return Unknown("Notify's answer could not be read (status 201)")
    return Accepted(notify_id, version if isinstance(version, int) else None)


def unauthorised(errors: list[ApiError]) -> Unauthorised:
    """Why Notify refused the token: the clock has its own remedy, all else needs a person."""
    kind = "skew" if "clock" in errors[0].message.lower() else "key"
    return Unauthorised(kind, errors[0].message)


def _rejected(errors: list[ApiError]) -> Rejected:
    reason = ". ".join(error.message for error in errors)
    if all(_blames_recipient(error) for error in errors):
        return Rejected("recipient", reason)
    if any(_is_restricted(error) for error in errors):
        return Rejected("restricted", reason)
    return Rejected("mistake", reason)


def _blames_recipient(error: ApiError) -> bool:
    if error.type == "InvalidPhoneError":
        return True
    if error.type == "ValidationError":
        return error.message.startswith(RECIPIENT_FIELDS)
    return error.type == "BadRequestError" and "international mobile" in error.message.lower()


def _is_restricted(error: ApiError) -> bool:
    text = error.message.lower()
    return error.type == "BadRequestError" and ("team-only" in text or "trial mode" in text)


# How the reason of a message begins that Notify refused for a mistake of ours.
REFUSED = "GOV.UK Notify refused the message: "


def rejection_in_words(rejected: Rejected, channel: str) -> str:
    """Why Notify refused a message, for nurses and operators."""
    if rejected.kind == "recipient":
        if channel == "email":
            return "GOV.UK Notify says that the email address is not valid"
        return "GOV.UK Notify says that the number is not a UK mobile number"
    return f"{REFUSED}{rejected.reason}"[:300]


def answered(outcome: Outcome) -> bool:
    """Whether Notify itself spoke: the breaker counts only silence and broken answers."""
    return not isinstance(outcome, NotSent | Unknown)


# When to send, what first, and when to try again.


@dataclass(frozen=True)
class Queue:
    """The messages of one lane, channel and organisation."""

    lane: int
    channel: str
    organisation_id: int


def draw(queues: Sequence[Queue], most: int, luck: Random) -> dict[Queue, int]:
    """From which queues a claim of up to `most` messages takes how many of each.

    In each lane the organisations share alike, however much waits for each, and each shares its
    part between its channels; where there are more of them than messages, luck decides. A claim
    fills up from the first lane on.
    """
    drawn: dict[Queue, int] = {}
    for lane in sorted({queue.lane for queue in queues}):
        channels: dict[int, list[Queue]] = {}
        for queue in queues:
            if queue.lane == lane:
                channels.setdefault(queue.organisation_id, []).append(queue)
        share = max(1, most // len(channels))
        for organisation in luck.sample(list(channels), min(len(channels), most)):
            chosen = luck.sample(channels[organisation], min(len(channels[organisation]), share))
            drawn.update(dict.fromkeys(chosen, share // len(chosen)))
    return drawn


def send_not_before(channel: str, now: datetime) -> datetime:
    """The first instant from `now` on at which a message may go: texts rest 21:00–08:00 London.

    Source: sessions and clinics §6.4.
    """
    local = now.astimezone(LONDON)
    if channel != "text" or TEXTS_FROM <= local.time() < TEXTS_UNTIL:
        return now
    day = local.date() + timedelta(days=1 if local.time() >= TEXTS_UNTIL else 0)
    return max(now, london_instant(day, TEXTS_FROM))


def opened_today(channel: str, now: datetime) -> datetime | None:
    """When a channel opened on the London day of an instant; None for one that does not close."""
    if channel != "text":
        return None
    return london_instant(now.astimezone(LONDON).date(), TEXTS_FROM)


def retry_after(attempts: int) -> timedelta:
    """The pause after so many attempts without a connection: 5 s, doubling, at most 5 minutes."""
    return min(timedelta(seconds=5) * 2 ** min(max(attempts - 1, 0), 10), timedelta(minutes=5))


def strikes_for(outcome: Unknown) -> int:
    """How much an unclear attempt counts once Notify is known not to have it.

    Bad data makes Notify answer 500 for ever, so three of those park a message; silence and
    gateway errors pass, so six of them do.
    """
    return 2 if outcome.server_error else 1


def allowance_day(now: datetime) -> date:
    """The day whose allowance a message counts for, from midnight UTC. Source: Notify §7."""
    return now.astimezone(UTC).date()


def left_for_bulk(accepted: int, *, limit: int, kept: int) -> int:
    """How many of a mailing's messages may still go today, if `kept` stay for what is urgent."""
    return max(limit - kept - accepted, 0)


def allowance_renewed_at(now: datetime) -> datetime:
    """The next midnight UTC, when Notify's daily allowance starts anew. Source: Notify §7."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), tzinfo=UTC)


# Settling an unclear attempt: ask by reference.


@dataclass(frozen=True)
class AskAgain:
    """Still unclear: when to ask again, and how many empty answers counted so far."""

    at: datetime
    empty_lookups: int


def after_empty_lookup(
    *, attempt_ended_at: datetime, empty_lookups: int, asked_at: datetime, now: datetime
) -> AskAgain | None:
    """What follows when Notify does not know the reference; None: it was never stored.

    Empty answers count from five minutes after the attempt, and two are needed, a minute apart:
    a request may still run at Notify when ours gave up. An answer tells what was there when it was
    asked for; `now`, when all answers of a batch are in, may be much later. Source: Notify §11.5.
    """
    if asked_at < attempt_ended_at + QUARANTINE:
        return AskAgain(attempt_ended_at + QUARANTINE, 0)
    if empty_lookups + 1 < EMPTY_LOOKUPS_NEEDED:
        return AskAgain(now + BETWEEN_EMPTY_LOOKUPS, empty_lookups + 1)
    return None


def still_remembered(attempted_at: datetime, now: datetime) -> bool:
    """Whether Notify surely still knows what became of an attempt."""
    return now - attempted_at < REMEMBERED_FOR


# What Notify says about a message it has.

WENT_OUT = "delivered"
NO_SUCH_CONTACT = "permanent-failure"
FAILURES = {
    NO_SUCH_CONTACT: "the address or number does not exist",
    "temporary-failure": "it could not be delivered in three days: the inbox may be full, "
    "or the phone off",
    "technical-failure": "Notify could not hand it to the network",
}
UNDERWAY = ("sending", "pending", "sent")


def message_status(notify_status: str) -> str:
    """Our word for one of Notify's: accepted, sending, delivered or failed."""
    if notify_status == WENT_OUT:
        return "delivered"
    if notify_status in FAILURES:
        return "failed"
    return "sending" if notify_status in UNDERWAY else "accepted"


def is_final(status: str) -> bool:
    """Whether one of our words ends a message's life at Notify."""
    return status in ("delivered", "failed")


def next_check(accepted_at: datetime, now: datetime) -> datetime | None:
    """When Notify is next asked about a message without a final status; None: no more.

    After 4 hours, then hourly for a day, then daily to day 6. Source: Notify §11.7.
    """
    age = now - accepted_at
    if age < timedelta(hours=4):
        return accepted_at + timedelta(hours=4)
    step = timedelta(hours=1) if age < timedelta(days=1) else timedelta(days=1)
    return now + step if age + step <= REMEMBERED_FOR else None


@dataclass(frozen=True)
class ReceiptVerdict:
    """What a receipt does: set the message's status, have Notify asked first, or nothing."""

    action: str
    why: str


def weigh_receipt(*, message_status_now: str, receipt_status: str) -> ReceiptVerdict:
    """What a delivery receipt may change. Source: Notify §6, §12 rows 20–23.

    A final status never goes back. A failure, or a final status that contradicts the one we
    have, is believed only once Notify confirms it: a leaked token must not harm anybody.
    """
    said = message_status(receipt_status)
    if message_status_now in ("delivered", "failed"):
        if not is_final(said):
            return ReceiptVerdict("ignore", "older than what is known")
        if said == message_status_now:
            return ReceiptVerdict("ignore", "known already")
        return ReceiptVerdict("ask", "contradicts what is known")
    if said == "failed":
        return ReceiptVerdict("ask", "a failure is confirmed with Notify first")
    return ReceiptVerdict("apply", said)
