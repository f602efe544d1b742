"""An operator is told whom schools ask for consent because of a programme, before it is saved."""

from datetime import date

from sessions_app import invitations, statuses
from sessions_app.models import Mailing
from sessions_app.rules import HELD_FROM
from tests.consent.school import School
from tests.sessions_app.conftest import at
from tests.sessions_app.test_schedule_confirm import save


def test_a_programme_taken_up_tells_whom_schools_ask_tomorrow(
    organisation, superuser_client, morning
):
    morning.move_to(at("2027-01-04T10:00"), tick=False)
    school = School(organisation, location__register_year_groups=[7, 8, 9, 10, 11])
    for _ in range(2):
        school.child(date_of_birth=date(2012, 10, 1))
    school.child(date_of_birth=date(2014, 10, 1))
    school.run("2026-12-22")
    fields = {"organisation": organisation.pk, "programme": "menacwy"}
    address = "/admin/programmes/organisationprogramme/add/"
    shown = superuser_client.post(address, fields).content.decode()
    assert (
        "the parents of 2 children are asked at schools for consent to MenACWY vaccination, on "
        "Tuesday 5 January 2027 from 4pm"
    ) in shown
    agreed = superuser_client.post(address, fields | {"_agreed_to_families": "2"})
    assert agreed.status_code == 302
    statuses.refresh_all(today=date(2027, 1, 5))
    school.run("2027-01-05")
    asked = [letter for letter in school.letters() if letter[0] == "2027-01-05"]
    assert (
        sorted(letter for letter in asked if "menacwy" in letter[2])
        == [("2027-01-05", "request", ["menacwy"])] * 2
    )


def test_schools_that_called_back_ask_nobody_and_the_page_says_so(
    organisation, superuser_client, nurse, morning
):
    morning.move_to(at("2027-01-04T10:00"), tick=False)
    year_groups = {"location__register_year_groups": [7, 8, 9, 10, 11]}
    names = {"location__name": "Alder School", "location__team__name": "Rugby team"}
    asks = School(organisation, **names, **year_groups)
    asks.child(date_of_birth=date(2012, 10, 1))
    school = School(organisation, dates=(), **year_groups)
    school.children(HELD_FROM, date_of_birth=date(2012, 10, 1))
    save(school.session, nurse, [date(2027, 1, 19)], now="2027-01-04T10:00")
    invitations.call_back(mailing_id=Mailing.objects.get().pk, by=nurse, now=at("2027-01-04T10:01"))
    fields = {"organisation": organisation.pk, "programme": "menacwy"}
    address = "/admin/programmes/organisationprogramme/add/"
    shown = superuser_client.post(address, fields).content.decode()
    assert 'name="_agreed_to_families" value="1"' in shown
    assert "the parents of 1 child are asked at schools for consent to MenACWY" in shown
    assert "the parents of 21 children are not asked. Called back at Grace Academy" in shown
    agreed = superuser_client.post(address, fields | {"_agreed_to_families": "1"})
    assert agreed.status_code == 302
    statuses.refresh_all(today=date(2027, 1, 5))
    assert school.run("2027-01-05") == 1
    assert school.letters() == []


def test_what_waits_until_tomorrow_is_asked_with_it(organisation, superuser_client, nurse, morning):
    morning.move_to(at("2027-01-04T19:56"), tick=False)
    year_groups = {"location__register_year_groups": [7, 8, 9, 10, 11]}
    school = School(organisation, dates=(), **year_groups)
    school.children(HELD_FROM, date_of_birth=date(2012, 10, 1))
    save(school.session, nurse, [date(2027, 1, 19)], now="2027-01-04T19:56")
    assert Mailing.objects.get().goes_at == at("2027-01-05T16:00")
    fields = {"organisation": organisation.pk, "programme": "menacwy"}
    address = "/admin/programmes/organisationprogramme/add/"
    shown = superuser_client.post(address, fields).content.decode()
    assert "the parents of 21 children are asked" in shown
    assert "on Tuesday 5 January 2027 from 4pm. Undo this before then" in shown
