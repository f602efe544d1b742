"""A person vouches for a parent whom a match added. Decisions 0062 and 0071."""

from cohorts.models import ParentRelationship
from consent.models import OnlineResponse


def vouch(relationship: ParentRelationship) -> bool:
    """Note that a person vouches for a parent; whether nobody did. Undoing the match that added
    them does not take them from the child any more. The child is locked.
    """
    if not relationship.vouch():
        return False
    OnlineResponse.objects.filter(added_relationship=relationship).update(added_relationship=None)
    return True
