from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin
from govuk.filters import phone
from notifications.models import Channel, Message, Stoppage


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What became of each message; the page of messages in trouble acts on them."""

    list_display = ["created_at", "template", "channel", "status", "organisation", "reference"]
    list_filter = ["status", "channel", "template"]
    list_select_related = ["organisation"]
    search_fields = ["=reference", "=notify_id", "=letter", "=child__id"]
    search_help_text = "Our reference, Notify's id, the letter's id or the child's number"
    exclude = ["recipient"]
    readonly_fields = ["to"]

    @admin.display(description="Recipient")
    def to(self, message: Message) -> str:
        """The address, or the number as people write it."""
        return phone(message.recipient) if message.channel == Channel.TEXT else message.recipient


@admin.register(Stoppage)
class StoppageAdmin(ReadOnlyAdmin):
    list_display = ["since", "scope", "reason", "until", "ended_at"]
    list_filter = ["scope"]
