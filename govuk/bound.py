"""A field of one form on its way to a GOV.UK macro."""

import copy
from collections.abc import Mapping

from django.forms import BoundField
from django.utils.safestring import SafeString, mark_safe

from govuk import dates


def merged(params: dict, extra: Mapping) -> dict:
    """`params` with `extra` laid over it, dict within dict; neither is changed."""
    result = dict(params)
    for key, value in extra.items():
        inner = result.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            result[key] = merged(dict(inner), value)
        else:
            result[key] = copy.deepcopy(value)
    return result


class GovukBoundField(BoundField):
    """Turns label, hint, value and errors into the options that the field's macro takes."""

    @property
    def params(self) -> dict:
        """All options of the macro; the field's own `govuk` dict has the last word."""
        return merged(self.field.macro_params(self), self.field.govuk)

    @property
    def is_heading(self) -> bool:
        """Whether the field's label is the page's heading."""
        label = self.field.govuk.get("label", {})
        return bool(label.get("isPageHeading"))

    @property
    def first_input_id(self) -> str:
        """The id of the field's first input."""
        return f"{self.auto_id}-{dates.PARTS[0]}" if self._is_date else self.auto_id

    @property
    def error_id(self) -> str:
        """Where the error summary leads: the first input to mend."""
        wrong = self.wrong_parts()
        return f"{self.auto_id}-{wrong[0]}" if wrong else self.first_input_id

    @property
    def _is_date(self) -> bool:
        return self.field.template_name == "govuk/date.html"

    def wrong_parts(self) -> tuple[str, ...]:
        """The parts of a date that need mending; empty for other fields and correct dates."""
        if not self._is_date or not self.errors:
            return ()
        first = self.errors.as_data()[0]
        return (first.params or {}).get("parts", dates.PARTS)

    def text_value(self) -> str:
        value = self.value()
        # HTML cannot carry a null character; whoever typed one sees the rest again.
        return "" if value is None else str(value).replace("\x00", "")

    def hint_and_error(self) -> dict:
        params = {}
        if self.help_text:
            params["hint"] = {"text": self.help_text}
        if self.errors:
            params["errorMessage"] = {"text": self.errors[0]}
        return params

    def label_params(self) -> dict:
        """Label, hint and error of a single input."""
        label = {"text": self.label, "classes": "govuk-label--s"}
        return self.hint_and_error() | {"label": label}

    def legend_params(self) -> dict:
        """The same for a group of inputs, whose label is a legend."""
        legend = {"text": self.label, "classes": "govuk-fieldset__legend--s"}
        return self.hint_and_error() | {"fieldset": {"legend": legend}}

    def choice_items(self) -> list[dict]:
        """The radios or checkboxes, with hints, dividers and what each one reveals."""
        field = self.field
        chosen = self._chosen()
        items = []
        for value, text in field.choices:
            value = str(value)
            if value == "":
                continue
            if value in field.dividers:
                items.append({"divider": field.dividers[value]})
            item = {"value": value, "text": text, "checked": value in chosen}
            if value in field.choice_hints:
                item["hint"] = {"text": field.choice_hints[value]}
            if value in field.reveals:
                item["conditional"] = {"html": self._revealed(field.reveals[value])}
            items.append(item)
        return items

    def option_items(self) -> list[dict]:
        """The options of a select."""
        chosen = self._chosen() or {""}
        return [
            {"value": str(value), "text": text, "selected": str(value) in chosen}
            for value, text in self.field.choices
        ]

    def _chosen(self) -> set[str]:
        value = self.value()
        if value is None:
            return set()
        if isinstance(value, (list, tuple, set)):
            return {str(one) for one in value}
        return {str(value)}

    def _revealed(self, names: list[str]) -> SafeString:
        groups = [self.form[name].as_field_group() for name in names]
        return mark_safe("".join(groups))  # noqa: S308 - joins what the macros escaped
