"""What parents open without signing in, mounted under /consent/.

`programmes` names one programme, or those that are given together and share a form.
"""

from django.urls import path

from consent.views import parents, parents_form

app_name = "parents"

urlpatterns = [
    path("<slug:slug>/<slug:programmes>/start", parents.start, name="start"),
    path("<slug:slug>/<slug:programmes>/sent/<str:token>", parents.sent, name="sent"),
    path(
        "<slug:slug>/<slug:programmes>/<uuid:draft_id>/cannot-consent",
        parents_form.cannot_consent,
        name="cannot-consent",
    ),
    path(
        "<slug:slug>/<slug:programmes>/<uuid:draft_id>/check",
        parents_form.check,
        name="check",
    ),
    path(
        "<slug:slug>/<slug:programmes>/<uuid:draft_id>/<slug:step>",
        parents_form.answer,
        name="answer",
    ),
]
