"""What decides what may be done about one child in a session, read fresh from the facts."""

from collections.abc import Iterable
from datetime import date

from cohorts.models import Child, Contact
from consent import rules, status_rules
from consent.facts import consent_facts, triage_facts
from consent.selectors.sessions import is_closed, programmes_of, responses_close_on
from sessions_app import statuses
from sessions_app.choices import ConsentStatus, Exclusion, TriageStatus, VaccinationStatus
from sessions_app.models import Session


def child_facts(child: Child, session: Session, *, today: date) -> rules.ChildFacts:
    """The facts about a child in a session, fetched `with_days`, for `rules` to decide on.

    Nothing stored is trusted, so that a page and the button pressed on it have one answer.
    """
    year = session.academic_year
    known = {
        status.programme_id: status for status in statuses.compute([child.pk], year, today=today)
    }
    return rules.ChildFacts(
        is_deceased=child.date_of_death is not None,
        is_invalid=child.invalidated_at is not None,
        is_restricted=child.is_restricted,
        is_reachable=Contact.objects.filter(child=child).exists(),
        is_session_closed=is_closed(session, today=today),
        responses_close_on=responses_close_on(session),
        programmes=tuple(
            _programme_facts(programme, known.get(programme.key), child.year_group(year))
            for programme in programmes_of(session)
        ),
    )


def _programme_facts(programme, status, year_group: int) -> rules.ProgrammeFacts:
    return rules.ProgrammeFacts(
        key=programme.key,
        name=programme.name,
        consent=status.consent if status else ConsentStatus.NO_RESPONSE,
        triage=status.triage if status else TriageStatus.NOT_NEEDED,
        is_vaccinated=bool(status) and status.vaccination == VaccinationStatus.VACCINATED,
        is_in_year_group=year_group in programme.year_groups,
        is_kept_from_parents=bool(status) and status.exclusion == Exclusion.CHILD_DECIDED,
    )


def may_all_be_given(
    child_id: int, programmes: Iterable[str], academic_year: int, *, today: date
) -> bool:
    """Whether nothing that anybody answered or decided keeps the child from any of these vaccines.

    At most eight queries. Source: consent §9.3, rule 5.
    """
    consents = consent_facts([child_id], academic_year, today)
    triages = triage_facts([child_id], academic_year, today)
    return all(
        status_rules.may_be_vaccinated(
            consent=consents.get((child_id, programme), ConsentStatus.NO_RESPONSE),
            triage=triages.get((child_id, programme), TriageStatus.NOT_NEEDED),
        )
        for programme in programmes
    )
