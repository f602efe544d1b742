"""What people are asked about vaccination records."""

from govuk.fields import RadiosField
from govuk.forms import GovukForm
from vaccinations.models import HistoryIssue

Decision = HistoryIssue.Decision


class HistoryIssueForm(GovukForm):
    """Which of two records to keep."""

    decision = RadiosField(
        label="Which record do you want to keep?",
        choices=[
            (decision.value, decision.label)
            for decision in (Decision.KEEP_EXISTING, Decision.USE_UPLOADED)
        ],
        choice_hints={
            Decision.KEEP_EXISTING: "The vaccination record stays as it is",
            Decision.USE_UPLOADED: "The vaccination record gets the values that are marked",
        },
        error_messages={"required": "Select which record to keep"},
    )
