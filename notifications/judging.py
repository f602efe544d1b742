"""What attempts to send came to: which verb of `Settlement` each outcome asks for."""

from collections.abc import Sequence
from datetime import datetime

from notifications import rules
from notifications.calling import Attempt
from notifications.settling import Settlement


def judge(
    attempts: Sequence[Attempt],
    *,
    now: datetime,
    stops_when_restricted: bool,
) -> Settlement:
    """What attempts to send came to, to be saved; None stands for one that was not made."""
    settlement = Settlement(now=now)
    for message, outcome in attempts:
        match outcome:
            case rules.Accepted():
                settlement.accept(
                    message, notify_id=outcome.notify_id, version=outcome.template_version
                )
            case rules.Rejected("restricted") if stops_when_restricted:
                settlement.release(message)
            case rules.Rejected("mistake"):
                settlement.park(message, reason=rules.rejection_in_words(outcome, message.channel))
            case rules.Rejected():
                settlement.reject(message, outcome)
            case rules.NotSent():
                settlement.wait(
                    message,
                    due_at=now + rules.retry_after(message.attempts),
                    reason=outcome.reason,
                )
            case rules.Unknown():
                settlement.doubt(message, outcome)
            case _:
                settlement.release(message)
    return settlement
