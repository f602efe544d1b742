"""Places, children, their parents, and the files they came from."""

from cohorts.models.children import Child
from cohorts.models.moves import SchoolMove
from cohorts.models.parents import Contact, Parent, ParentRelationship
from cohorts.models.places import NAME_LENGTH, Location
from cohorts.models.uploads import ImportIssue, Upload, UploadedChild

__all__ = [
    "NAME_LENGTH",
    "Child",
    "Contact",
    "ImportIssue",
    "Location",
    "Parent",
    "ParentRelationship",
    "SchoolMove",
    "Upload",
    "UploadedChild",
]
