"""What messages about consent say beside the fixed wording of their templates."""

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse

from accounts.models import Organisation
from calendars.clock import london_day
from cohorts.models import Child
from consent.choices import TriageOutcome
from consent.models import Triage
from consent.reminding_rules import dates_after
from consent.selectors.sessions import respond_by
from govuk.filters import govuk_date, govuk_date_with_weekday
from notifications import wording
from notifications.models import Channel
from notifications.rules import send_not_before
from programmes.models import Programme
from programmes.together import forms_for, name_in_address
from sessions_app.models import Session
from sessions_app.rules import join_words, vaccination_named
from sessions_app.selectors.lists import days_of

CLINIC_REQUEST = "consent_clinic_request"
SCHOOL_REQUEST = "consent_school_request"
# What parents hear of each decision at triage; by email only. Source: consent §10.
TRIAGE = {
    TriageOutcome.SAFE: "triage_safe",
    TriageOutcome.DO_NOT_VACCINATE: "triage_do_not_vaccinate",
    TriageOutcome.DELAY: "triage_delay",
    TriageOutcome.INVITE_TO_CLINIC: "triage_clinic",
    TriageOutcome.KEEP: "triage_under_review",
}
SCHOOL_REMINDER = "consent_school_reminder"
ASKING = (CLINIC_REQUEST, SCHOOL_REQUEST, SCHOOL_REMINDER)
SESSION_REMINDER = "session_school_reminder"
VISIT_OFF = "session_school_dates_changed"


def template_for(session: Session) -> str:
    """Which request a session sends: a clinic's speaks of an appointment, a school's names the
    place. Neither thanks for a booking, of which nothing is known here.
    """
    return CLINIC_REQUEST if session.is_clinic else SCHOOL_REQUEST


def consent_link(session: Session, keys: Sequence[str]) -> str:
    """The address at which parents answer for programmes that share a form; it names no child."""
    parts = {"slug": session.slug, "programmes": name_in_address(keys)}
    return f"{settings.SITE_URL}{reverse('parents:start', kwargs=parts)}"


def consent_links(session: Session, programmes: Sequence[Programme]) -> str:
    """The links of all programmes asked about, each on a line, named where there are several."""
    names = {programme.key: programme.name for programme in programmes}
    forms = forms_for(names)
    if len(forms) == 1:
        return consent_link(session, forms[0])
    return "\n".join(
        f"{join_words([names[key] for key in form])}: {consent_link(session, form)}"
        for form in forms
    )


def personalisation(
    child: Child, session: Session, programmes: Sequence[Programme], *, today: date
) -> dict[str, str]:
    """The values of a request about a child's programmes in a session, fetched `with_days`.

    Source: sessions and clinics §6.5 and §7; consent §12.
    """
    deadline = respond_by(session, today=today)
    upcoming = [govuk_date_with_weekday(day) for day in days_of(session) if day >= today]
    return about(child, session, programmes) | {
        "consent_link": consent_links(session, programmes),
        "consent_deadline": govuk_date(deadline) if deadline else "",
        "location_name": session.location.name,
        "session_dates": join_words(upcoming),
        "privacy_notice": privacy_notice(session.organisation),
    }


def read_on(channel: str, now: datetime) -> date:
    """The day on which a message that is due now is read, and by which it names days to come: a
    text that rests at night is tomorrow's.
    """
    return london_day(send_not_before(channel, now))


def privacy_notice(organisation: Organisation) -> str:
    """Where parents read what becomes of what they tell us, as a sentence. Source: consent §12."""
    if not organisation.privacy_policy_url:
        return "Ask us if you want to know how we use your information."
    return f"Our privacy notice says how we use your information: {organisation.privacy_policy_url}"


def school_examples(
    session: Session, template: str, *, today: date
) -> list[tuple[str, wording.Preview]]:
    """What a parent of a made-up child reads about a school's session, by the channel's name."""
    programmes = list(session.programmes.order_by("name"))
    return _read(template, personalisation(_example(), session, programmes, today=today))


def visit_examples(session: Session, day: date) -> list[tuple[str, wording.Preview]]:
    """The same of a reminder of one day of it, for who agreed to all."""
    programmes = list(session.programmes.order_by("name"))
    return _read(SESSION_REMINDER, about_visit(_example(), session, programmes, day=day))


def _example() -> Child:
    return Child(given_name="Sam", family_name="Taylor")


def _read(template: str, values: dict[str, str]) -> list[tuple[str, wording.Preview]]:
    return [
        (str(channel.label), wording.get(template, channel).preview(values)) for channel in Channel
    ]


def about_visit(
    child: Child, session: Session, programmes: Sequence[Programme], *, day: date
) -> dict[str, str]:
    """The values of a reminder of one day of a school's session, fetched `with_days`.

    Source: consent §12, session reminder.
    """
    later = [govuk_date_with_weekday(other) for other in dates_after(days_of(session), day)]
    return about(child, session, programmes) | {
        "location_name": session.location.name,
        "session_date": govuk_date_with_weekday(day),
        "if_missed": f"We will be at the school again on {join_words(later)}."
        if later
        else "Contact us to arrange another day.",
    }


def visit_off_examples(
    session: Session, day: date, *, today: date
) -> list[tuple[str, wording.Preview]]:
    """What a parent of a made-up child reads who was reminded of that day, which is off."""
    programmes = list(session.programmes.order_by("name"))
    vaccination = about_vaccination(programmes)["vaccination"]
    values = about_visit_off(_example(), session, vaccination=vaccination, day=day, today=today)
    return _read(VISIT_OFF, values)


def about_visit_off(
    child: Child, session: Session, *, vaccination: str, day: date, today: date
) -> dict[str, str]:
    """The values of the message that a school, fetched `with_days`, is not visited on a day, to who
    was told of it and of that vaccination.
    """
    return {
        **about_child(child),
        **about_team(session),
        "vaccination": vaccination,
        "location_name": session.location.name,
        "session_date": govuk_date_with_weekday(day),
        "what_now": what_now(session, today=today),
    }


def what_now(session: Session, *, today: date) -> str:
    """When a school, fetched `with_days`, is visited now, as a sentence."""
    days = [govuk_date_with_weekday(day) for day in days_of(session) if day >= today]
    if days:
        return f"We will be at the school on {join_words(days)}."
    return "There is no other date at the moment. Contact us if you have any questions."


def about_triage(triage: Triage, session: Session) -> dict[str, str]:
    """The values of an email about a decision at triage, from the team of a session. It tells no
    health answer.
    """
    until = {"delay_until": govuk_date(triage.delay_until)} if triage.delay_until else {}
    return about(triage.child, session, [triage.programme]) | until


def about(child: Child, session: Session, programmes: Sequence[Programme]) -> dict[str, str]:
    """The child, the vaccination, and whom to ask: in every message about consent."""
    return {**about_child(child), **about_vaccination(programmes), **about_team(session)}


def about_child(child: Child) -> dict[str, str]:
    """What the child is called."""
    known_as = f" (known as {child.preferred_name})" if child.preferred_name else ""
    return {
        "short_child_name": child.preferred_given_name or child.given_name,
        "full_and_preferred_child_name": f"{child.full_name}{known_as}",
    }


def about_vaccination(programmes: Sequence[Programme]) -> dict[str, str]:
    """What is asked or answered about."""
    names = [programme.name_in_sentence for programme in programmes]
    return {"vaccination": vaccination_named(names)}


def about_team(session: Session) -> dict[str, str]:
    """Whom to ask."""
    team = session.whom_to_ask
    return {"team_name": team.name, "team_email": team.email, "team_phone": team.phone}
