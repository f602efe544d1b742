"""Form fields that render themselves with the GOV.UK macros.

They keep Django's own words: `label`, `help_text` (the hint), `error_messages`. Whatever else the
macro takes goes into one dict, `govuk={…}`, which is merged last:

    CharField(label="Postcode", govuk={"classes": "govuk-input--width-10"})
"""

import copy
from collections.abc import Mapping
from datetime import date

from django import forms
from django.core.exceptions import ValidationError

from govuk import dates
from govuk.bound import GovukBoundField
from govuk.filters import govuk_date
from govuk.text import one_line_end

# The question is the page's only one: its label is the heading.
AS_HEADING = {
    "label": {"isPageHeading": True, "classes": "govuk-label--l"},
    "fieldset": {"legend": {"isPageHeading": True, "classes": "govuk-fieldset__legend--l"}},
}


class GovukField:
    """What the fields share. `words` are error messages built from the field's label."""

    template_name = "govuk/input.html"
    bound_field_class = GovukBoundField
    words: Mapping[str, str] = {"required": "Enter {label}"}

    def __init__(self, *args, govuk: Mapping | None = None, **kwargs) -> None:
        self.govuk = dict(govuk or {})
        self.own_messages = set(kwargs.get("error_messages") or ())
        kwargs.setdefault("template_name", type(self).template_name)
        super().__init__(*args, **kwargs)

    def __deepcopy__(self, memo):
        # Each form has its own copy, so that a page may change one without changing all.
        result = super().__deepcopy__(memo)
        result.govuk = copy.deepcopy(self.govuk, memo)
        return result

    def name_in_messages(self, label: str) -> None:
        """Say the field's label in the messages that the field did not word itself."""
        for key, words in self.words.items():
            if key not in self.own_messages:
                text = label.removesuffix(OPTIONAL)
                text = text.replace("%", "%%") if "%(" in words else text
                self.error_messages[key] = words.format(
                    label=lower_first(text), Label=text[:1].upper() + text[1:]
                )

    def macro_params(self, bound: GovukBoundField) -> dict:
        """The options of the field's macro, before `govuk` is merged."""
        return bound.label_params() | {
            "id": bound.auto_id,
            "name": bound.html_name,
            "value": bound.text_value(),
        }


# What a label of a question that may be left out ends with; no message says it.
OPTIONAL = " (optional)"


def lower_first(label: str) -> str:
    """The label inside a sentence: "first name", but "NHS number" and "I am sure"."""
    first_word = label.split(" ", 1)[0]
    if first_word.isupper():
        return label
    return label[:1].lower() + label[1:]


class CharField(GovukField, forms.CharField):
    words = {
        "required": "Enter {label}",
        "max_length": "{Label} must be %(limit_value)d characters or less",
        "min_length": "{Label} must be %(limit_value)d characters or more",
    }


class TextareaField(CharField):
    """Some lines of text. A browser sends the end of a line as two characters; it counts as one."""

    template_name = "govuk/textarea.html"
    widget = forms.Textarea

    def to_python(self, value):
        return super().to_python(one_line_end(value) if isinstance(value, str) else value)

    def macro_params(self, bound):
        return super().macro_params(bound) | {"rows": 5}


class EmailField(GovukField, forms.EmailField):
    words = CharField.words | {
        "invalid": "Enter an email address in the correct format, like name@example.com",
    }

    def macro_params(self, bound):
        return super().macro_params(bound) | {
            "type": "email",
            "spellcheck": False,
            "autocapitalize": "none",
        }


class PasswordField(CharField):
    """Never sends back what was typed."""

    template_name = "govuk/password.html"
    widget = forms.PasswordInput

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("strip", False)
        super().__init__(*args, **kwargs)

    def macro_params(self, bound):
        return super().macro_params(bound) | {"value": ""}


class IntegerField(GovukField, forms.IntegerField):
    widget = forms.TextInput
    words = {
        "required": "Enter {label}",
        "invalid": "{Label} must be a whole number",
        "min_value": "{Label} must be %(limit_value)s or more",
        "max_value": "{Label} must be %(limit_value)s or less",
    }

    def macro_params(self, bound):
        return super().macro_params(bound) | {
            "inputmode": "numeric",
            "spellcheck": False,
            "classes": "govuk-input--width-4",
        }


class ChoicesMixin:
    """Hints, dividers and revealed questions of choices.

    `choice_hints`: {value: hint}. `dividers`: {value: word shown before it}.
    `reveals`: {value: names of fields of the form that show once it is chosen}; they count, and
    are required, only then.
    """

    words = {
        "required": "Select {label}",
        "invalid_choice": "Select one of the answers",
        "invalid_list": "Select from the answers",
    }

    def __init__(self, *args, choice_hints=None, dividers=None, reveals=None, **kwargs):
        self.choice_hints = choice_hints or {}
        self.dividers = dividers or {}
        self.reveals = reveals or {}
        super().__init__(*args, **kwargs)

    def macro_params(self, bound):
        return bound.legend_params() | {
            "idPrefix": bound.auto_id,
            "name": bound.html_name,
            "items": bound.choice_items(),
        }


class RadiosField(ChoicesMixin, GovukField, forms.ChoiceField):
    template_name = "govuk/radios.html"
    widget = forms.RadioSelect


