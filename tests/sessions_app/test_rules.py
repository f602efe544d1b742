"""Who is invited and when, as tables and as properties."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.clock import LONDON, london_day
from sessions_app import rules
from sessions_app.choices import ConsentStatus, Exclusion, TriageStatus, VaccinationStatus
from sessions_app.schedule_rules import notice


def at(text: str) -> datetime:
    """An instant from what London clocks show."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ""),
        ({"is_deceased": True}, Exclusion.DECEASED),
        ({"is_invalid": True}, Exclusion.INVALID),
        ({"is_restricted": True}, Exclusion.RESTRICTED),
        ({"is_in_year_groups": False}, Exclusion.YEAR_GROUP),
        ({"vaccination": VaccinationStatus.VACCINATED}, Exclusion.VACCINATED),
        ({"consent": ConsentStatus.REFUSED}, Exclusion.REFUSED),
        ({"consent": ConsentStatus.CONFLICTS}, Exclusion.CONFLICTS),
        ({"consent": ConsentStatus.FOLLOW_UP}, Exclusion.FOLLOW_UP),
        ({"consent": ConsentStatus.GIVEN}, ""),
        ({"triage": TriageStatus.DO_NOT_VACCINATE}, Exclusion.DO_NOT_VACCINATE),
        ({"triage": TriageStatus.DELAY}, ""),
        ({"triage": TriageStatus.NEEDED}, ""),
        ({"triage": TriageStatus.SAFE}, ""),
        ({"barred": Exclusion.CHILD_DECIDED}, Exclusion.CHILD_DECIDED),
        (
            {"barred": Exclusion.CHILD_DECIDED, "consent": ConsentStatus.FOLLOW_UP},
            Exclusion.CHILD_DECIDED,
        ),
        ({"is_contactable": False}, Exclusion.NO_CONTACT),
        ({"is_deceased": True, "is_contactable": False}, Exclusion.DECEASED),
        (
            {"vaccination": VaccinationStatus.VACCINATED, "consent": ConsentStatus.REFUSED},
            Exclusion.VACCINATED,
        ),
    ],
)
def test_exclusion_table_of_section_6_3(facts, expected):
    assert rules.exclusion(rules.Facts(**facts)) == expected


ANSWERS = [one for one in ConsentStatus.values if one != ConsentStatus.NOT_REQUIRED]


@pytest.mark.parametrize("consent", ANSWERS)
def test_consent_9_3_rule_4_of_the_vaccinated_no_consent_is_required(consent):
    vaccinated = rules.Facts(consent=consent, vaccination=VaccinationStatus.VACCINATED)
    assert rules.consent_to_show(vaccinated) == ConsentStatus.NOT_REQUIRED
    assert rules.consent_to_show(rules.Facts(consent=consent)) == consent


facts = st.builds(
    rules.Facts,
    is_deceased=st.booleans(),
    is_invalid=st.booleans(),
    is_restricted=st.booleans(),
    is_in_year_groups=st.booleans(),
    is_contactable=st.booleans(),
    vaccination=st.sampled_from(VaccinationStatus.values),
    consent=st.sampled_from(ANSWERS),
    triage=st.sampled_from(TriageStatus.values),
    barred=st.sampled_from(["", Exclusion.CHILD_DECIDED]),
)


@given(facts)
def test_i08_nobody_flagged_is_ever_invited(facts):
    if facts.is_deceased or facts.is_invalid or facts.is_restricted:
        assert rules.exclusion(facts) in (
            Exclusion.DECEASED,
            Exclusion.INVALID,
            Exclusion.RESTRICTED,
        )


@given(facts)
def test_i05_i07_invited_means_in_a_year_group_unvaccinated_and_not_refused(facts):
    if rules.exclusion(facts) == "":
        assert facts.is_in_year_groups
        assert facts.is_contactable
        assert facts.vaccination == VaccinationStatus.NOT_VACCINATED
        assert facts.consent in (
            ConsentStatus.NO_RESPONSE,
            ConsentStatus.GIVEN,
            ConsentStatus.FOLLOW_UP,
        )
        assert facts.triage != TriageStatus.DO_NOT_VACCINATE
        assert not facts.barred


@pytest.mark.parametrize("day", ["2027-01-12", "2027-03-28", "2027-07-12", "2027-10-31"])
def test_jobs_invite_from_nine_to_nine_in_london(day):
    hours = [hour for hour in range(24) if rules.jobs_invite_now(at(f"{day}T{hour:02}:59"))]
    assert hours == list(range(9, 21))
    assert rules.jobs_invite_now(at(f"{day}T09:00"))
    assert not rules.jobs_invite_now(at(f"{day}T21:00"))


@pytest.mark.parametrize(
    ("due_at", "goes_at"),
    [
        ("2027-01-12T09:00", "2027-01-12T09:00"),
        ("2027-01-12T20:59", "2027-01-12T20:59"),
        ("2027-01-12T21:00", "2027-01-13T09:00"),
        ("2027-01-12T23:59", "2027-01-13T09:00"),
        ("2027-01-12T04:20", "2027-01-12T09:00"),
        ("2027-03-27T23:00", "2027-03-28T09:00"),
    ],
)
def test_what_a_job_would_send_at_night_goes_at_nine(due_at, goes_at):
    assert rules.when_jobs_write(at(due_at)) == at(goes_at)
    assert rules.day_jobs_invite(at(due_at)) == at(goes_at).date()


