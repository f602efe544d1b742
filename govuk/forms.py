"""Forms in GOV.UK style. A form checks and returns `cleaned_data`; it saves nothing."""

from django import forms
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorDict
from django.template import engines

from govuk.bound import GovukBoundField


class GovukRenderer(DjangoTemplates):
    """Renders our forms with the Jinja environment of the pages; hidden inputs are Django's own."""

    form_template_name = "govuk/form.html"

    def get_template(self, template_name):
        if template_name.startswith("django/"):
            return super().get_template(template_name)
        return engines["jinja2"].get_template(template_name)


class GovukForm(forms.Form):
    """A form whose fields come from `govuk.fields`.

    Pages show it with `{{ form.name.as_field_group() }}`, or whole with `{{ form }}`.
    """

    default_renderer = GovukRenderer
    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.name_in_messages(str(self[name].label))

    def questions(self) -> list[GovukBoundField]:
        """The fields that stand on their own: neither hidden nor revealed by an answer."""
        revealed = {name for names in self._reveals().values() for name in names}
        return [field for field in self.visible_fields() if field.name not in revealed]

    @property
    def has_heading(self) -> bool:
        """Whether a question is the page's heading, so that the layout prints none."""
        return any(field.is_heading for field in self.visible_fields())

    @property
    def error_list(self) -> list[dict]:
        """What the error summary shows, in the order of the page."""
        if not self.is_bound:
            return []
        errors = [{"text": text} for text in self.non_field_errors()]
        for field in self:
            errors += [
                {"text": text, "href": f"#{field.error_id}"} for text in list(field.errors)[:1]
            ]
        return errors

    def _reveals(self) -> dict[tuple[str, str], list[str]]:
        return {
            (name, value): names
            for name, field in self.fields.items()
            for value, names in getattr(field, "reveals", {}).items()
        }

    def _clean_fields(self):
        """Check the fields; a revealed question counts only where its answer was chosen."""
        super()._clean_fields()
        for (name, value), revealed in self._reveals().items():
            chosen = self.cleaned_data.get(name)
            chosen = chosen if isinstance(chosen, list) else [chosen]
            if value in {str(getattr(one, "pk", one)) for one in chosen}:
                continue
            for other in revealed:
                self._errors.pop(other, None)
                self.cleaned_data[other] = self.fields[other].to_python(None)

    def forget_errors(self) -> None:
        """Show the form as typed, without complaints: somebody only added or removed a row."""
        self._errors = ErrorDict(renderer=self.renderer)
        self.cleaned_data = {}
