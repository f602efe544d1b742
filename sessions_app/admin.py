from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin, ReadOnlyInline
from sessions_app.models import Session, SessionDate


class SessionDateInline(ReadOnlyInline):
    model = SessionDate
    fields = ["value", "attended_at", "removed_at"]


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    """To read: dates and closing change on the session's own pages, which keep the rules."""

    list_display = ["location", "organisation", "academic_year", "invitations_on", "closed_at"]
    list_filter = ["academic_year", "location__kind"]
    list_select_related = ["location", "organisation"]
    search_fields = ["location__name", "location__urn", "=slug"]
    inlines = [SessionDateInline]
