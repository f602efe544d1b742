"""What parents may type: every rule of consent §2.2, §15 and lessons §3, with its sentence."""

from datetime import date

import pytest

from consent.forms import online as pages
from consent.forms import online_decisions as decided
from consent.forms.typed import Line, Lines, Name
from consent.questions import Question
from govuk.text import plain_line, plain_lines

TODAY = date(2027, 1, 12)
NAMED = {"given_name": "Ada", "family_name": "Smith", "uses_other_name": "no"}
ABOUT = {
    "full_name": "Jane Smith",
    "relationship": "mother",
    "email": "jane@example.com",
}
ADDRESS = {"address_line_1": "1 Mill Lane", "town": "Coventry", "postcode": "CV1 2AB"}


def about_you(data):
    return pages.AboutYouForm(data, allows_drama=False)


def born(day, month, year):
    data = {
        "date_of_birth-day": day,
        "date_of_birth-month": month,
        "date_of_birth-year": year,
    }
    return pages.BirthForm(data, today=TODAY)


def errors(form):
    return [one["text"] for one in form.error_list]


TOO_LONG = "x" * 301


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            pages.NameForm({}),
            [
                "Enter your child’s first name",
                "Enter your child’s last name",
                "Select whether they use a different name in school",
            ],
        ),
        (pages.NameForm(NAMED), []),
        (pages.NameForm(NAMED | {"given_name": "  \t "}), ["Enter your child’s first name"]),
        (pages.NameForm(NAMED | {"given_name": "\u200b\u202e"}), ["Enter your child’s first name"]),
        (
            pages.NameForm(NAMED | {"family_name": TOO_LONG}),
            ["Last name must be 300 characters or less"],
        ),
        (pages.NameForm(NAMED | {"uses_other_name": "yes"}), ["Enter the name they use in school"]),
        (pages.NameForm(NAMED | {"uses_other_name": "yes", "preferred_family_name": "Li"}), []),
        (pages.NameForm(NAMED | {"uses_other_name": "perhaps"}), ["Select one of the answers"]),
        (
            about_you({}),
            ["Enter your name", "Select your relationship to the child"]
            + ["Enter your email address"],
        ),
        (about_you(ABOUT), []),
        (
            about_you(ABOUT | {"relationship": "other"}),
            [
                "Enter your relationship to the child",
                "Select whether you have parental responsibility",
            ],
        ),
        (about_you(ABOUT | {"relationship": "unknown"}), ["Select one of the answers"]),
        (
            about_you(ABOUT | {"wants_text_updates": "true"}),
            ["Enter your phone number to get updates by text"],
        ),
        (
            about_you(ABOUT | {"email": f"{'x' * 246}@example.com"}),
            ["Email address must be 254 characters or less"],
        ),
        (pages.ContactMethodForm({}), ["Select what we need to know when we phone you"]),
        (
            pages.ContactMethodForm({"contact_method": "other"}),
            ["Enter details of how we can contact you"],
        ),
        (pages.ContactMethodForm({"contact_method": "text", "details": TOO_LONG}), []),
        (
            pages.AddressForm({}),
            [
                "Enter the first line of your address",
                "Enter your town or city",
                "Enter your postcode",
            ],
        ),
        (pages.AddressForm(ADDRESS), []),
        (pages.ConfirmSchoolForm({}), ["Select whether your child goes to this school"]),
        (pages.EducationForm({}), ["Select whether your child is home-schooled"]),
        (decided.FollowUpForm({}), ["Select whether you would like someone to contact you"]),
        (decided.HealthForm({}, question=Question("q", "Any?")), ["Select yes or no"]),
        (decided.HealthForm({"answer": "yes"}, question=Question("q", "Any?")), ["Enter details"]),
        (
            decided.HealthForm(
                {"answer": "yes", "details": "x" * 1001}, question=Question("q", "Any?")
            ),
            ["Details must be 1000 characters or less"],
        ),
        (
            decided.HealthForm(
                {"answer": "yes"},
                question=Question("q", "Any?", follow_ups=(Question("r", "More?"),)),
            ),
            [],
        ),
    ],
)
def test_each_page_says_what_is_wrong(form, expected):
    assert errors(form) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("", "", ""), "Enter your child’s date of birth"),
        (("", "10", "2013"), "Date of birth must include a day"),
        (("1", "", "2013"), "Date of birth must include a month"),
        (("1", "10", ""), "Date of birth must include a year"),
        (("1", "10", "13"), "Date of birth must have a year of 4 numbers"),
        (("1", "10", "015"), "Date of birth must have a year of 4 numbers"),
        (("31", "4", "2013"), "Date of birth must be a real date"),
        (("29", "2", "2013"), "Date of birth must be a real date"),
        (("1", "13", "2013"), "Date of birth must be a real date"),
        (("x", "1", "2013"), "Date of birth must be a real date"),
        (("13", "1", "2027"), "Date of birth must be in the past"),
        (
            ("13", "1", "2024"),
            "Date of birth must be on or before 12 January 2024, because your child must be 3 or "
            "older",
        ),
        (
            ("11", "1", "2005"),
            "Date of birth must be on or after 12 January 2005, because your child must be 22 or "
            "younger",
        ),
        (("12", "1", "2024"), None),
        (("12", "1", "2005"), None),
        (("29", "2", "2012"), None),
        ((" 01 ", "08", " 2013 "), None),
        (("1", "October", "2013"), None),
    ],
)
def test_dates_of_birth(typed, expected):
    assert errors(born(*typed)) == ([expected] if expected else [])


