"""Checks of all page templates, run by `manage.py check` and so by `make check`.

A template fails for bad syntax, an unknown filter, a macro that is not there or not used, and for
what the content security policy would stop: script or style inside a page.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.core.checks import Error, register
from django.template import engines
from jinja2 import Environment, TemplateError, nodes

# Written by hand in a template, these would not run; `safe` would print what nobody escaped.
FORBIDDEN = {
    r"<script(?![^>]*\ssrc=)": "script inside a page",
    r"\son[a-z]+=": "script inside a page",
    r"<style|\sstyle=": "style inside a page",
    r"\|\s*safe\b": "text marked as safe",
}


@register("templates")
def check_templates(app_configs=None, **kwargs) -> list[Error]:
    """One error for each fault of a template of ours."""
    engine = engines["jinja2"]
    folders = [Path(folder) for folder in engine.template_dirs]
    return [
        Error(f"{path.relative_to(folder)}: {fault}", id="govuk.E001")
        for folder in folders
        for path in sorted(folder.rglob("*.html"))
        for fault in faults(engine.env, path.read_text())
    ]


def faults(env: Environment, source: str) -> Iterator[str]:
    """What is wrong with the source of one template, each as a phrase."""
    try:
        tree = env.parse(source)
        env.compile(source)
    except TemplateError as error:
        yield str(error)
        return
    yield from _imports(env, tree)
    text = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for pattern, what in FORBIDDEN.items():
        if re.search(pattern, text):
            yield what


def _imports(env: Environment, tree: nodes.Template) -> Iterator[str]:
    used = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "load"}
    for statement in tree.find_all(nodes.FromImport):
        library = statement.template.as_const()
        try:
            offered = _macros(env, library)
        except TemplateError as error:
            yield f"{library}: {error}"
            continue
        for name in statement.names:
            macro, alias = name if isinstance(name, tuple) else (name, name)
            if macro not in offered:
                yield f"{library} has no macro {macro}"
            if alias not in used:
                yield f"imports {alias} and does not use it"


def _macros(env: Environment, library: str) -> set[str]:
    assert env.loader is not None
    source, _, _ = env.loader.get_source(env, library)
    return {macro.name for macro in env.parse(source).find_all(nodes.Macro)}
