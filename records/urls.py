from django.urls import path

from records import views

app_name = "children"
urlpatterns = [
    path("", views.children, name="list"),
    path("<uuid:public_id>/", views.child, name="show"),
    path("<uuid:public_id>/activity/", views.activity, name="activity"),
    path("<uuid:public_id>/remove/", views.remove, name="remove"),
]
