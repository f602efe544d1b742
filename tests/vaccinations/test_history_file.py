"""What each column of a history file takes. Rows are those of the domain's table of inputs."""

from datetime import date, time

import pytest

from cohorts.files import Row, Table
from tests.vaccinations.conftest import GIVEN, not_given
from vaccinations.history.columns import COLUMNS, REQUIRED_COLUMNS
from vaccinations.history.file import (
    Expectations,
    KnownPlace,
    KnownProgramme,
    KnownVaccine,
    check_rows,
)

TODAY = date(2026, 11, 20)
SESSION_DAY = date(2026, 10, 5)
CLINIC_DAY = date(2026, 10, 31)
ALDER = KnownPlace("Alder School", session_id=7, days=frozenset({SESSION_DAY}))
BIRCH = KnownPlace("Birch School")
EXPECTED = Expectations(
    today=TODAY,
    time_now=time(11),
    ods_code="RYG",
    programmes={
        "hpv": KnownProgramme("HPV", 3, is_seasonal=False),
        "flu": KnownProgramme("Flu", 2, is_seasonal=True),
    },
    vaccines={
        "gardasil9": KnownVaccine(1, "hpv", is_nasal=False),
        "astrazeneca fluenz": KnownVaccine(2, "flu", is_nasal=True),
        "revaxis": KnownVaccine(3, "td_ipv", is_nasal=False),
    },
    schools={"140001": ALDER, "140002": BIRCH},
    clinic=KnownPlace("Community clinic", session_id=8, days=frozenset({CLINIC_DAY})),
    clinic_names={"royal elm": "Royal Elm"},
    users={"nurse@example.com": 5},
)
NOT_GIVEN = not_given()
THIS_YEAR = {**GIVEN, "DATE_OF_VACCINATION": SESSION_DAY.isoformat()}
AT_CLINIC = {
    **GIVEN,
    "DATE_OF_VACCINATION": CLINIC_DAY.isoformat(),
    "CARE_SETTING": "2",
    "CLINIC_NAME": "Royal Elm",
}
FLU = {
    **THIS_YEAR,
    "VACCINE_GIVEN": "AstraZeneca Fluenz",
    "ANATOMICAL_SITE": "nasal",
    "DOSE_SEQUENCE": "",
    "CARE_SETTING": "",
}


def read(base, **cells):
    table = Table(headers=(), rows=[Row(line=2, cells={**base, **cells})])
    rows, problems = check_rows(table, EXPECTED)
    return rows, {problem.column: problem.message for problem in problems}


def accepted(base=GIVEN, **cells):
    """The one good row."""
    rows, problems = read(base, **cells)
    assert problems == {}
    return rows[0]


def refused(base=GIVEN, **cells) -> dict[str, str]:
    """What is wrong, by column; nothing may be read from a wrong row."""
    rows, problems = read(base, **cells)
    assert rows == []
    return problems


def test_a_vaccination_given():
    row = accepted()
    assert (row.outcome, row.programme, row.vaccine_id) == ("administered", "hpv", 1)
    assert (row.performed_on, row.performed_time) == (date(2025, 10, 17), time(10, 23))
    assert (row.batch_number, row.batch_expiry) == ("X05334", date(2027, 12, 31))
    assert (row.site, row.dose_sequence) == ("left_upper_arm", 1)
    assert (row.place_name, row.session_id) == ("Alder School", None)
    assert row.person.nhs_number == "9994712209"


def test_a_vaccination_not_given():
    row = accepted(NOT_GIVEN)
    assert (row.outcome, row.programme, row.vaccine_id) == ("unwell", "hpv", None)
    assert (row.batch_number, row.batch_expiry, row.site, row.dose_sequence) == ("", None, "", None)


def test_row_53_the_organisation_is_ours():
    assert "RYG" in refused(ORGANISATION_CODE="RXX")["ORGANISATION_CODE"]
    assert refused(ORGANISATION_CODE="")["ORGANISATION_CODE"] == "Enter an organisation code"
    assert accepted(ORGANISATION_CODE="ryg")


