"""Making the demo: all of it, or nothing."""

from datetime import datetime

from django.db import transaction

from accounts.models import Organisation
from calendars import rules as calendar_rules
from calendars.clock import london_day
from mavis.demo import children, organisations, people, visits
from sessions_app.services import ensure_sessions

CHILDREN_ELSEWHERE = 12


@transaction.atomic
def make_demo(*, at_least: int, now: datetime) -> int:
    """Make what is missing of the demo; returns how many children are new.

    The first organisation gets so many children, rounded up to whole families.
    """
    organisation = organisations.make_organisation()
    here = _fill(organisation, people.HERE, at_least, now)
    visits.visit_a_school_today(organisation, now=now)
    elsewhere = organisations.make_organisation_elsewhere()
    return here + _fill(elsewhere, people.ELSEWHERE, CHILDREN_ELSEWHERE, now)


def _fill(organisation: Organisation, serials: range, at_least: int, now: datetime) -> int:
    academic_year = calendar_rules.academic_year_of(london_day(now))
    ensure_sessions(organisation, academic_year, now=now)
    programmes = organisation.programmes.values_list("year_groups", flat=True)
    families = people.families(
        serials,
        at_least=at_least,
        academic_year=academic_year,
        year_groups=sorted({year for years in programmes for year in years}),
    )
    return children.save_families(organisation, families, now=now)
