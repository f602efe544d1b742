"""A community clinic that is due to invite everybody: made-up children, written set by set.

The same children each time for the same number. Parents are as those of the demo: some without an
address, some with a number only, every fourth family with two children.
"""

from datetime import datetime, time, timedelta
from math import ceil

from django.db import connection, transaction

from calendars import clock
from calendars import rules as calendar_rules
from cohorts.models import Child, Parent
from cohorts.search import fold
from mavis.demo import organisations
from mavis.demo.people import NAMES
from programmes.models import Programme
from sessions_app.clinic import community_clinic
from sessions_app.models import Session, SessionDate

PARENTS_WITHOUT_CONTACT = 0.08

# Every third family has a second child, so four children are of three families.
CHILDREN = """
INSERT INTO cohorts_child
    (id, public_id, organisation_id, nhs_number, given_name, family_name, given_name_key,
     family_name_key, search_text, date_of_birth, birth_academic_year, gender, address_line_1,
     town, postcode, home_educated, preferred_given_name, preferred_family_name, address_line_2,
     registration, created_at, updated_at)
SELECT %(before)s + number, gen_random_uuid(), %(organisation)s, nhs_number, given_name,
       family_name, given_key, family_key,
       given_key || ' ' || family_key || ' ' || nhs_number || ' '
           || to_char(birthday, 'DD/MM/YYYY') || ' ' || lower(postcode)
           || ' ' || lower(replace(postcode, ' ', '')),
       birthday, birth_year, 1 + number %% 2, number %% 180 || ' Ribbon Street', 'Coventry',
       postcode, true, '', '', '', '', %(now)s, %(now)s
FROM generate_series(1, %(children)s) number
CROSS JOIN LATERAL (
    SELECT number - (number %% 4 = 0)::int AS family,
           (%(birth_years)s::int[])[1 + number %% %(years)s] AS birth_year
) one
CROSS JOIN LATERAL (
    SELECT (%(given_names)s::text[])[1 + number * 7 %% %(given)s] AS given_name,
           (%(given_keys)s::text[])[1 + number * 7 %% %(given)s] AS given_key,
           (%(family_names)s::text[])[1 + family * 11 %% %(families)s] AS family_name,
           (%(family_keys)s::text[])[1 + family * 11 %% %(families)s] AS family_key,
           to_char(9000000000 + number, 'FM0000000000') AS nhs_number,
           make_date(birth_year, 9, 1) + number %% 365 AS birthday,
           'CV' || 1 + family %% 8 || ' ' || family %% 9 || 'AB' AS postcode
) details
"""

PARENTS = """
INSERT INTO cohorts_parent
    (id, organisation_id, full_name, email, phone, contact_method, contact_method_details,
     wants_text_updates, created_at)
SELECT %(parents_before)s + 2 * family + place, %(organisation)s, 'Parent ' || family || place,
       CASE WHEN draw < 84 THEN 'parent.' || family || '.' || place || '@example.com' ELSE '' END,
       CASE WHEN draw < 70 OR draw BETWEEN 84 AND 95
            THEN '+447700900' || 600 + (family + place) %% 400 ELSE '' END,
       'any', '', false, %(now)s
FROM generate_series(1, %(children)s) family
CROSS JOIN generate_series(0, 1) place
CROSS JOIN LATERAL (SELECT (family * 61 + place * 29) %% 100 AS draw) one
WHERE family %% 4 <> 0 AND family * 37 %% 100 >= CASE place WHEN 0 THEN 4 ELSE 54 END
"""

RELATIONSHIPS = """
INSERT INTO cohorts_parentrelationship (child_id, parent_id, kind, other_name)
SELECT %(before)s + number, parent.id, CASE place WHEN 0 THEN 'mother' ELSE 'father' END, ''
FROM generate_series(1, %(children)s) number
CROSS JOIN generate_series(0, 1) place
JOIN cohorts_parent parent
  ON parent.id = %(parents_before)s + 2 * (number - (number %% 4 = 0)::int) + place
ORDER BY number, place
"""

MEMBERSHIPS = """
INSERT INTO sessions_app_membership (child_id, session_id, reason, joined_at, left_because)
SELECT %(before)s + number, %(session)s, 'home_educated', %(now)s, ''
FROM generate_series(1, %(children)s) number
"""

STATUSES = """
INSERT INTO sessions_app_programmestatus
    (child_id, programme_id, academic_year, consent, triage, vaccination, exclusion)
SELECT child.id, offered.programme_id, %(academic_year)s, 'no_response', 'not_needed',
       'not_vaccinated', CASE WHEN contactable.child_id IS NULL THEN 'no_contact' ELSE '' END
FROM cohorts_child child
JOIN sessions_app_session_programmes offered ON offered.session_id = %(session)s
LEFT JOIN (SELECT DISTINCT child_id FROM cohorts_contact) contactable
       ON contactable.child_id = child.id
WHERE child.id > %(before)s
ORDER BY child.id
"""

SEQUENCES = """
SELECT setval(pg_get_serial_sequence('cohorts_child', 'id'), (SELECT max(id) FROM cohorts_child)),
       setval(pg_get_serial_sequence('cohorts_parent', 'id'), (SELECT max(id) FROM cohorts_parent))
"""


def noon() -> datetime:
    """Noon in London today: invitations have opened and texts may go."""
    return clock.london_instant(clock.today(), time(12))


def clinic_due_to_invite(letters: int, *, now: datetime) -> Session:
    """A clinic with home-educated children for at least so many letters, due now, none written."""
    return clinic_of(ceil(letters / (1 - PARENTS_WITHOUT_CONTACT)), now=now)


def clinic_of(children: int, *, now: datetime) -> Session:
    """A clinic with so many home-educated children, due to invite now, none of them invited."""
    clinic = community_clinic(organisations.make_organisation(), now=now)
    _write(children, clinic, now=now)
    today = clock.london_day(now)
    SessionDate.objects.create(session=clinic, value=today + timedelta(weeks=3))
    Session.objects.filter(pk=clinic.pk).update(invitations_on=today)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return clinic


@transaction.atomic
def _write(children: int, clinic: Session, *, now: datetime) -> None:
    year_groups = {
        group
        for programme in Programme.objects.filter(sessions=clinic)
        for group in programme.year_groups
    }
    birth_years = [
        calendar_rules.birth_academic_year_of(group, clinic.academic_year)
        for group in sorted(year_groups)
    ]
    given_names = NAMES["girls"] + NAMES["boys"]
    values = {
        "children": children,
        "now": now,
        "organisation": clinic.organisation_id,
        "session": clinic.pk,
        "academic_year": clinic.academic_year,
        "before": _last_id(Child),
        "parents_before": _last_id(Parent),
        "birth_years": birth_years,
        "years": len(birth_years),
        "given_names": given_names,
        "given_keys": [fold(name) for name in given_names],
        "given": len(given_names),
        "family_names": NAMES["families"],
        "family_keys": [fold(name) for name in NAMES["families"]],
        "families": len(NAMES["families"]),
    }
    with connection.cursor() as cursor:
        # What these rows refer to is written here with them: a look-up for each of millions of
        # references would take longer than what is measured.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in (CHILDREN, PARENTS, RELATIONSHIPS, SEQUENCES, MEMBERSHIPS):
            cursor.execute(statement, values)
        # So that the last of them meets sets of a size that is known.
        cursor.execute("ANALYZE cohorts_child, cohorts_parent, cohorts_parentrelationship")
        cursor.execute(STATUSES, values)


def _last_id(model: type[Child | Parent]) -> int:
    return model.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
