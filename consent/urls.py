"""Consent in a session, mounted under /sessions/<slug>/."""

from django.urls import path

from consent.views import (
    child,
    gillick,
    kept_responses,
    lists,
    paper,
    reminders,
    requests,
    responses,
    triage,
    triage_lists,
)

app_name = "consent"

A_CHILD = "children/<uuid:public_id>/"
A_RESPONSE = f"{A_CHILD}responses/<uuid:response_id>/"

urlpatterns = [
    path("consent/", lists.responses, name="responses"),
    path("consent/<slug:tab>/", lists.responses, name="responses"),
    path("triage/", triage_lists.children, name="triage-list"),
    path("triage/<slug:group>/", triage_lists.children, name="triage-list"),
    path("reminders/", reminders.send, name="send-reminders"),
    path("paper-form/<str:programmes>.pdf", paper.form, name="paper-form"),
    path(A_CHILD, child.show, name="child"),
    path(f"{A_CHILD}activity/", child.activity, name="activity"),
    path(f"{A_CHILD}consent-request/", requests.send, name="send-request"),
    path(f"{A_CHILD}gillick/<slug:programme>/", gillick.assessment, name="gillick"),
    path(f"{A_CHILD}triage/<slug:programme>/", triage.decide, name="triage"),
    path(A_RESPONSE, kept_responses.show, name="show-response"),
    path(f"{A_RESPONSE}withdraw/", kept_responses.withdraw, name="withdraw-response"),
    path(f"{A_RESPONSE}invalidate/", kept_responses.invalidate, name="invalidate-response"),
    path(f"{A_RESPONSE}undo-match/", kept_responses.undo_match, name="undo-match"),
    path(f"{A_RESPONSE}follow-up/", kept_responses.follow_up, name="follow-up-response"),
    path(f"{A_CHILD}responses/<slug:programme>/", responses.start, name="start-response"),
    path(f"{A_CHILD}responses/<uuid:draft_id>/check/", responses.check, name="check-response"),
    path(f"{A_CHILD}responses/<uuid:draft_id>/<slug:step>/", responses.answer, name="response"),
]
