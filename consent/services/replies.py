"""Confirming to the person who answered what staff wrote down. Source: consent §6, §7 and §12."""

from collections.abc import Sequence
from datetime import date, datetime

from accounts.models import User
from calendars.clock import london_day
from cohorts.formats import UK_MOBILE
from cohorts.models import Child, Parent
from consent import doses, questions, replies
from consent.decisions import DOUBLES
from consent.guard import forbidden_by_record
from consent.models import ConsentResponse
from consent.selectors.facts import may_all_be_given
from consent.services.contacts import Details, stored_details
from notifications import outbox
from notifications.models import Channel, Lane, Message
from sessions_app.models import Session


def confirm_answers(
    responses: Sequence[ConsentResponse],
    session: Session,
    to: Details,
    *,
    confirms_refusal: bool,
    now: datetime,
    by: User,
) -> int:
    """Queue the replies to one person's answers, given together; how many messages.

    `session` was fetched `with_days`. Those at once decided in triage are told by that decision,
    and not here. Nobody is told of "No response".
    """
    groups: dict[str, list[ConsentResponse]] = {}
    histories = _too_few_doses(responses)
    for response in responses:
        template = _reply_to(response, is_partly_vaccinated=response.programme_id in histories)
        if template and (confirms_refusal or template != replies.REFUSED):
            groups.setdefault(template, []).append(response)
    return sum(
        _queue(template, group, session, to, now=now, by=by) for template, group in groups.items()
    )


def _too_few_doses(responses: Sequence[ConsentResponse]) -> set[str]:
    """The programmes of which the child was given doses that are not enough."""
    return {
        programme
        for response in responses
        if response.programme_id in DOUBLES
        for _, programme in doses.partial_histories(
            [response.child_id], [response.programme_id], response.academic_year
        )
    }


def _reply_to(response: ConsentResponse, *, is_partly_vaccinated: bool) -> str:
    needs_triage = is_partly_vaccinated or questions.call_for_triage(response.health_answers)
    return replies.reply_to(response.decision, needs_triage=needs_triage)


def confirm_withdrawal(
    response: ConsentResponse, session: Session, *, now: datetime, by: User
) -> int:
    """Queue the confirmation that a parent's consent is withdrawn; how many messages."""
    return _queue(replies.WITHDRAWN, [response], session, _present(response), now=now, by=by)


def confirm_refusal(response: ConsentResponse, session: Session, *, now: datetime, by: User) -> int:
    """Queue the confirmation that a refusal stands after it was talked about; how many messages."""
    return _queue(replies.REFUSED, [response], session, _present(response), now=now, by=by)


def _present(response: ConsentResponse) -> Details:
    """Where the parent can be written to now: what they said then may be out of date."""
    assert response.parent is not None
    return stored_details(response.parent)


def is_told(child: Child) -> bool:
    """Whether staff's doings about a child are told to parents. Source: consent §1."""
    return not forbidden_by_record(child)


def reaches(response: ConsentResponse) -> bool:
    """Whether who gave a response may be told of what becomes of it: they are on the child's record
    still, as a contact of the organisation that has the child. One query.
    """
    child, parent = response.child, response.parent
    return parent is not None and is_told(child) and is_contact(child, parent)


def is_contact(child: Child, parent: Parent) -> bool:
    """Whether a parent is on the child's record, as a contact of the organisation that has the
    child. One query.
    """
    return parent.relationships.filter(
        child=child, parent__organisation=child.organisation_id
    ).exists()


def _queue(
    template: str,
    responses: Sequence[ConsentResponse],
    session: Session,
    to: Details,
    *,
    now: datetime,
    by: User,
) -> int:
    first = responses[0]
    if first.parent is None or not reaches(first):
        return 0
    values = replies.personalisation(
        template,
        responses,
        session,
        is_certain=template == replies.GIVEN and _is_certain(responses, today=london_day(now)),
        today=london_day(now),
    )
    return outbox.queue_all(
        [
            Message(
                letter=replies.letter_of(first.public_id, template),
                template=template,
                channel=channel,
                recipient=recipient,
                personalisation=values,
                organisation_id=session.organisation_id,
                child=first.child,
                parent_id=first.parent_id,
                session_id=session.pk,
                sent_by=by,
                lane=Lane.URGENT,
                due_at=now,
            )
            for channel, recipient in _addresses(first.parent, to, template)
        ],
        now=now,
    )


def _is_certain(responses: Sequence[ConsentResponse], *, today: date) -> bool:
    """Whether a child may be vaccinated as things stand, and at the place of their session: no
    move waits to be decided on, nobody else refused, and no nurse decided against it.
    """
    first = responses[0]
    return not first.child.school_moves.waiting().exists() and may_all_be_given(
        first.child_id,
        [response.programme_id for response in responses],
        first.academic_year,
        today=today,
    )


def _addresses(parent: Parent, to: Details, template: str) -> list[tuple[str, str]]:
    """Where a reply goes: by email, and by text to those who get updates that way."""
    found = []
    if not _why_no_email(parent, to):
        found.append((Channel.EMAIL.value, to.email))
    if not _why_no_text(parent, to, template):
        found.append((Channel.TEXT.value, to.phone))
    return found


def why_nobody_reads(parent: Parent | None, to: Details, template: str) -> str:
    """Why a message to somebody, who may be new, reaches them neither by email nor by text, as a
    clause; empty if it does.
    """
    email, text = _why_no_email(parent, to), _why_no_text(parent, to, template)
    return f"{email}, and {text}" if email and text else ""


def _why_no_email(parent: Parent | None, to: Details) -> str:
    if not to.email:
        return "there is no email address"
    has_failed = parent is not None and parent.email_failed_at and parent.email == to.email
    return "emails to their address do not arrive" if has_failed else ""


def _why_no_text(parent: Parent | None, to: Details, template: str) -> str:
    if template not in replies.TEXTED:
        return "this message goes by email only"
    if not to.phone:
        return "there is no phone number"
    if not to.wants_text_updates:
        return "they do not want updates by text message"
    if not UK_MOBILE.fullmatch(to.phone):
        return "their phone number is not a UK mobile"
    if parent is None:
        return ""
    if parent.contact_method == Parent.ContactMethod.VOICE:
        return "they can only receive voice calls"
    has_failed = parent.phone_failed_at and parent.phone == to.phone
    return "text messages to their number do not arrive" if has_failed else ""
