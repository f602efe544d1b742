"""Under /school-moves/."""

from django.urls import path

from cohorts.views import school_moves

app_name = "school-moves"

urlpatterns = [
    path("", school_moves.list_moves, name="list"),
    path("<uuid:public_id>/", school_moves.show, name="show"),
]