def test_row_54_an_unknown_school_has_a_name():
    assert list(refused(SCHOOL_URN="888888", SCHOOL_NAME="")) == ["SCHOOL_NAME"]
    assert accepted(SCHOOL_URN="888888", SCHOOL_NAME="Elm House").place_name == "Elm House"
    assert list(refused(SCHOOL_URN="123456")) == ["SCHOOL_URN"]
    assert accepted(SCHOOL_URN="", SCHOOL_NAME="").place_name == "Unknown"


def test_row_55_nhs_number_or_postcode():
    assert list(refused(NHS_NUMBER="", PERSON_POSTCODE="")) == ["PERSON_POSTCODE"]
    assert accepted(NHS_NUMBER="").person.nhs_number is None
    assert accepted(PERSON_POSTCODE="").person.postcode == ""
    assert list(refused(NHS_NUMBER="9994712208")) == ["NHS_NUMBER"]
    assert list(refused(PERSON_POSTCODE="CV1")) == ["PERSON_POSTCODE"]


def test_row_56_date_of_birth():
    assert list(refused(PERSON_DOB="20112608")) == ["PERSON_DOB"]
    assert list(refused(PERSON_DOB="19991231")) == ["PERSON_DOB"]
    assert list(refused(PERSON_DOB="20261121")) == ["PERSON_DOB", "DATE_OF_VACCINATION"]
    born_later = refused(PERSON_DOB="20251018")
    assert born_later["DATE_OF_VACCINATION"].endswith("on or after the date of birth")
    assert accepted(PERSON_DOB="20251017")


def test_row_57_gender():
    assert refused(PERSON_GENDER_CODE="")["PERSON_GENDER_CODE"] == "Enter a gender"
    assert list(refused(PERSON_GENDER_CODE="Transgender")) == ["PERSON_GENDER_CODE"]
    assert accepted(PERSON_GENDER_CODE="indeterminate").person.gender == 0
    assert accepted(PERSON_GENDER_CODE="", PERSON_GENDER="FEMALE").person.gender == 2


def test_row_58_only_the_missing_y_or_n_is_reported():
    assert refused(VACCINATED="X") == {"VACCINATED": "You must say Y or N"}
    assert refused(VACCINATED="", VACCINE_GIVEN="") == {"VACCINATED": "You must say Y or N"}


@pytest.mark.parametrize("word", ["Y", "ye", "YES", "n", "No"])
def test_leading_parts_of_yes_and_no(word):
    base = GIVEN if word.lower().startswith("y") else NOT_GIVEN
    assert accepted(base, VACCINATED=word)


def test_row_59_a_vaccine_means_vaccinated():
    assert accepted(VACCINATED="").outcome == "administered"


def test_row_60_what_belongs_to_given_and_not_given():
    assert list(refused(NOT_GIVEN, REASON_NOT_VACCINATED="")) == ["REASON_NOT_VACCINATED"]
    assert list(refused(NOT_GIVEN, REASON_NOT_VACCINATED="busy")) == ["REASON_NOT_VACCINATED"]
    assert list(refused(NOT_GIVEN, BATCH_NUMBER="X1")) == ["BATCH_NUMBER"]
    assert list(refused(NOT_GIVEN, VACCINE_GIVEN="Gardasil9")) == ["VACCINE_GIVEN"]
    assert list(refused(REASON_NOT_VACCINATED="Refused")) == ["REASON_NOT_VACCINATED"]


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("REFUSED", "refused"),
        ("Vaccination contraindicated", "contraindicated"),
        ("already had elsewhere", "already_had"),
        ("Did not attend", "did_not_attend"),
        ("absent_from_school", "absent_from_school"),
    ],
)
def test_reasons_in_any_case(reason, outcome):
    assert accepted(NOT_GIVEN, REASON_NOT_VACCINATED=reason).outcome == outcome