days = st.dates(date(2024, 9, 1), date(2030, 8, 31))
instants = st.datetimes(datetime(2024, 9, 1), datetime(2030, 8, 31), timezones=st.just(UTC))


def invitations_on(first_date, days_before=21):
    found = notice(
        [first_date], chosen=None, frozen=None, days_before=days_before, today=date(2024, 9, 1)
    )
    return found.on


@given(days, st.integers(1, 90))
def test_e25_invitations_open_at_nine_on_the_londoners_clock(first_date, days_before):
    opens_on = invitations_on(first_date, days_before)
    opens_at = rules.invitations_open_at(opens_on)
    assert (first_date - opens_on).days == days_before
    assert opens_at.astimezone(LONDON).timetuple()[:5] == (*opens_on.timetuple()[:3], 9, 0)


@pytest.mark.parametrize(
    ("first_date", "opens"),
    [
        # The clocks go forward on 28 March 2027: three weeks are 503 hours here, …
        (date(2027, 4, 7), "2027-03-17T09:00+00:00"),
        (date(2027, 4, 20), "2027-03-30T08:00+00:00"),
        # … and back on 31 October 2027: 505 hours.
        (date(2027, 11, 10), "2027-10-20T08:00+00:00"),
        (date(2028, 3, 21), "2028-02-29T09:00+00:00"),
    ],
)
def test_e25_three_weeks_across_a_clock_change(first_date, opens):
    opens_on = invitations_on(first_date)
    assert rules.invitations_open_at(opens_on) == datetime.fromisoformat(opens)


def are_due(now, *, dates, invitations_on=date(2027, 1, 4), is_closed=False):
    return rules.first_invitations_are_due(
        dates=dates, invitations_on=invitations_on, is_closed=is_closed, now=at(now)
    )


CLINIC = [date(2027, 1, 25)]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2027-01-04T08:59:59", False),
        ("2027-01-04T09:00:00", True),  # exactly three weeks before
        ("2027-01-03T23:59:00", False),
        ("2027-01-24T23:59:00", True),
        ("2027-01-25T00:01:00", False),  # E20: today is not bookable
        ("2027-01-26T09:00:00", False),
    ],
)
def test_a17_a18_e20_first_invitations_are_due(now, expected):
    assert are_due(now, dates=CLINIC) is expected


def test_rule_6_nothing_is_due_without_dates_or_when_closed():
    assert not are_due("2027-01-10T12:00", dates=[])
    assert not are_due("2027-01-10T12:00", dates=CLINIC, is_closed=True)
    assert not are_due("2027-01-10T12:00", dates=CLINIC, invitations_on=None)


def test_e20_a_joiner_on_a_clinic_day_is_invited_for_a_later_date():
    assert are_due("2027-01-25T08:00", dates=[date(2027, 1, 25), date(2027, 2, 8)])


def test_i29_half_past_midnight_in_summer_is_the_new_day():
    """00:30 on 10 June in London is still 9 June in UTC: the clinic of 10 June is today."""
    moment = datetime(2027, 6, 9, 23, 30, tzinfo=UTC)
    assert london_day(moment) == date(2027, 6, 10)
    assert rules.next_bookable([date(2027, 6, 10)], london_day(moment)) is None


class TestLaterInvitation:
    dates = [date(2027, 1, 25), date(2027, 2, 8), date(2027, 6, 1)]

    def due(self, now, dates=None, is_closed=False):
        return rules.later_invitation(
            dates=dates or self.dates, is_closed=is_closed, days_before=21, now=at(now)
        )

    @pytest.mark.parametrize(
        ("now", "date_"),
        [
            ("2027-01-24T12:00", None),  # the first date has not passed
            ("2027-01-25T12:00", None),  # nor has its day
            ("2027-01-26T08:59", None),
            ("2027-01-26T09:00", date(2027, 2, 8)),  # the morning after the date before
            ("2027-02-07T12:00", date(2027, 2, 8)),
            ("2027-02-08T12:00", None),  # not bookable any more
            ("2027-02-09T09:00", None),  # more than three weeks before the next
            ("2027-05-11T08:59", None),
            ("2027-05-11T09:00", date(2027, 6, 1)),  # three weeks before
            ("2027-06-01T12:00", None),
        ],
    )
    def test_due_at_nine_on_the_later_of_the_two_days(self, now, date_):
        later = self.due(now)
        assert (later.date if later else None) == date_

    def test_never_for_the_only_date_or_a_closed_session(self):
        assert self.due("2027-01-10T12:00", dates=[date(2027, 1, 25)]) is None
        assert self.due("2027-02-01T12:00", is_closed=True) is None

    @given(
        st.lists(days, min_size=1, max_size=6, unique=True),
        instants,
    )
    def test_properties_of_a_repeat(self, dates, now):
        later = rules.later_invitation(dates=dates, is_closed=False, days_before=21, now=now)
        if later is None:
            return
        today = london_day(now)
        assert later.due_at <= now
        assert later.date == rules.next_bookable(dates, today)
        assert any(day < today for day in dates)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["HPV"], "HPV vaccination"),
        (["MenACWY", "Td/IPV"], "MenACWY and Td/IPV vaccinations"),
        (["Flu", "HPV", "MMR"], "Flu, HPV and MMR vaccinations"),
    ],
)
def test_vaccination_named(names, words):
    assert rules.vaccination_named(names) == words


def test_e09_an_invitation_that_names_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one programme"):
        rules.vaccination_named([])
