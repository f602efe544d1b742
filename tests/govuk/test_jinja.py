"""The Jinja environment: what is missing fails, and the GOV.UK macros still work in it."""

import json
from pathlib import Path

import pytest
from django.template import engines
from jinja2 import UndefinedError

COMPONENTS = Path("node_modules/govuk-frontend/dist/govuk/components")


def render(source, **context):
    return engines["jinja2"].from_string(source).render(context)


@pytest.mark.parametrize(
    "source", ["{{ missing }}", "{{ row.missing }}", "{% for x in missing %}{% endfor %}"]
)
def test_printing_or_looping_over_what_nobody_passed_fails(source):
    with pytest.raises(UndefinedError):
        render(source, row={})


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% if missing %}a{% else %}b{% endif %}", "b"),
        ("{% if row.missing == 1 %}a{% else %}b{% endif %}", "b"),
        ("{{ 'a' if missing }}", ""),
        ("{{ missing | default('b') }}", "b"),
    ],
)
def test_testing_whether_it_is_there_does_not(source, shown):
    assert render(source, row={}) == shown


def test_everything_printed_is_escaped():
    assert render("{{ name }}", name="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize("component", ["input", "radios", "checkboxes", "select", "date-input"])
def test_a_component_takes_every_option_of_govuk_frontend(component):
    name = "govuk" + "".join(word.capitalize() for word in component.split("-"))
    source = (
        f'{{% from "govuk_frontend_jinja/components/{component}/macro.html" import {name} %}}'
        f"{{{{ {name}(params) }}}}"
    )
    for fixture in json.loads((COMPONENTS / component / "fixtures.json").read_text())["fixtures"]:
        assert render(source, params=fixture["options"]).strip()