def test_row_61_date_of_vaccination():
    assert list(refused(DATE_OF_VACCINATION="")) == ["DATE_OF_VACCINATION"]
    assert list(refused(DATE_OF_VACCINATION="20240230")) == ["DATE_OF_VACCINATION"]
    assert list(refused(DATE_OF_VACCINATION="20261121")) == ["DATE_OF_VACCINATION"]
    assert accepted(DATE_OF_VACCINATION="20200115").performed_on == date(2020, 1, 15)


def test_row_62_this_year_needs_a_session_of_ours():
    assert accepted(THIS_YEAR).session_id == 7
    assert list(refused(THIS_YEAR, DATE_OF_VACCINATION="20261006")) == ["DATE_OF_VACCINATION"]
    assert list(refused(THIS_YEAR, SCHOOL_URN="140002")) == ["DATE_OF_VACCINATION"]
    assert list(refused(THIS_YEAR, SCHOOL_URN="888888")) == ["DATE_OF_VACCINATION"]
    assert accepted(DATE_OF_VACCINATION="20260831").session_id is None
    assert list(refused(DATE_OF_VACCINATION="20260901")) == ["DATE_OF_VACCINATION"]


def test_row_63_vaccine_names():
    assert list(refused(VACCINE_GIVEN="Gardasil 9")) == ["VACCINE_GIVEN"]
    assert list(refused(VACCINE_GIVEN="Revaxis")) == ["VACCINE_GIVEN"]
    assert accepted(VACCINE_GIVEN="gardasil9").vaccine_id == 1
    assert list(refused(VACCINE_GIVEN="")) == ["VACCINE_GIVEN"]


def test_a_vaccine_belongs_to_the_programme_that_is_named():
    assert accepted(PROGRAMME="hpv").programme == "hpv"
    assert list(refused(PROGRAMME="Flu", DATE_OF_VACCINATION="20261005", DOSE_SEQUENCE="")) == [
        "VACCINE_GIVEN"
    ]
    assert list(refused(PROGRAMME="3-in-1")) == ["PROGRAMME"]
    assert list(refused(PROGRAMME="Yellow fever")) == ["PROGRAMME"]
    assert list(refused(NOT_GIVEN, PROGRAMME="")) == ["PROGRAMME"]


def test_row_64_batch():
    assert list(refused(BATCH_NUMBER="")) == ["BATCH_NUMBER"]
    assert list(refused(BATCH_NUMBER="X" * 101)) == ["BATCH_NUMBER"]
    assert list(refused(BATCH_NUMBER="X-1")) == ["BATCH_NUMBER"]
    assert accepted(BATCH_NUMBER="X" * 100)


def test_row_65_expiry():
    assert accepted(BATCH_EXPIRY_DATE="20120730").batch_expiry == date(2012, 7, 30)
    assert list(refused(BATCH_EXPIRY_DATE="10220730")) == ["BATCH_EXPIRY_DATE"]
    assert list(refused(BATCH_EXPIRY_DATE="20420101")) == ["BATCH_EXPIRY_DATE"]
    assert accepted(BATCH_EXPIRY_DATE="").batch_expiry is None


@pytest.mark.parametrize("site", ["Nasal", "Left buttock"])
def test_row_66_this_year_the_site_suits_the_vaccine(site):
    assert list(refused(THIS_YEAR, ANATOMICAL_SITE=site)) == ["ANATOMICAL_SITE"]
    assert accepted(ANATOMICAL_SITE=site)


def test_row_66_sites():
    assert list(refused(ANATOMICAL_SITE="left foot")) == ["ANATOMICAL_SITE"]
    assert accepted(ANATOMICAL_SITE="RIGHT ARM (LOWER POSITION)").site == "right_arm_lower"
    assert accepted(ANATOMICAL_SITE="").site == ""
    assert accepted(FLU).site == "nasal"
    assert list(refused(FLU, ANATOMICAL_SITE="left thigh")) == ["ANATOMICAL_SITE"]


