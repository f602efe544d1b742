"""Confirming that requests or reminders for consent are to be sent."""

from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.forms import HiddenInput

from govuk.fields import CharField, CheckboxField
from govuk.forms import GovukForm

STALE = "The page was not sent as a whole. Check it and send the request again."


class SendRemindersForm(GovukForm):
    """Carries the token by which a double click is told from a second wish."""

    token = CharField(widget=HiddenInput, error_messages={"required": STALE})

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("initial", {"token": uuid4()})
        super().__init__(*args, **kwargs)

    def clean_token(self) -> UUID:
        try:
            return UUID(self.cleaned_data["token"])
        except ValueError:
            raise ValidationError(STALE) from None


class SendRequestForm(SendRemindersForm):
    """Whether a repeat needs the extra yes is decided when it is sent (E29)."""

    send_another = CheckboxField(label="Send another request", required=False)

    def ask_for_confirmation(self) -> None:
        """Say that a repeat must be confirmed explicitly."""
        self.add_error("send_another", "Select that you want to send another request")
