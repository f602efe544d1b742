"""Rules of the house that no single app can keep."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.template import engines
from jinja2 import nodes

from govuk.checks import check_templates, faults
from mavis.celery import app as celery

ROOT = Path(__file__).resolve().parents[1]
OURS = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
MODELS = [model for config in OURS for model in config.get_models()]


def test_every_template_is_sound():
    assert check_templates() == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("{% if %}", "Expected an expression"),
        ("{{ 1 | no_such_filter }}", "No filter named 'no_such_filter'"),
        ('{% from "components/tag.html" import tag %}', "imports tag and does not use it"),
        ('{% from "components/tag.html" import tug %}{{ tug() }}', "has no macro tug"),
        ('{% from "components/none.html" import tag %}{{ tag() }}', "none.html"),
        ('<p style="color: red">', "style inside a page"),
        ("<script>alert()</script>", "script inside a page"),
        ('<a onclick="alert()">', "script inside a page"),
        ("{{ name | safe }}", "text marked as safe"),
    ],
)
def test_a_faulty_template_is_named(source, fault):
    found = list(faults(engines["jinja2"].env, source))
    assert any(fault in one for one in found), found


def test_components_show_how_they_are_called():
    for path in (ROOT / "templates" / "components").glob("*.html"):
        assert path.read_text().startswith("{#"), f"{path.name} begins with a call to copy"


def test_templates_ask_for_no_query_of_their_own():
    """A template that calls a manager hides a query from its view."""
    env = engines["jinja2"].env
    for path in (ROOT / "templates").rglob("*.html"):
        for attribute in env.parse(path.read_text()).find_all(nodes.Getattr):
            assert attribute.attr != "objects", path.name


def test_what_may_fail_after_a_commit_has_a_name():
    """Django logs such a fault by its function's name, which a `partial` has none of: it would
    end the request that was committed already.
    """
    for config in OURS:
        for path in Path(config.path).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("on_commit"):
                    is_robust = any(keyword.arg == "robust" for keyword in call.keywords)
                    is_partial = ast.unparse(call.args[0]).startswith("partial(")
                    assert not (is_robust and is_partial), f"{path}:{call.lineno}"


def _view_modules():
    return [
        path
        for config in OURS
        for pattern in ("views.py", "views/*.py")
        for path in Path(config.path).glob(pattern)
    ]


@pytest.mark.parametrize("path", _view_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_queries_of_views_start_from_the_organisation(path):
    """Another organisation's row is a 404: `.objects` needs `.for_organisation(` at once.

    Only a draft is looked for among the person's own, with `owner=request.user`.
    """
    tree = ast.parse(path.read_text())
    scoped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "for_organisation":
            scoped.add(id(node.value))
        if isinstance(node, ast.Call) and any(word.arg == "owner" for word in node.keywords):
            scoped.add(id(getattr(node.func, "value", None)))
    managers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "objects"
    ]
    assert not [node.lineno for node in managers if id(node) not in scoped]


def test_the_timetable_names_real_tasks():
    celery.loader.import_default_modules()
    for name, entry in celery.conf.beat_schedule.items():
        assert entry["task"] in celery.tasks, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_who_did_it_has_a_time(model):
    """A person in `…_by` without a time in `…_at` is refused by the database."""
    fields = {field.name: field for field in model._meta.get_fields() if hasattr(field, "null")}
    for name, by in fields.items():
        at = fields.get(name.removesuffix("_by") + "_at")
        if not name.endswith("_by") or at is None or not (by.null and at.null):
            continue
        conditions = [str(getattr(one, "condition", "")) for one in model._meta.constraints]
        assert any(name in one and at.name in one for one in conditions), name


@pytest.mark.parametrize("config", OURS, ids=lambda config: config.label)
def test_every_app_says_what_it_owns(config):
    assert (config.module.__doc__ or "").strip()
