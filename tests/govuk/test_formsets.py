"""The same question several times: adding, deleting, and what is wrong with the whole."""

from datetime import date

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from govuk.formsets import reshape
from tests.govuk.kitchen import DatesFormSet


def sent(*days, **pressed):
    """What the page posts: days as "12-1-2027", and the button pressed."""
    data = QueryDict(mutable=True)
    data["dates-TOTAL_FORMS"] = str(len(days))
    data["dates-INITIAL_FORMS"] = "0"
    for index, typed in enumerate(days):
        for part, value in zip(("day", "month", "year"), typed.split("-"), strict=True):
            data[f"dates-{index}-value-{part}"] = value
    for button, value in pressed.items():
        data[f"dates-{button}"] = value
    return data


def dates(*days, **pressed):
    return DatesFormSet(sent(*days, **pressed), prefix="dates")


def typed(formset):
    return ["-".join(part or "" for part in form["value"].value()) for form in formset.forms]


def test_known_rows_are_shown():
    formset = DatesFormSet(prefix="dates", initial=[{"value": date(2027, 1, 12)}])
    assert [form["value"].value() for form in formset.forms] == [date(2027, 1, 12)]


def test_without_rows_one_is_asked_for():
    assert len(DatesFormSet(prefix="dates").forms) == 1


def test_rows_are_read_and_blank_ones_ignored():
    formset = dates("12-1-2027", "--", "13-1-2027")
    assert formset.is_valid()
    assert formset.rows == [{"value": date(2027, 1, 12)}, {"value": date(2027, 1, 13)}]


def test_the_first_row_must_be_filled():
    formset = dates("--")
    assert not formset.is_valid()
    assert formset.error_list == [{"text": "Enter session date", "href": "#id_dates-0-value-day"}]


def test_adding_keeps_what_was_typed_and_complains_of_nothing():
    formset = dates("31-2-2027", add="yes")
    assert formset.was_reshaped
    assert typed(formset) == ["31-2-2027", "--"]
    assert formset.error_list == []
    assert "govuk-error-message" not in "".join(str(form) for form in formset.forms)


def test_deleting_moves_later_rows_up():
    formset = dates("12-1-2027", "31-2-2027", "14-1-2027", delete="1")
    assert formset.was_reshaped
    assert typed(formset) == ["12-1-2027", "14-1-2027"]


def test_rows_stop_at_the_most_allowed():
    formset = dates("1-1-2027", "2-1-2027", "3-1-2027", "4-1-2027", add="yes")
    assert not formset.was_reshaped
    assert not formset.can_add


def test_what_is_wrong_with_the_whole_leads_to_the_first_row():
    formset = dates("12-1-2027", "12-1-2027")
    assert not formset.is_valid()
    assert formset.error_list == [{"text": "Enter each date once", "href": "#id_dates-0-value-day"}]


def test_a_tampered_number_of_rows_does_no_harm():
    data = sent("12-1-2027")
    for number in ("", "x", "-1", "999999999999"):
        data["dates-TOTAL_FORMS"] = number
        formset = DatesFormSet(data, prefix="dates")
        formset.is_valid()
        assert len(formset.forms) <= 4


rows = st.lists(st.text(alphabet="abc", min_size=1, max_size=3), max_size=5)


@given(rows, st.integers(0, 6))
def test_deleting_removes_exactly_one_row_and_keeps_the_order(texts, index):
    data = QueryDict(mutable=True)
    data["p-TOTAL_FORMS"] = str(len(texts))
    data["p-delete"] = str(index)
    for number, text in enumerate(texts):
        data[f"p-{number}-name"] = text
    after, was_reshaped = reshape(data, "p", most=10)
    kept = [text for number, text in enumerate(texts) if number != index]
    assert was_reshaped == (index < len(texts))
    assert [after[f"p-{n}-name"] for n in range(int(after["p-TOTAL_FORMS"]))] == kept
    assert f"p-{len(kept)}-name" not in after
