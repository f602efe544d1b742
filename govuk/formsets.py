"""A group of questions that is asked several times, with "Add another" and "Delete" buttons.

Both buttons submit the form, so that they work without JavaScript. A view says:

    known = [{"value": day} for day in days]
    dates = DatesFormSet(request.POST or None, initial=known, prefix="dates")
    if request.method == "POST" and not dates.was_reshaped and dates.is_valid():
        schedule(days=[row["value"] for row in dates.rows])
"""

from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from govuk.forms import GovukForm, GovukRenderer


def reshape(data: QueryDict, prefix: str, *, most: int) -> tuple[QueryDict, bool]:
    """The data after the add or delete button that was pressed, and whether one was.

    Rows behind a deleted one move up. A number of rows that is no number counts as none.
    """
    data = data.copy()
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    total = min(int(total), most) if total.isascii() and total.isdigit() else 0
    rows = [_row(data, f"{prefix}-{index}-") for index in range(total)]
    deleted = data.get(f"{prefix}-delete", "")
    was_deleted = deleted.isascii() and deleted.isdigit() and int(deleted) < total
    was_added = f"{prefix}-add" in data and total < most
    if was_deleted:
        for index in range(total):
            for name in rows[index]:
                data.pop(f"{prefix}-{index}-{name}", None)
        del rows[int(deleted)]
        for index, row in enumerate(rows):
            for name, values in row.items():
                data.setlist(f"{prefix}-{index}-{name}", values)
    data[f"{prefix}-TOTAL_FORMS"] = str(len(rows) + was_added)
    data[f"{prefix}-INITIAL_FORMS"] = "0"
    return data, was_deleted or was_added


def _row(data: QueryDict, start: str) -> dict[str, list[str]]:
    return {key[len(start) :]: data.getlist(key) for key in data if key.startswith(start)}


class RepeatingFormSet(BaseFormSet):
    """Rows of one form. Rows left blank are ignored, except the first `minimum` ones."""

    default_renderer = GovukRenderer

    def __init__(self, data=None, files=None, *, prefix: str, initial=None, **kwargs):
        self.was_reshaped = False
        if data is not None:
            data, self.was_reshaped = reshape(data, prefix, most=self.max_num)
            initial = None
        super().__init__(data, files, prefix=prefix, initial=initial, **kwargs)

    def _construct_form(self, i, **kwargs):
        form = super()._construct_form(i, **kwargs)
        if self.was_reshaped:
            form.forget_errors()
        return form

    @property
    def rows(self) -> list[dict]:
        """What was answered, row by row, without the blank ones. Only of a valid set."""
        return [form.cleaned_data for form in self.forms if form.cleaned_data]

    @property
    def can_add(self) -> bool:
        return len(self.forms) < self.max_num

    @property
    def can_remove(self) -> bool:
        return len(self.forms) > self.min_num

    @property
    def error_list(self) -> list[dict]:
        """What the error summary shows; what is wrong with the whole leads to the first row."""
        if not self.is_bound or self.was_reshaped:
            return []
        first = next(
            (f"#{field.error_id}" for form in self.forms for field in form.questions()), ""
        )
        errors = [{"text": text, "href": first} for text in self.non_form_errors()]
        for form in self.forms:
            errors += form.error_list
        return errors


def repeating(
    form: type[GovukForm], *, minimum: int = 1, maximum: int = 100, base: type = RepeatingFormSet
) -> type[RepeatingFormSet]:
    """A class of repeating forms; `base` may add a `clean` that looks at all rows together."""
    return formset_factory(
        form,
        formset=base,
        extra=0,
        min_num=minimum,
        max_num=maximum,
        absolute_max=maximum,
    )