def test_limits_of_age_on_29_february():
    form = pages.BirthForm(today=date(2028, 2, 29))
    field = form.fields["date_of_birth"]
    assert (field.min_date, field.max_date) == (date(2006, 2, 28), date(2025, 2, 28))


@pytest.mark.parametrize(
    "typed",
    [
        "jane",
        "jane@example",
        "jane@example.com.",
        "jane..smith@example.com",
        "jane smith@example.com",
        "jane@exa mple.com",
        "jane@@example.com",
        "jane@exämple.com",
        "jane@example.c0m",
        "<jane@example.com>",
    ],
)
def test_email_addresses_that_cannot_be_delivered(typed):
    assert errors(about_you(ABOUT | {"email": typed})) == [
        "Email address must be in the right format, like name@example.com"
    ]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("07400 123456", "+447400123456"),
        ("+44 (0)7400 123456", "+447400123456"),
        ("+33 1 09 75 83 51", "+33109758351"),
        ("024 7683 3333", "+442476833333"),
        ("07700 900123", None),
        ("12345", None),
        ("0740012345x", None),
    ],
)
def test_phone_numbers(typed, stored):
    form = about_you(ABOUT | {"phone": typed})
    assert form.is_valid() is (stored is not None)
    assert not stored or form.cleaned_data["phone"] == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("cv12ab", "CV1 2AB"),
        ("CV1 2AB\u200b", "CV1 2AB"),
        ("CVI 2AB", "CV1 2AB"),
        ("ZZ99 3VZ", "ZZ99 3VZ"),
        ("CV1", None),
        ("ABCDEF", None),
        ("12345", None),
    ],
)
def test_postcodes(typed, stored):
    form = pages.AddressForm(ADDRESS | {"postcode": typed})
    assert form.is_valid() is (stored is not None)
    if stored:
        assert form.cleaned_data["postcode"] == stored
    else:
        assert errors(form) == ["Postcode must be a full UK postcode, like CV1 2AB"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("O’Brien", "O'Brien"),
        ("Smith–Jones", "Smith-Jones"),
        ("  Mary   Ann ", "Mary Ann"),
        ("Zoe\u0308", "Zoë"),
        ("李小龍", "李小龍"),
        ("نور\u202eأحمد", "نورأحمد"),
        ("Đặng", "Đặng"),
        ("J\u0000o", "Jo"),
        ("J" + "\u0301" * 40 + "o", "J" + "\u0301" * 4 + "o"),
        ("<script>alert(1)</script>", None),
        ("see https://example.com", None),
        ("😀", None),
        ("123", None),
        ("%", None),
    ],
)
def test_names_of_any_script_but_no_links(typed, stored):
    form = pages.NameForm(NAMED | {"given_name": typed})
    assert form.is_valid() is (stored is not None), form.errors
    assert not stored or form.cleaned_data["given_name"] == stored


def test_length_is_counted_after_the_text_is_made_plain():
    assert Name().clean("x" * 300 + "\u200b" * 50) == "x" * 300
    assert Lines(max_length=3).clean("a\r\n\u202eb\n\n") == "a\nb"
    assert Line(max_length=3).clean("a\tb") == "a b"


def test_200_kilobytes_of_text_are_refused_and_come_back():
    typed = "<script>alert(1)</script>\u202e" * 8000
    question = Question("q", "Any?")
    form = decided.HealthForm({"answer": "yes", "details": typed}, question=question)
    assert errors(form) == ["Details must be 1000 characters or less"]
    assert "<script>" not in str(form)
    assert str(form).count("&lt;script&gt;") == 8000


@pytest.mark.parametrize(
    "letter", ["\x00", "\x1b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u3164"]
)
def test_invisible_letters_go(letter):
    assert plain_line(f"a{letter}b") == "ab"
    assert plain_lines(f"a\n{letter}b") == "a\nb"
