"""Which children are due an invitation to which programmes, as SQL: the first, and a repeat.

Source: sessions and clinics §6.1, §6.2.
"""

from sessions_app.offered import OFFERED

# Just after a mailing the statistics still say that there are no invitations. So nothing here hangs
# on how many PostgreSQL expects: who was invited is hashed in one pass (NOT IN; IN with IS TRUE,
# which keeps it from becoming a join), and rows of this statement are joined only to tables that
# have an index on the child. A join of two sets that it believes to be tiny would compare each
# row with each: minutes instead of a second.
FIRST = f"""{OFFERED}
  AND status.exclusion = ''
  AND (member.child_id, status.programme_id) NOT IN (
      SELECT earlier.child_id, earlier.programme_id
      FROM sessions_app_invitation earlier
      WHERE earlier.session_id = %(session)s
        AND earlier.session_date_id IS NULL
        AND earlier.withheld_at IS NULL
        AND (%(children)s::bigint[] IS NULL OR earlier.child_id = ANY(%(children)s)))
  AND (member.child_id, status.programme_id) NOT IN (
      SELECT recent.child_id, recent.programme_id
      FROM sessions_app_invitation recent
      WHERE recent.session_id = (
          SELECT ending.id FROM sessions_app_session ending
          WHERE ending.organisation_id = %(organisation)s
            AND ending.location_id = %(location)s
            AND ending.academic_year = %(academic_year)s - 1)
        AND recent.planned_at > %(not_since)s
        AND recent.withheld_at IS NULL
        AND recent.called_back_at IS NULL
        AND (%(children)s::bigint[] IS NULL OR recent.child_id = ANY(%(children)s)))
"""  # noqa: S608 - put together from constants

# Not where consent was given, not who was last invited in the time of this date, and never within
# seven days of another.
LATER = f"""{OFFERED}
  AND status.exclusion = ''
  AND status.consent <> 'given'
  AND ((member.child_id, status.programme_id) IN (
      SELECT earlier.child_id, earlier.programme_id
      FROM sessions_app_invitation earlier
      WHERE earlier.session_id = %(session)s
        AND earlier.withheld_at IS NULL
        AND earlier.called_back_at IS NULL
        AND (%(children)s::bigint[] IS NULL OR earlier.child_id = ANY(%(children)s)))) IS TRUE
  AND (member.child_id, status.programme_id) NOT IN (
      SELECT same.child_id, same.programme_id
      FROM sessions_app_invitation same
      WHERE same.session_id = %(session)s
        AND same.session_date_id = %(session_date)s
        AND same.withheld_at IS NULL
        AND (%(children)s::bigint[] IS NULL OR same.child_id = ANY(%(children)s)))
  AND member.child_id NOT IN (
      SELECT recent.child_id
      FROM sessions_app_invitation recent
      WHERE recent.session_id = %(session)s
        AND (recent.planned_at >= %(due_at)s OR recent.planned_at > %(not_since)s)
        AND recent.withheld_at IS NULL
        AND recent.called_back_at IS NULL
        AND (%(children)s::bigint[] IS NULL OR recent.child_id = ANY(%(children)s)))
"""  # noqa: S608 - put together from constants
