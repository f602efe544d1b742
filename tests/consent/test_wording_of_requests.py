"""What parents read in requests and reminders depends on nothing but what is true of the child.

Lessons I12: a condition in a template was wrong, for a single date and for HPV in Year 8. Ours have
no conditions; what differs is put together by code, here for all cases.
"""

from datetime import date
from itertools import product

import pytest

from consent import messages
from notifications import wording
from programmes.models import OrganisationProgramme, Programme
from sessions_app.models import Session
from tests import factories

pytestmark = pytest.mark.django_db
TODAY = date(2027, 1, 12)
ONE = ([date(2027, 1, 25)], "Monday 25 January 2027")
PASSED_AND_TO_COME = (
    [date(2027, 1, 5), date(2027, 1, 25)],
    "Monday 25 January 2027",
)
THREE = (
    [date(2027, 2, 1), date(2027, 1, 25), date(2027, 1, 12)],
    "Tuesday 12 January 2027, Monday 25 January 2027 and Monday 1 February 2027",
)


@pytest.mark.parametrize("year_group", [8, 9, 11])
@pytest.mark.parametrize("days", [ONE, PASSED_AND_TO_COME, THREE], ids=["one", "passed", "three"])
@pytest.mark.parametrize("keys", [["hpv"], ["hpv", "menacwy", "td_ipv"]], ids=["hpv", "three"])
def test_i12_every_request_reads_right_for_one_date_and_for_several(
    organisation, year_group, days, keys
):
    dates, in_words = days
    for key in keys:
        OrganisationProgramme.objects.get_or_create(organisation=organisation, programme_id=key)
    made = factories.SessionFactory(organisation=organisation, dates=dates, programmes=keys)
    session = Session.objects.with_days().select_related("location__team").get(pk=made.pk)
    child = factories.ChildFactory(
        organisation=organisation, given_name="Jo", birth_academic_year=2021 - year_group
    )
    programmes = list(Programme.objects.filter(key__in=keys).order_by("name"))
    values = messages.personalisation(child, session, programmes, today=TODAY)
    named = "HPV vaccination" if len(keys) == 1 else "HPV, MenACWY and Td/IPV vaccinations"
    assert (values["vaccination"], values["session_dates"]) == (named, in_words)
    assert values["consent_deadline"] == "24 January 2027"
    assert values["consent_link"].count("http") == (1 if len(keys) == 1 else 2)
    for template, channel in product(messages.ASKING, ("email", "text")):
        read = wording.get(template, channel).preview(values)
        said = f"{read.subject}\n{read.body}"
        assert "((" not in said
        assert "??" not in wording.get(template, channel).body, "no conditions"
        assert "Jo" in said
        assert values["consent_link"] in said
        assert "not consent" in said, "a reply is none"
        if "session_dates" in wording.get(template, channel).placeholders:
            assert f"on {in_words}" in said


@pytest.mark.parametrize("template", [messages.SCHOOL_REQUEST, messages.CLINIC_REQUEST])
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://sais.example.com/privacy", "information: https://sais.example.com/privacy"),
        ("", "Ask us if you want to know how we use your information."),
    ],
)
def test_consent_12_a_request_says_how_information_is_used(organisation, template, address, said):
    organisation.privacy_policy_url = address
    session = factories.SessionFactory(organisation=organisation, dates=[date(2027, 1, 25)])
    session = Session.objects.with_days().select_related("location__team").get(pk=session.pk)
    session.organisation = organisation
    child = factories.ChildFactory(organisation=organisation)
    hpv = Programme.objects.get(key="hpv")
    values = messages.personalisation(child, session, [hpv], today=TODAY)
    assert said in wording.get(template, "email").preview(values).body
