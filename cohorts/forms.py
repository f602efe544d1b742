"""The questions of uploads, import issues and school moves."""

from collections.abc import Sequence
from datetime import date, datetime

from django import forms

from cohorts.display import days_words
from cohorts.files import MAX_BYTES
from cohorts.models import ImportIssue
from cohorts.services import issues
from cohorts.upload_kinds import UploadKind
from govuk.fields import CharField, FileField, RadiosField
from govuk.forms import GovukForm

Decision = ImportIssue.Decision


class KindForm(GovukForm):
    """What kind of file it is."""

    kind = RadiosField(
        label="What type of records are you uploading?",
        error_messages={"required": "Select the type of records you are uploading"},
    )

    def __init__(self, *args, kinds: Sequence[UploadKind], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.key, kind.label) for kind in kinds]
        self.fields["kind"].choice_hints = {kind.key: kind.hint for kind in kinds}


class FileForm(GovukForm):
    """The file. Whether it can be read is for the service to say."""

    file = FileField(
        label="CSV file",
        help_text="Up to 10,000 rows, in the format described below",
        max_length=300,
        govuk={"attributes": {"accept": ".csv,text/csv"}},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                f"The selected file must be smaller than {MAX_BYTES // 1024**2}MB"
            )
        return file


class CheckedForm(GovukForm):
    """Nothing to answer; it names what a person was shown, by the moment it was worked out."""

    checked_at = CharField(widget=forms.HiddenInput)

    def clean_checked_at(self) -> datetime:
        try:
            moment = datetime.fromisoformat(self.cleaned_data["checked_at"])
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise forms.ValidationError("This names no check of the file")
        return moment


class IssueForm(GovukForm):
    """Which of two records to keep."""

    decision = RadiosField(
        label="Which record do you want to keep?",
        error_messages={"required": "Select which record to keep"},
    )

    def __init__(self, *args, issue: ImportIssue, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        concerns_the_child = issues.concerns_the_child(issue)
        hints = {
            Decision.KEEP_EXISTING: "The child’s record stays as it is",
            Decision.USE_UPLOADED: "The child’s record gets the values that are marked",
        }
        if issues.can_keep_both(issue):
            hints[Decision.KEEP_BOTH] = (
                "The uploaded record becomes another child, such as a twin"
                if concerns_the_child
                else "The uploaded parent is added beside the existing one"
            )
        self.fields["decision"].choices = [(one.value, one.label) for one in hints]
        self.fields["decision"].choice_hints = {one.value: hint for one, hint in hints.items()}


CONFIRM, IGNORE = "confirm", "ignore"
KEEP_IN_CLINIC, MOVE_TO_SESSION = "clinic", "session"


class MoveForm(GovukForm):
    """What to do about a proposed school, and which session a child of the clinic goes to."""

    decision = RadiosField(
        label="Update the child’s record with this new information?",
        choices=[
            (CONFIRM, "Update record with new school"),
            (IGNORE, "Ignore new information"),
        ],
        error_messages={"required": "Select whether to update the record"},
    )

    def __init__(
        self, *args, days: Sequence[date] | None, name: str, is_to_school: bool, **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        if not is_to_school:
            self.fields["decision"].choices = [
                (CONFIRM, "Update record"),
                (IGNORE, "Ignore new information"),
            ]
        if days is None:
            return
        when = f" ({days_words(days)})" if days else ""
        self.fields["session"] = RadiosField(
            label=f"Move {name} to the upcoming school session?",
            choices=[
                (KEEP_IN_CLINIC, "No, keep them in the community clinic"),
                (MOVE_TO_SESSION, f"Yes, move them to the upcoming school session{when}"),
            ],
            error_messages={
                "required": "Select whether to move the child to the upcoming school session"
            },
        )
        self.fields["decision"].reveals = {CONFIRM: ["session"]}

    @property
    def keep_in_clinic(self) -> bool:
        return self.cleaned_data.get("session") == KEEP_IN_CLINIC
