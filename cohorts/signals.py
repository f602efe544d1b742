"""What `cohorts` announces, inside the transaction that did it, to whoever stands above."""

from django.dispatch import Signal

# Children who are new, or whose school changed, or who left a cohort.
# Sent with: organisation, child_ids (list), by (User or None), now (datetime), and keep_in_clinic
# (bool) where a person was asked whether a child stays in the community clinic.
children_placed = Signal()

# Children whose details, flags or parents changed, so that what was derived may be stale.
# Sent with: child_ids (list), by (User or None), now (datetime).
children_changed = Signal()

# A parent who stays behind with other children goes along with one who moves to another
# organisation as a copy, who is the same person: what they said about this child is the copy's.
# Sent with: child_id, parent_id, copy_id.
parent_copied = Signal()

# A file is imported and about to be committed, which may be long after it began.
# Sent with: by (User or None), now (datetime) that all of the import was done with.
file_imported = Signal()

# Something for the activity log.
# Sent with: organisation (or None), kind (an `activity` kind as text), child_ids (list), title,
# body, by, now.
happened_to_children = Signal()
