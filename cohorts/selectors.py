"""Reading uploads, import issues and school moves for pages."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import Organisation
from cohorts import display
from cohorts.models import ImportIssue, Location, SchoolMove, Upload, UploadedChild
from cohorts.upload_kinds import all_kinds


@dataclass(frozen=True)
class Waiting:
    """How much waits for a person, for tabs and notices; reviews by kind of file."""

    reviews: dict[str, "WaitingReview"]
    moves: int


@dataclass(frozen=True)
class WaitingReview:
    """The rows of one kind of file that wait: words for the tab, URL name, how many."""

    text: str
    page: str
    count: int


def waiting(organisation: Organisation) -> Waiting:
    """What the organisation has to decide on."""
    return Waiting(
        reviews={
            kind.key: WaitingReview(
                kind.review.text, kind.review.page, kind.review.count(organisation)
            )
            for kind in all_kinds()
        },
        moves=SchoolMove.objects.for_organisation(organisation).waiting().count(),
    )


def uploaded_children(upload: Upload) -> QuerySet[UploadedChild]:
    """The rows of a file with the children they meant and who are still in the cohort."""
    return upload.rows.filter(child__organisation=upload.organisation).select_related(
        "child__school"
    )


def waiting_issues(organisation: Organisation) -> QuerySet[ImportIssue]:
    """Open issues, oldest first, each with its child and file."""
    return (
        ImportIssue.objects.for_organisation(organisation)
        .waiting()
        .select_related("child", "upload__uploaded_by")
        .defer("upload__content", "upload__problems", "upload__notes", "row")
        .order_by("created_at", "pk")
    )


def waiting_moves(organisation: Organisation) -> QuerySet[SchoolMove]:
    """Open moves, oldest first, each with its child and both schools."""
    return (
        SchoolMove.objects.for_organisation(organisation)
        .waiting()
        .select_related("child__school", "school__team__organisation")
        .order_by("created_at", "pk")
    )


def compare_issue(
    issue: ImportIssue, academic_year: int
) -> tuple[list[display.Line], list[display.Line]]:
    """The uploaded and the existing record of an issue, for two cards side by side."""
    school = Location.objects.filter(pk=issue.row["school_id"]).first()
    return display.issue_lines(issue, school, academic_year)