class FilterRadiosField(RadiosField):
    """Radios that narrow a list: `any_of` puts "Any" first, which stands until another is chosen
    and cleans to "", as does a value that is none of the choices.
    """

    ANY = "any"

    def __init__(self, *, choices=(), **kwargs):
        super().__init__(
            choices=self.any_of(choices),
            required=False,
            initial=self.ANY,
            govuk={"classes": "govuk-radios--small"},
            **kwargs,
        )

    @classmethod
    def any_of(cls, choices):
        """The choices, with "Any" before them."""
        return [(cls.ANY, "Any"), *choices]

    def bound_data(self, data, initial):
        return data if self.valid_value(data) else initial

    def clean(self, value):
        return value if value != self.ANY and self.valid_value(value) else ""


class CheckboxesField(ChoicesMixin, GovukField, forms.MultipleChoiceField):
    template_name = "govuk/checkboxes.html"
    widget = forms.CheckboxSelectMultiple


class IntegerCheckboxesField(CheckboxesField):
    """Checkboxes whose values are whole numbers, such as year groups; cleans to ints."""

    def clean(self, value):
        return [int(chosen) for chosen in super().clean(value)]


class SelectField(GovukField, forms.ChoiceField):
    template_name = "govuk/select.html"
    words = ChoicesMixin.words

    def macro_params(self, bound):
        return super().macro_params(bound) | {"items": bound.option_items()}


class CheckboxField(GovukField, forms.BooleanField):
    """One checkbox: its label stands beside the box."""

    template_name = "govuk/checkboxes.html"
    words = {"required": "Confirm that {label}"}

    def macro_params(self, bound):
        item = {"value": "true", "text": bound.label, "checked": bool(bound.value())}
        return bound.hint_and_error() | {
            "idPrefix": bound.auto_id,
            "name": bound.html_name,
            "items": [item],
        }


class FileField(GovukField, forms.FileField):
    """The form's page needs nothing more: the layout sets the encoding."""

    template_name = "govuk/file.html"
    words = {
        "required": "Select a file",
        "invalid": "Select a file",
        "missing": "Select a file",
        "empty": "The selected file is empty",
        "max_length": "The name of the file must be %(max)d characters or less",
    }

    def macro_params(self, bound):
        return bound.label_params() | {"id": bound.auto_id, "name": bound.html_name}


class DateWidget(forms.MultiWidget):
    """Three inputs named `<name>-day`, `<name>-month`, `<name>-year`."""

    def __init__(self, attrs=None):
        super().__init__([forms.TextInput() for _ in dates.PARTS], attrs)
        self.widgets_names = [f"-{part}" for part in dates.PARTS]

    def decompress(self, value):
        if isinstance(value, date):
            return [str(value.day), str(value.month), str(value.year)]
        return ["", "", ""]


class GovukDateField(GovukField, forms.MultiValueField):
    """A date in three parts; what was typed comes back even when it is no date.

    `min_date` and `max_date` may be set in the form's `__init__`, where today is known.
    """

    template_name = "govuk/date.html"
    widget = DateWidget
    words = {
        "required": "Enter {label}",
        "unreadable": "{Label} %(problem)s",
        "min_date": "{Label} must be on or after %(limit)s",
        "max_date": "{Label} must be on or before %(limit)s",
    }

    def __init__(self, *, min_date: date | None = None, max_date: date | None = None, **kwargs):
        self.min_date = min_date
        self.max_date = max_date
        parts = [forms.CharField(required=False) for _ in dates.PARTS]
        super().__init__(fields=parts, require_all_fields=False, **kwargs)

    def clean(self, value):
        typed = [part or "" for part in value] if value else ["", "", ""]
        try:
            day = dates.read_date(*typed)
        except dates.UnreadableDate as unreadable:
            raise ValidationError(
                self.error_messages["unreadable"],
                code="unreadable",
                params={"problem": unreadable.problem, "parts": unreadable.parts},
            ) from None
        if day is None:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        if self.min_date and day < self.min_date:
            self._refuse("min_date", self.min_date, day)
        if self.max_date and day > self.max_date:
            self._refuse("max_date", self.max_date, day)
        self.run_validators(day)
        return day

    def _refuse(self, code: str, limit: date, day: date) -> None:
        params = {"limit": govuk_date(limit)}
        raise ValidationError(self.error_messages[code], code=code, params=params)

    def has_changed(self, initial, data):
        typed = [part or "" for part in data] if data else ["", "", ""]
        before = initial if isinstance(initial, list) else self.widget.decompress(initial)
        return [part.lstrip("0") for part in typed] != [part.lstrip("0") for part in before]

    def macro_params(self, bound):
        wrong = bound.wrong_parts()
        typed = bound.value()
        if not isinstance(typed, list):
            typed = self.widget.decompress(typed)
        items = []
        for part, value in zip(dates.PARTS, typed, strict=True):
            width = "govuk-input--width-4" if part == "year" else "govuk-input--width-2"
            items.append(
                {
                    "name": part,
                    "value": value or "",
                    "classes": f"{width} govuk-input--error" if part in wrong else width,
                }
            )
        return bound.legend_params() | {
            "id": bound.auto_id,
            "namePrefix": bound.html_name,
            "items": items,
        }
