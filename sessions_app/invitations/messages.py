"""What an invitation says beside the child's name: built once for a clinic session."""

from itertools import combinations

from notifications import wording
from notifications.models import Channel
from sessions_app.models import Session
from sessions_app.rules import vaccination_named

FIRST = "clinic_initial_invitation"
LATER = "clinic_subsequent_invitation"


def how_to_book(session: Session) -> str:
    """The paragraph on booking: the booking link and instructions, else how to reach the team.

    Source: sessions and clinics §6.5.
    """
    organisation, team = session.organisation, session.whom_to_ask
    if not organisation.booking_url:
        return (
            "To book a time at a clinic, contact us.\n\n"
            f"Call {team.phone} or email {team.email}. Tell us your child’s name and date of birth."
        )
    paragraphs = [
        f"Book a time at a clinic with {organisation.booking_system_name}:",
        organisation.booking_url,
    ]
    if organisation.booking_instructions:
        paragraphs.append(organisation.booking_instructions)
    paragraphs.append(
        f"If you cannot book online, or your child needs more time, call {team.phone}."
    )
    return "\n\n".join(paragraphs)


def how_to_book_short(session: Session) -> str:
    """The same for a text message."""
    organisation, team = session.organisation, session.whom_to_ask
    if not organisation.booking_url:
        return f"To book, call {team.phone} or email {team.email}."
    return f"Book with {organisation.booking_system_name}: {organisation.booking_url}"


def shared_personalisation(session: Session) -> dict[str, str]:
    """The values that are the same for every invitation to this session."""
    team = session.whom_to_ask
    return {
        "how_to_book": how_to_book(session),
        "how_to_book_short": how_to_book_short(session),
        "team_name": team.name,
        "team_email": team.email,
        "team_phone": team.phone,
    }


# No real child's record is opened for an example.
EXAMPLE_CHILD = {"short_child_name": "Sam", "full_and_preferred_child_name": "Sam Taylor"}


def examples(session: Session, template: str, **values: str) -> list[tuple[str, wording.Preview]]:
    """What a parent of a made-up child would read, on each channel by its name."""
    programmes = [programme.name for programme in session.programmes.order_by("name", "key")]
    if not programmes:
        return []
    personalisation = (
        shared_personalisation(session)
        | EXAMPLE_CHILD
        | {"vaccination": vaccination_named(programmes)}
        | values
    )
    return [
        (str(channel.label), wording.get(template, channel).preview(personalisation))
        for channel in Channel
    ]


def vaccinations_named(session: Session) -> dict[str, str]:
    """What to call each possible set of the session's programmes, by their keys in order."""
    programmes = list(session.programmes.order_by("name", "key"))
    return {
        ",".join(programme.key for programme in some): vaccination_named(
            [programme.name for programme in some]
        )
        for size in range(1, len(programmes) + 1)
        for some in combinations(programmes, size)
    }
