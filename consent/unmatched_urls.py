"""Under /unmatched-responses/."""

from django.urls import path

from consent.views import unmatched

app_name = "unmatched"

A_RESPONSE = "<uuid:public_id>/"

urlpatterns = [
    path("", unmatched.list_responses, name="list"),
    path(f"{A_RESPONSE}match/", unmatched.match, name="match"),
    path(f"{A_RESPONSE}match/<uuid:child_id>/", unmatched.compare, name="compare"),
    path(f"{A_RESPONSE}create/", unmatched.create, name="create"),
    path(f"{A_RESPONSE}archive/", unmatched.archive, name="archive"),
]
