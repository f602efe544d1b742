from django.contrib import admin

from accounts.admin_site import ReadOnlyAdmin
from activity.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "title", "actor_name", "child_id"]
    list_filter = ["kind"]
    search_fields = ["=child__id", "=child__public_id"]
    search_help_text = "The child's number or public id"
    raw_id_fields = ["child", "actor"]
