"""Whether a child understands what they would consent to. Source: consent §11."""

from consent.choices import YES_OR_NO
from consent.clinical_models import NOTES_LENGTH
from consent.models import GillickAssessment
from govuk.fields import RadiosField, TextareaField
from govuk.forms import GovukForm

STATEMENTS = {
    "knows_vaccination": "The child knows which vaccination they will have",
    "knows_disease": "The child knows which disease the vaccination protects against",
    "knows_consequences": "The child knows what could happen if they got the disease",
    "knows_delivery": "The child knows how the vaccine will be given",
    "knows_side_effects": "The child knows which side effects there may be",
}


class GillickForm(GovukForm):
    """Five statements, each true or not, and notes."""

    notes = TextareaField(
        label="Notes (optional)",
        required=False,
        max_length=NOTES_LENGTH,
        error_messages={"max_length": f"Notes must be {NOTES_LENGTH} characters or less"},
    )

    def __init__(self, *args, before: GillickAssessment | None, **kwargs) -> None:
        if before:
            kwargs["initial"] = {
                name: "yes" if getattr(before, name) else "no" for name in STATEMENTS
            } | {"notes": before.notes}
        super().__init__(*args, **kwargs)
        for name, text in STATEMENTS.items():
            self.fields[name] = RadiosField(
                label=text,
                choices=YES_OR_NO,
                error_messages={"required": f"Select yes or no: {text}"},
            )
        self.order_fields([*STATEMENTS, "notes"])

    def statements(self) -> dict[str, bool]:
        """Which of them are true, once the form is valid."""
        return {name: self.cleaned_data[name] == "yes" for name in STATEMENTS}
