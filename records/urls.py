from django.urls import path

from records import merge_views, parent_views, views

app_name = "children"

A_PARENT = "<uuid:public_id>/parents/<uuid:parent_id>/"

urlpatterns = [
    path("", views.children, name="list"),
    path("<uuid:public_id>/", views.child, name="show"),
    path("<uuid:public_id>/activity/", views.activity, name="activity"),
    path("<uuid:public_id>/remove/", views.remove, name="remove"),
    path("<uuid:public_id>/parents/add/", parent_views.add, name="add-parent"),
    path(f"{A_PARENT}change/", parent_views.change, name="change-parent"),
    path(f"{A_PARENT}confirm/", parent_views.confirm, name="confirm-parent"),
    path(f"{A_PARENT}remove/", parent_views.remove, name="remove-parent"),
    path(f"{A_PARENT}merge/", merge_views.choose, name="merge-parent"),
    path(f"{A_PARENT}merge/<uuid:other_id>/", merge_views.merge, name="merge-parents"),
]
