"""How dates, times, numbers and names are written."""

from datetime import UTC, date, datetime, time

import pytest
from django.template import engines

from govuk import filters

SUMMER = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "as_"),
    [
        (filters.govuk_date(date(2025, 1, 5)), "5 January 2025"),
        (filters.govuk_date(SUMMER), "1 July 2026"),
        (filters.govuk_date_with_weekday(date(2025, 1, 5)), "Sunday 5 January 2025"),
        (filters.govuk_time(time(15, 45)), "3:45pm"),
        (filters.govuk_time(time(0, 0)), "12:00am"),
        (filters.govuk_time(time(12, 0)), "12:00pm"),
        (filters.govuk_time(SUMMER), "12:30am"),
        (filters.govuk_datetime(SUMMER), "1 July 2026 at 12:30am"),
        (filters.nhs_number("9990000018"), "999\xa0000\xa00018"),
        (filters.nhs_number(None), "Not provided"),
        (filters.phone("+447700900123"), "07700 900123"),
        (filters.phone("+33123456789"), "+33 1 23 45 67 89"),
        (filters.phone("ask at reception"), "ask at reception"),
        (filters.count(1, "child", "children"), "1 child"),
        (filters.count(0, "child", "children"), "0 children"),
        (filters.count(12345, "message"), "12,345 messages"),
        (filters.emails_and_texts(21, 1), "21 emails and 1 text message"),
        (filters.emails_and_texts(1, 0), "1 email and no text messages"),
        (filters.emails_and_texts(0, 2), "no emails and 2 text messages"),
        (filters.begin_small("Date of birth"), "date of birth"),
        (filters.begin_small("HPV vaccination"), "HPV vaccination"),
        (filters.begin_small("Td/IPV"), "Td/IPV"),
        (filters.begin_small("MenACWY"), "MenACWY"),
        (filters.begin_small(""), ""),
        (filters.weeks(21), "3 weeks"),
        (filters.weeks(7), "1 week"),
        (filters.weeks(10), "10 days"),
        (filters.line_breaks("a<b\nc"), "a&lt;b<br>c"),
        (filters.emails("Jo <j.o@a.example>"), "Jo &lt;j.<wbr>o@<wbr>a.<wbr>example&gt;"),
        (filters.emails("a@b.c, d."), "a@<wbr>b.<wbr>c, d."),
        (filters.emails(filters.line_breaks("a@b\nc.d")), "a@<wbr>b<br>c.d"),
    ],
)
def test_written(written, as_):
    assert written == as_


@pytest.mark.parametrize(("year", "label"), [(8, "Year 8"), (0, "Reception"), (-1, "Nursery")])
def test_year_groups_in_templates(year, label):
    template = engines["jinja2"].from_string("{{ year | year_group }}")
    assert template.render({"year": year}) == label
