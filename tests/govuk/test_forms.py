"""Forms render as GOV.UK asks, say what is wrong where it is wrong, and lose nothing typed."""

from datetime import date

import html5lib
import pytest
from django.http import QueryDict

from govuk.fields import (
    AS_HEADING,
    CharField,
    FilterRadiosField,
    GovukDateField,
    RadiosField,
    TextareaField,
)
from govuk.forms import GovukForm
from tests.govuk.kitchen import EveryField

GOOD = "name=Ada&age=12&born-day=1&born-month=2&born-year=2013&how=phone&years=8&place=a&sure=true"


def bound(query=""):
    return EveryField(QueryDict(query), {})


def test_every_missing_answer_is_asked_for_by_its_label():
    assert bound().error_list == [
        {"text": "Enter full name", "href": "#id_name"},
        {"text": "Enter age", "href": "#id_age"},
        {"text": "Enter date of birth", "href": "#id_born-day"},
        {"text": "Select how they answered", "href": "#id_how"},
        {"text": "Select year groups", "href": "#id_years"},
        {"text": "Select place", "href": "#id_place"},
        {"text": "Confirm that I am sure", "href": "#id_sure"},
        {"text": "Select a file", "href": "#id_file"},
    ]


def test_an_unbound_form_has_no_errors():
    assert EveryField().error_list == []


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("name=Augusta", "name", "Full name must be 5 characters or less"),
        ("age=twelve", "age", "Age must be a whole number"),
        ("age=19", "age", "Age must be 18 or less"),
        ("how=letter", "how", "Select one of the answers"),
        ("born-day=31&born-month=2&born-year=2013", "born", "Date of birth must be a real date"),
        ("born-day=31&born-month=2", "born", "Date of birth must include a year"),
    ],
)
def test_messages_name_the_field(query, name, message):
    assert bound(query)[name].errors == [message]


def test_no_message_says_that_a_field_is_optional():
    class Notes(GovukForm):
        notes = CharField(label="Notes (optional)", required=False, max_length=5)

    assert Notes(QueryDict("notes=Too long"))["notes"].errors == [
        "Notes must be 5 characters or less"
    ]


def test_the_end_of_a_line_counts_as_one_character_as_the_page_says():
    class Notes(GovukForm):
        notes = TextareaField(label="Notes", max_length=5)

    def typed(text):
        query = QueryDict(mutable=True)
        query["notes"] = text
        return Notes(query)

    for end in ("\r\n", "\n", "\r"):
        fits = typed(f"a{end}b{end}c")
        assert fits.is_valid()
        assert fits.cleaned_data["notes"] == "a\nb\nc"
        assert typed(f"a{end}b{end}cd")["notes"].errors == ["Notes must be 5 characters or less"]


def test_a_revealed_question_is_required_once_its_answer_is_chosen():
    form = bound(GOOD.replace("how=phone", "how=other"))
    assert form["other_way"].errors == ["Enter which way"]


def test_a_revealed_question_counts_for_nothing_while_hidden():
    form = bound(GOOD + "&other_way=Shouted")
    assert form["other_way"].errors == []
    assert form.cleaned_data["other_way"] == ""


def test_the_form_renders_revealed_questions_inside_their_answer():
    html = str(bound(GOOD))
    assert html.count('name="other_way"') == 1
    assert html.index('class="govuk-radios__conditional') < html.index('name="other_way"')


def test_what_is_no_date_comes_back_as_typed_with_the_wrong_part_marked():
    html = bound("born-day=31&born-month=Febtober&born-year=2013")["born"].as_field_group()
    assert 'value="Febtober"' in html
    assert html.count("govuk-input--error") == 1


@pytest.mark.parametrize("text", ["one\ntwo\n  three", "\nfirst line empty", "<b>&amp;"])
def test_a_textarea_gives_back_exactly_what_was_typed(text):
    data = QueryDict(mutable=True)
    data["notes"] = text.replace("\n", "\r\n")
    page = html5lib.parseFragment(
        EveryField(data, {})["notes"].as_field_group(), namespaceHTMLElements=False
    )
    assert page.find(".//textarea").text == text


def test_options_of_one_form_do_not_reach_the_next():
    first, second = EveryField(), EveryField()
    first.fields["name"].govuk["classes"] = "govuk-input--width-10"
    assert "govuk-input--width-10" in first["name"].as_field_group()
    assert "govuk-input--width-10" not in second["name"].as_field_group()


def test_a_label_can_be_the_heading():
    class OneQuestion(GovukForm):
        how = RadiosField(label="How?", choices=[("a", "A")], govuk=AS_HEADING)

    form = OneQuestion()
    assert form.has_heading
    assert "<h1" in str(form)
    assert not EveryField().has_heading


def test_initial_dates_fill_the_three_parts():
    html = EveryField(initial={"born": date(2013, 2, 1)})["born"].as_field_group()
    for part, value in (("day", 1), ("month", 2), ("year", 2013)):
        assert f'id="id_born-{part}"' in html
        assert f'value="{value}"' in html


class Between(GovukForm):
    day = GovukDateField(label="First date", required=False)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["day"].min_date = today


def between(typed, today=date(2027, 1, 12)):
    day, month, year = typed.split("-")
    data = {"day-day": day, "day-month": month, "day-year": year}
    return Between(data, today=today)


def test_bounds_come_from_the_day_the_page_is_asked_for():
    early = between("11-1-2027")
    assert early.error_list == [
        {"text": "First date must be on or after 12 January 2027", "href": "#id_day-day"}
    ]
    assert str(early).count("govuk-input--error") == 3
    assert between("12-1-2027").is_valid()
    assert between("11-1-2027", today=date(2027, 1, 11)).is_valid()


def test_an_optional_date_may_be_left_empty():
    form = between("--")
    assert form.is_valid()
    assert form.cleaned_data == {"day": None}


def test_messages_of_the_field_come_before_ours():
    class Worded(GovukForm):
        name = CharField(label="Name", error_messages={"required": "Say who you are"})

    assert Worded({}).errors == {"name": ["Say who you are"]}


def test_a_label_with_a_percent_sign_survives_in_messages():
    class Share(GovukForm):
        share = CharField(label="Share in %", max_length=1)

    assert Share({"share": "12"}).errors == {"share": ["Share in % must be 1 characters or less"]}


def test_what_people_type_is_escaped():
    html = str(bound("name=<script>"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("query", "asked", "marked"),
    [
        ("", "", "any"),
        ("state=any", "", "any"),
        ("state=nonsense", "", "any"),
        ("state=sent", "sent", "sent"),
    ],
)
def test_radios_of_a_filter_say_any_until_another_is_chosen(query, asked, marked):
    class Filter(GovukForm):
        state = FilterRadiosField(label="State", choices=[("sent", "Sent"), ("due", "Due")])

    form = Filter(QueryDict(query))
    assert form.is_valid()
    assert form.cleaned_data["state"] == asked
    items = form["state"].params["items"]
    assert [item["value"] for item in items] == ["any", "sent", "due"]
    assert [item["value"] for item in items if item["checked"]] == [marked]
    assert form["state"].params["classes"] == "govuk-radios--small"
