"""What each kind of value must look like. Row numbers: cohorts and imports §17."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cohorts import formats
from cohorts.formats import BadValue

JOINER = "\u200d"
NO_BREAK = "\u00a0"


def refused(parse, text, **options) -> str:
    with pytest.raises(BadValue) as problem:
        parse(text, **options)
    return str(problem.value)


@pytest.mark.parametrize(("length", "is_read"), [(254, True), (255, False)])
def test_one_limit_of_email_addresses_everywhere(length, is_read):
    text = f"{'a' * 10}@{'b' * 60}.{'c' * 60}.{'d' * 60}.".ljust(length - 4, "e") + ".com"
    assert len(text) == length
    if is_read:
        assert formats.parse_email(text) == text
    else:
        said = "Email address must be 254 characters or less"
        assert refused(formats.parse_email, text) == said


@pytest.mark.parametrize(
    "text",
    [
        "9994712209",
        "999 471 2209",
        f"999{NO_BREAK}471{NO_BREAK}2209",
        f"999{JOINER}471 2209\ufeff",
        " 9995864134 ",
        "999 613 5578",
        "999 702 8465",
    ],
)
def test_row_13_nhs_number_whatever_the_spacing(text):
    assert formats.parse_nhs_number(text).isdigit()
    assert len(formats.parse_nhs_number(text)) == 10


@pytest.mark.parametrize("text", ["9994712208", "999 100 0020", "9991000021", "0000000000"])
def test_row_14_nhs_number_with_a_wrong_check_digit(text):
    assert "not a valid NHS number" in refused(formats.parse_nhs_number, text)


@pytest.mark.parametrize("text", ["999471220", "99947122090", "", "12-34"])
def test_row_15_nhs_number_with_too_few_or_many_digits(text):
    assert "10 digits" in refused(formats.parse_nhs_number, text)


@pytest.mark.parametrize("text", ["99947I2209", "ABCDEFGHIJ", "٩٩٩٤٧١٢٢٠٩"])
def test_row_16_nhs_number_with_letters(text):
    assert "10 digits" in refused(formats.parse_nhs_number, text)


@pytest.mark.parametrize("text", ["9.99471E+09", "9.99E+09", "9,99471E+09", "1e10"])
def test_row_17_nhs_number_shortened_by_a_spreadsheet(text):
    assert "spreadsheet" in refused(formats.parse_nhs_number, text)


@given(st.integers(min_value=1, max_value=999_999_999))
def test_one_tenth_digit_at_most_completes_a_number(first_nine):
    start = f"{first_nine:09d}"
    good = []
    for digit in range(10):
        try:
            good.append(formats.parse_nhs_number(f"{start}{digit}"))
        except BadValue:
            continue
    expected = formats.nhs_check_digit(start)
    assert good == ([] if expected is None else [f"{start}{expected}"])


@given(st.integers(min_value=1, max_value=999_999_999), st.integers(0, 8))
def test_two_swapped_neighbours_are_noticed(first_nine, place):
    start = f"{first_nine:09d}"
    check = formats.nhs_check_digit(start)
    assume(check is not None)
    digits = list(f"{start}{check}")
    assume(digits[place] != digits[place + 1])
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    refused(formats.parse_nhs_number, "".join(digits))


@pytest.mark.parametrize("text", ["14/03/2012", "14/3/2012", "2012-03-14", "20120314"])
def test_row_03_dates_in_three_formats(text):
    assert formats.parse_date(text, what="Date of birth") == date(2012, 3, 14)


@pytest.mark.parametrize("text", ["31/02/2012", "2011-02-29", "03/25/2012", "05/13/2014"])
def test_rows_02_and_06_dates_that_are_no_day(text):
    assert "real date" in refused(formats.parse_date, text, what="Date of birth")


@pytest.mark.parametrize(
    "text",
    [
        "14/03/12",
        "14 March 2012",
        "Mar 2012",
        f"2012010{JOINER} 1",
        "2012-3-14",
        "14.03.2012",
        "14-03-2012",
        "41000",
        "١٤/٠٣/٢٠١٢",
    ],
)
def test_rows_04_05_and_07_dates_are_never_guessed(text):
    assert "DD/MM/YYYY" in refused(formats.parse_date, text, what="Date of birth")


def test_dates_of_the_first_centuries_are_refused():
    assert "4 digits" in refused(formats.parse_date, "01/01/0015", what="Date of birth")


@given(st.dates(min_value=date(1000, 1, 1)))
def test_each_date_reads_the_same_in_all_formats(day):
    texts = [
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02d}/{day.month:02d}/{day.year}",
        day.isoformat(),
        day.isoformat().replace("-", ""),
    ]
    assert {formats.parse_date(text, what="Date") for text in texts} == {day}


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ls1 4ap", "LS1 4AP"),
        ("LS14AP", "LS1 4AP"),
        ("LSI 4AP", "LS1 4AP"),
        ("L1O 1AA", "L10 1AA"),
        ("0X1 1AA", "OX1 1AA"),
        ("SO1 IAA", "SO1 1AA"),
        ("EC1A 1BB", "EC1A 1BB"),
        ("W1A 0AX", "W1A 0AX"),
        ("M1 1AA", "M1 1AA"),
        ("JE2 3AB", "JE2 3AB"),
        ("IM1 1AA", "IM1 1AA"),
        ("BF1 2AB", "BF1 2AB"),
        ("gir0aa", "GIR 0AA"),
        (f"CV1{NO_BREAK}2AB", "CV1 2AB"),
        ("ZZ99 3WZ", "ZZ99 3WZ"),
        ("zz993vz", "ZZ99 3VZ"),
    ],
)
def test_rows_20_and_23_postcodes_are_put_in_one_form(text, stored):
    assert formats.parse_postcode(text) == stored
    assert formats.parse_postcode(stored) == stored


@pytest.mark.parametrize(
    "text",
    ["LS1", "ABC DEF", "1AA LS1", "ABCDEF", "BFPO 12", "ZZ99 9ZZ", "QQ1 1AA", "CV1 2AI1", ""],
)
def test_row_21_what_is_no_full_postcode(text):
    assert "full UK postcode" in refused(formats.parse_postcode, text)


def test_pseudo_postcodes_are_no_evidence():
    assert not any(formats.is_evidence(postcode) for postcode in formats.PSEUDO_POSTCODES)
    assert not formats.is_evidence("")
    assert formats.is_evidence("CV1 2AB")


@given(st.text(max_size=12))
def test_whatever_is_taken_as_a_postcode_is_stored_in_its_last_form(text):
    try:
        stored = formats.parse_postcode(text)
    except BadValue:
        return
    assert formats.parse_postcode(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "lee.example.com",
        "lee@host",
        "a..b@example.com",
        "lee@example.com.",
        "lee@@example.com",
        "lee @example.com",
        "lee@exa mple.com",
        "lee@-example.com",
        "lee@example.c",
        "lee@example.c0m",
        "lee@exämple.com",
        "@example.com",
        "lee@" + "a" * 64 + ".com",
    ],
)
def test_row_33_email_addresses_that_notify_refuses(text):
    assert "right format" in refused(formats.parse_email, text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" Lee@Example.COM ", "lee@example.com"),
        ("o'hara+school@mail.example.co.uk", "o'hara+school@mail.example.co.uk"),
        (f"lee@example{JOINER}.com", "lee@example.com"),
        ("lee@xn--exmple-cua.com", "lee@xn--exmple-cua.com"),
    ],
)
def test_row_34_email_addresses_are_stored_in_lower_case(text, stored):
    assert formats.parse_email(text) == stored


@pytest.mark.parametrize(
    "text", ["12345", "0113 abc", "07400 12345", "+44 12", "+999 1234567", "-"]
)
def test_row_35_what_is_no_phone_number(text):
    assert "real number" in refused(formats.parse_phone, text, allows_drama=True)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("07400 123456", "+447400123456"),
        ("+44 (0)7400 123456", "+447400123456"),
        ("0044 7400 123456", "+447400123456"),
        ("(0113) 496-0000", "+441134960000"),
        ("+33 1 09 75 83 51", "+33109758351"),
        ("07700 900123", "+447700900123"),
    ],
)
def test_row_35_phone_numbers_are_stored_in_international_form(text, stored):
    assert formats.parse_phone(text, allows_drama=True) == stored


def test_numbers_kept_for_drama_are_refused_where_real_people_are():
    assert "reached" in refused(formats.parse_phone, "07700 900123", allows_drama=False)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("Anne-Marie", "Anne-Marie"),
        ("O’Hara", "O'Hara"),
        ("O`Hara", "O'Hara"),
        ("Oʼ Hara", "O' Hara"),
        ("Nguyễn", "Nguyễn"),
        ("de  la\u00a0Cruz", "de la Cruz"),
        ("St. John", "St. John"),
        ("J", "J"),
    ],
)
def test_row_29_names_in_latin_letters(text, stored):
    assert formats.parse_name(text, what="First name") == stored


@pytest.mark.parametrize(
    "text",
    ["李明", "Ali 👍", "=HYPERLINK(1)", "Robert\x00", "Z\u0335\u0321\u0322a", "<b>", "-", "3×3"],
)
def test_row_30_names_in_other_characters(text):
    assert "must only include" in refused(formats.parse_name, text, what="First name")


def test_row_30_names_of_more_than_300_letters():
    assert formats.parse_name("a" * 300, what="First name")
    assert "300 characters" in refused(formats.parse_name, "a" * 301, what="First name")


@pytest.mark.parametrize("text", ["Robert\x00", "a\u202eb", "\x1b[31m"])
def test_free_text_holds_no_control_characters(text):
    assert "cannot be stored" in refused(formats.parse_text, text, what="Town")


@pytest.mark.parametrize(
    ("text", "code"),
    [("FEMALE", 2), ("Male", 1), ("Not known", 0), ("not_known", 0), ("Not  specified", 9)],
)
def test_row_28_genders_in_any_case(text, code):
    assert formats.parse_gender(text) == code


@pytest.mark.parametrize("text", ["F", "2", "Boy", "Transgender"])
def test_row_28_other_words_for_gender(text):
    refused(formats.parse_gender, text)


@pytest.mark.parametrize(
    ("text", "relationship"),
    [
        ("Step-dad", ("other", "Step-dad")),
        ("MOTHER", ("mother", "")),
        ("Mum", ("mother", "")),
        ("dad", ("father", "")),
        ("Guardian", ("guardian", "")),
        ("", ("unknown", "")),
    ],
)
def test_row_32_relationships(text, relationship):
    assert formats.parse_relationship(text) == relationship


@pytest.mark.parametrize("text", ["8A", "eight", "8.0", "Year 8", "100"])
def test_row_11_what_is_no_year_group(text):
    assert "must be a number" in refused(formats.parse_year_group, text)
