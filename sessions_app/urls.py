"""Addresses of the sessions area, under /sessions/."""

from django.urls import path

from sessions_app.selectors.lists import Tab
from sessions_app.views import closing, editing, mailings, sessions

app_name = "sessions"

urlpatterns = [
    path("", sessions.list_sessions, name="list"),
    path("unscheduled/", sessions.list_sessions, {"tab": Tab.UNSCHEDULED}, name="unscheduled"),
    path("scheduled/", sessions.list_sessions, {"tab": Tab.SCHEDULED}, name="scheduled"),
    path("completed/", sessions.list_sessions, {"tab": Tab.COMPLETED}, name="completed"),
    path("closed/", sessions.list_sessions, {"tab": Tab.CLOSED}, name="closed"),
    path("<slug:slug>/", sessions.show, name="show"),
    path("<slug:slug>/children/", sessions.children, name="children"),
    path("<slug:slug>/edit/", editing.edit, name="edit"),
    path("<slug:slug>/edit/dates/", editing.dates, name="edit-dates"),
    path("<slug:slug>/edit/notice/", editing.notice, name="edit-notice"),
    path("<slug:slug>/edit/reminders/", editing.reminders, name="edit-reminders"),
    path("<slug:slug>/edit/<uuid:draft_id>/", editing.edit, name="draft"),
    path("<slug:slug>/edit/<uuid:draft_id>/dates/", editing.dates, name="draft-dates"),
    path("<slug:slug>/edit/<uuid:draft_id>/notice/", editing.notice, name="draft-notice"),
    path("<slug:slug>/edit/<uuid:draft_id>/reminders/", editing.reminders, name="draft-reminders"),
    path("<slug:slug>/edit/<uuid:draft_id>/check/", editing.check, name="draft-check"),
    path("<slug:slug>/mailings/<uuid:mailing_id>/", mailings.show, name="mailing"),
    path(
        "<slug:slug>/mailings/<uuid:mailing_id>/call-back/",
        mailings.call_back,
        name="mailing-call-back",
    ),
    path(
        "<slug:slug>/mailings/<uuid:mailing_id>/release/",
        mailings.release,
        name="mailing-release",
    ),
    path("<slug:slug>/dates-changed/<uuid:change_id>/", mailings.tell, name="dates-changed"),
    path("<slug:slug>/close/", closing.close, name="close"),
    path("<slug:slug>/reopen/", closing.reopen, name="reopen"),
]
