"""When a record makes a child vaccinated: the table of the programmes, and its edges."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaccinations.rules import Record, age_in_months, is_vaccinated

BORN = date(2013, 10, 1)
YEAR = 2026


def dose(day: str, *, outcome="administered", number=None, live=False) -> Record:
    return Record(outcome, date.fromisoformat(day), number, live)


@pytest.mark.parametrize(
    ("programme", "records", "expected"),
    [
        ("hpv", [], False),
        ("hpv", [dose("2026-10-01")], True),
        ("hpv", [dose("2019-10-01")], True),
        ("hpv", [dose("2026-10-01", outcome="already_had")], True),
        *[
            ("hpv", [dose("2026-10-01", outcome=outcome)], False)
            for outcome in (
                "refused",
                "unwell",
                "contraindicated",
                "did_not_attend",
                "absent_from_school",
            )
        ],
        ("hpv", [dose("2026-10-01", outcome="unwell"), dose("2026-10-08")], True),
        ("flu", [dose("2026-09-01")], True),
        ("flu", [dose("2027-08-31")], True),
        ("flu", [dose("2026-08-31")], False),
        ("flu", [dose("2025-10-01", outcome="already_had")], False),
        ("flu", [dose("2026-10-01", outcome="already_had")], True),
        ("menacwy", [dose("2023-09-30")], False),
        ("menacwy", [dose("2023-10-01")], True),
        ("menacwy", [dose("2015-01-01", outcome="already_had")], True),
        ("td_ipv", [dose("2026-10-01")], False),
        ("td_ipv", [dose("2026-10-01", number=4)], False),
        ("td_ipv", [dose("2026-10-01", number=5)], True),
        ("td_ipv", [dose("2023-09-30", number=5)], False),
        ("td_ipv", [dose("2026-10-01", number=4, live=True)], True),
        ("td_ipv", [dose("2023-09-30", live=True)], False),
        ("td_ipv", [dose("2016-10-01", outcome="already_had")], True),
        ("mmr", [dose("2014-10-01")], False),
        ("mmr", [dose("2014-10-01"), dose("2017-01-01")], True),
        ("mmr", [dose("2017-01-01"), dose("2014-10-01")], True),
        ("mmr", [dose("2014-09-30"), dose("2017-01-01")], False),
        ("mmr", [dose("2014-09-30"), dose("2017-01-01"), dose("2017-01-29")], True),
        ("mmr", [dose("2014-10-01"), dose("2014-12-31")], False),
        ("mmr", [dose("2014-12-20"), dose("2015-01-16")], False),
        ("mmr", [dose("2014-12-20"), dose("2015-01-17")], True),
        ("mmr", [dose("2014-10-01", outcome="already_had")], True),
    ],
)
def test_what_makes_a_child_vaccinated(programme, records, expected):
    assert is_vaccinated(programme, born_on=BORN, academic_year=YEAR, records=records) is expected


def test_i30_a_september_dose_counts_in_the_year_that_begins():
    first_of_september = [dose("2026-09-01")]
    assert is_vaccinated("flu", born_on=BORN, academic_year=2026, records=first_of_september)
    assert not is_vaccinated("flu", born_on=BORN, academic_year=2025, records=first_of_september)


@pytest.mark.parametrize(("days", "expected"), [(27, False), (28, True), (29, True)])
@pytest.mark.parametrize("first", ["2026-03-10", "2026-10-10", "2024-02-10", "2025-12-20"])
def test_i31_the_mmr_gap_is_exactly_28_days_over_clock_changes_and_leap_days(first, days, expected):
    second = (date.fromisoformat(first) + timedelta(days=days)).isoformat()
    records = [dose(first), dose(second)]
    assert is_vaccinated("mmr", born_on=BORN, academic_year=2026, records=records) is expected


def test_mmr_gap_is_measured_to_the_previous_dose_of_any_kind():
    """A third dose 20 days after an early second one is too close, though the first is far off."""
    records = [dose("2014-10-01"), dose("2014-12-25"), dose("2015-01-14")]
    assert not is_vaccinated("mmr", born_on=BORN, academic_year=2026, records=records)


def test_i33_a_status_does_not_leak_into_other_academic_years():
    later = [dose("2026-10-01")]
    assert is_vaccinated("hpv", born_on=BORN, academic_year=2027, records=later)
    assert not is_vaccinated("hpv", born_on=BORN, academic_year=2025, records=later)
    assert not is_vaccinated("flu", born_on=BORN, academic_year=2027, records=later)


@pytest.mark.parametrize(
    ("born", "day", "months"),
    [
        ("2013-10-01", "2014-09-30", 11),
        ("2013-10-01", "2014-10-01", 12),
        ("2013-01-31", "2013-02-28", 0),
        ("2013-01-31", "2013-03-01", 1),
        ("2016-02-29", "2017-02-28", 11),
        ("2016-02-29", "2017-03-01", 12),
        ("2016-02-29", "2020-02-29", 48),
        ("2013-10-01", "2013-09-30", -1),
    ],
)
def test_i33_age_in_months_is_right_on_leap_years(born, day, months):
    assert age_in_months(date.fromisoformat(born), date.fromisoformat(day)) == months


DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))
RECORDS = st.lists(
    st.builds(
        Record,
        outcome=st.sampled_from(["administered", "already_had", "refused", "unwell"]),
        performed_on=DAYS,
        dose_sequence=st.none() | st.integers(1, 6),
        recorded_live=st.booleans(),
    ),
    max_size=5,
)
LASTING = st.sampled_from(["hpv", "menacwy", "td_ipv", "mmr"])


@given(programme=LASTING, born=DAYS, records=RECORDS, year=st.integers(2010, 2030))
def test_once_vaccinated_stays_vaccinated_in_programmes_that_last(programme, born, records, year):
    if is_vaccinated(programme, born_on=born, academic_year=year, records=records):
        assert is_vaccinated(programme, born_on=born, academic_year=year + 1, records=records)


@given(
    programme=st.sampled_from(["hpv", "flu", "menacwy", "td_ipv", "mmr"]),
    born=DAYS,
    records=RECORDS,
    year=st.integers(2010, 2030),
)
def test_records_of_no_dose_never_make_a_child_vaccinated(programme, born, records, year):
    nothing_given = [r for r in records if r.outcome in ("refused", "unwell")]
    assert not is_vaccinated(programme, born_on=born, academic_year=year, records=nothing_given)
    vaccinated = is_vaccinated(programme, born_on=born, academic_year=year, records=records)
    reordered = list(reversed(records))
    assert vaccinated == is_vaccinated(
        programme, born_on=born, academic_year=year, records=reordered
    )


@given(born=DAYS, day=DAYS)
def test_months_rise_by_one_each_month(born, day):
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, min(day.day, 28))
    if day.day <= 28:
        assert age_in_months(born, next_month) == age_in_months(born, day) + 1
