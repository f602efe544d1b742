"""The Jinja environment of every page."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def environment(**options) -> Environment:
    """Jinja with the GOV.UK components beside our own templates; unknown names fail."""
    options["undefined"] = StrictUndefined
    options["loader"] = ChoiceLoader([options["loader"], PackageLoader("govuk_frontend_jinja")])
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    return Environment(**options)