def test_row_67_dose():
    assert list(refused(DOSE_SEQUENCE="")) == ["DOSE_SEQUENCE"]
    assert list(refused(DOSE_SEQUENCE="4")) == ["DOSE_SEQUENCE"]
    assert list(refused(DOSE_SEQUENCE="0")) == ["DOSE_SEQUENCE"]
    assert list(refused(DOSE_SEQUENCE="first")) == ["DOSE_SEQUENCE"]
    assert accepted(DOSE_SEQUENCE="1P").dose_sequence == 1
    assert accepted(FLU).dose_sequence == 1
    assert accepted(NOT_GIVEN, DOSE_SEQUENCE="9").dose_sequence is None


def test_row_68_care_setting():
    assert list(refused(CARE_SETTING="")) == ["CARE_SETTING"]
    assert list(refused(CARE_SETTING="3")) == ["CARE_SETTING"]
    assert accepted(FLU).session_id == 7


def test_row_69_clinic_name():
    row = accepted(AT_CLINIC, CLINIC_NAME="ROYAL elm")
    assert (row.place_name, row.session_id) == ("Royal Elm", 8)
    assert list(refused(AT_CLINIC, CLINIC_NAME="Royal Helm")) == ["CLINIC_NAME"]
    assert list(refused(AT_CLINIC, CLINIC_NAME="")) == ["CLINIC_NAME"]
    earlier = accepted(AT_CLINIC, CLINIC_NAME="Royal Helm", DATE_OF_VACCINATION="20251017")
    assert (earlier.place_name, earlier.session_id) == ("Royal Helm", None)


def test_row_70_time():
    assert list(refused(TIME_OF_VACCINATION="25:10")) == ["TIME_OF_VACCINATION"]
    assert list(refused(TIME_OF_VACCINATION="noon")) == ["TIME_OF_VACCINATION"]
    later_today = {"DATE_OF_VACCINATION": "20261120", "TIME_OF_VACCINATION": "11:01"}
    assert "TIME_OF_VACCINATION" in refused(THIS_YEAR, **later_today)
    assert accepted(TIME_OF_VACCINATION="").performed_time is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10:23:05", time(10, 23, 5)),
        ("10:23", time(10, 23)),
        ("102305", time(10, 23, 5)),
        ("1023", time(10, 23)),
        ("10", time(10)),
    ],
)
def test_times_may_be_written_in_five_ways(text, expected):
    assert accepted(TIME_OF_VACCINATION=text).performed_time == expected


def test_row_71_the_professional():
    column = "PERFORMING_PROFESSIONAL_EMAIL"
    assert list(refused(THIS_YEAR, **{column: "nobody@example.com"})) == [column]
    assert accepted(**{column: "Nurse@Example.com"}).performer_id == 5
    named = accepted(
        PERFORMING_PROFESSIONAL_FORENAME="Ada", PERFORMING_PROFESSIONAL_SURNAME="Byrne"
    )
    assert (named.performer_id, named.performer_name) == (None, "Ada Byrne")


def test_flu_is_of_this_academic_year():
    assert accepted(FLU).programme == "flu"
    assert list(refused(FLU, DATE_OF_VACCINATION="20260831")) == ["DATE_OF_VACCINATION"]


def test_notes_have_a_length():
    assert accepted(NOTES="x" * 1000).notes == "x" * 1000
    assert list(refused(NOTES="x" * 1001)) == ["NOTES"]


def test_a_row_with_too_many_cells_is_refused():
    table = Table(headers=(), rows=[Row(line=9, cells=GIVEN, extra_cells=1)])
    rows, problems = check_rows(table, EXPECTED)
    assert rows == []
    assert [(problem.line, problem.column) for problem in problems] == [(9, "")]


def test_every_column_that_a_file_must_have_is_explained():
    names = [column.name for column in COLUMNS]
    assert len(names) == len(set(names))
    assert set(REQUIRED_COLUMNS) <= set(names)
