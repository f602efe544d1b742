"""Pages made of every field and component, at addresses of their own: only tests see them."""

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template import engines
from django.urls import path

from govuk.fields import (
    CharField,
    CheckboxesField,
    CheckboxField,
    EmailField,
    FileField,
    GovukDateField,
    IntegerCheckboxesField,
    IntegerField,
    RadiosField,
    SelectField,
    TextareaField,
)
from govuk.forms import GovukForm
from govuk.formsets import RepeatingFormSet, repeating
from govuk.lists import paginate, read_sort
from mavis.urls import handler403, handler404, urlpatterns  # noqa: F401 - the rest of the service


class EveryField(GovukForm):
    name = CharField(label="Full name", max_length=5, help_text="As on the birth certificate")
    age = IntegerField(label="Age", min_value=0, max_value=18)
    email = EmailField(label="Email address", required=False)
    born = GovukDateField(label="Date of birth", help_text="For example, 27 3 2014")
    how = RadiosField(
        label="How they answered",
        choices=[("phone", "By phone"), ("other", "Another way")],
        reveals={"other": ["other_way"]},
        choice_hints={"phone": "You spoke to them"},
        dividers={"other": "or"},
    )
    other_way = TextareaField(label="Which way")
    years = CheckboxesField(label="Year groups", choices=[("8", "Year 8"), ("9", "Year 9")])
    place = SelectField(label="Place", choices=[("", "Choose"), ("a", "A school")])
    notes = TextareaField(label="Notes", required=False)
    sure = CheckboxField(label="I am sure")
    file = FileField(label="File")


class FilterForm(GovukForm):
    name = CharField(label="Name", required=False)
    years = IntegerCheckboxesField(
        label="Year group", required=False, choices=[(8, "Year 8"), (9, "Year 9")]
    )


class DateForm(GovukForm):
    value = GovukDateField(label="Session date")


class DifferentDates(RepeatingFormSet):
    def clean(self):
        days = [row["value"] for row in self.rows if "value" in row]
        if len(days) > len(set(days)):
            raise ValidationError("Enter each date once")


DatesFormSet = repeating(DateForm, minimum=1, maximum=4, base=DifferentDates)
CHILDREN = [SimpleNamespace(id=n, name=f"Given{n} Family{n}", year=8 + n % 4) for n in range(95)]
DAYS = [
    SimpleNamespace(
        day=date(2026, 11, day),
        entries=[
            SimpleNamespace(
                title="Clinic invitation sent",
                body="averylongaddressofaparent.with.many.parts@subdomain.example.com",
                at=datetime(2026, 11, day, 9, tzinfo=UTC),
                actor="Nadia Nurse",
            ),
            SimpleNamespace(
                title="Added to session at Community clinic",
                body="",
                at=datetime(2026, 11, day, 8, tzinfo=UTC),
                actor="",
            ),
        ],
    )
    for day in (5, 2)
]


def _page(request, name, context):
    source = (Path(__file__).parent / "kitchen_pages" / f"{name}.html").read_text()
    page = engines["jinja2"].from_string(source).render(context, request)
    return HttpResponse(page)


def every_field(request):
    form = EveryField(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        messages.success(request, "Saved")
        return redirect("/kitchen/furniture/")
    context = {"form": form, "title": "Every field", "button": "Save", "back": "/", "cancel": "/"}
    return render(request, "layouts/form.html", context)


def listing(request):
    sort = read_sort(request.GET, {"name": ["name"], "year": ["year", "name"]}, default="name")
    children = sorted(CHILDREN, key=lambda c: getattr(c, sort.key), reverse=sort.descending)
    context = {
        "filters": FilterForm(request.GET),
        "sort": sort,
        "page": paginate(request, children, per_page=10),
    }
    return _page(request, "list", context)


def furniture(request):
    if request.method == "POST":
        messages.warning(request, "The move was ignored")
        return redirect("/kitchen/furniture/")
    return _page(request, "furniture", {"days": DAYS})


def progress(request):
    """Each look finds the work further on; at the third it is done."""
    done = request.session["done"] = request.session.get("done", 0) + 1
    return _page(request, "progress", {"done": done, "total": 3})


def dates(request):
    formset = DatesFormSet(
        request.POST or None, prefix="dates", initial=[{"value": date(2027, 1, 12)}]
    )
    if request.method == "POST" and not formset.was_reshaped and formset.is_valid():
        messages.success(request, ", ".join(str(row["value"]) for row in formset.rows))
        return redirect("/kitchen/furniture/")
    context = {"formset": formset, "title": "Session dates", "button": "Continue"}
    return _page(request, "dates", context)


urlpatterns = [
    path("kitchen/form/", every_field),
    path("kitchen/list/", listing),
    path("kitchen/furniture/", furniture),
    path("kitchen/dates/", dates),
    path("kitchen/progress/", progress),
    *urlpatterns,
]
