"""The children of a session with the programmes it offers, as SQL that asks further of them.

Ask with `session`, `academic_year`, and `children`: their ids, or NULL for all of the session.
"""

OFFERED = """
SELECT member.child_id, status.programme_id
FROM sessions_app_membership member
JOIN sessions_app_session_programmes offered ON offered.session_id = member.session_id
JOIN sessions_app_programmestatus status
  ON status.child_id = member.child_id
 AND status.programme_id = offered.programme_id
 AND status.academic_year = %(academic_year)s
WHERE member.session_id = %(session)s
  AND member.left_at IS NULL
  AND (%(children)s::bigint[] IS NULL OR member.child_id = ANY(%(children)s))
"""
