"""An operator is told to how many families a change writes before it is saved, and it can be
called back.
"""

from datetime import date, timedelta

import pytest
from django.forms.models import model_to_dict

from notifications.models import Message
from programmes.models import OrganisationProgramme
from sessions_app import invitations, rules, statuses
from sessions_app.models import Invitation, Mailing
from tests.sessions_app.conftest import Clinic, at

MANY = rules.HELD_FROM
# The programme's page shows its vaccines beside it.
NO_VACCINES = {
    "vaccines-TOTAL_FORMS": 0,
    "vaccines-INITIAL_FORMS": 0,
}
NOW = "2027-01-26T10:00"


@pytest.fixture(autouse=True)
def morning(time_machine):
    time_machine.move_to(at(NOW), tick=False)
    return time_machine


@pytest.fixture
def invited(organisation):
    """A clinic that many were invited to; its first date has passed, and nobody is asked again."""
    organisation.repeats_invitations = False
    organisation.save()
    clinic = Clinic(organisation, dates=[date(2027, 1, 25), date(2027, 2, 1)])
    for _ in range(MANY):
        clinic.child()
    clinic.plan("2027-01-04T09:00")
    return clinic


def save_organisation(client, organisation, agreed="", **changes):
    fields = {
        name: "" if value is None else value
        for name, value in (model_to_dict(organisation) | changes).items()
        if value is not False
    }
    if agreed:
        fields["_agreed_to_families"] = agreed
    return client.post(f"/admin/accounts/organisation/{organisation.pk}/change/", fields)


def test_nothing_is_saved_or_queued_before_the_operator_was_asked(invited, superuser_client):
    before = Message.objects.count()
    asked = save_organisation(superuser_client, invited.organisation, repeats_invitations=True)
    shown = asked.content.decode()
    assert asked.status_code == 200
    assert "Nothing is saved yet" in shown
    assert (
        "The parents of 21 children are invited to the community clinic of 2026/27: "
        "21 emails and 21 text messages. They wait for two minutes"
    ) in shown
    assert 'name="_agreed_to_families" value="21"' in shown
    assert 'name="repeats_invitations" value="True"' in shown, "nothing that was typed is lost"
    invited.organisation.refresh_from_db()
    assert not invited.organisation.repeats_invitations
    assert Message.objects.count() == before
    assert not Mailing.objects.exists()
    assert "was changed successfully" not in superuser_client.get("/admin/").content.decode()


def test_what_an_operator_agreed_to_can_be_called_back(invited, superuser_client, nurse):
    saved = save_organisation(
        superuser_client, invited.organisation, agreed="21", repeats_invitations=True
    )
    assert saved.status_code == 302
    mailing = Mailing.objects.get()
    assert (mailing.letters, mailing.goes_at) == (MANY, at(NOW) + timedelta(minutes=2))
    assert invitations.call_back(mailing_id=mailing.pk, by=nurse, now=at(NOW))
    assert not Invitation.objects.standing().filter(session_date__isnull=False).exists()


@pytest.mark.parametrize("agreed", ["20", "-1", "many"])
def test_more_families_than_were_agreed_to_are_asked_about_again(invited, superuser_client, agreed):
    answer = save_organisation(
        superuser_client, invited.organisation, agreed=agreed, repeats_invitations=True
    )
    assert "Nothing is saved yet" in answer.content.decode()
    assert not Mailing.objects.exists()


def test_what_writes_to_nobody_is_saved_at_once(invited, superuser_client):
    saved = save_organisation(superuser_client, invited.organisation, phone="024 7600 0009")
    assert saved.status_code == 302
    assert not Invitation.objects.filter(session_date__isnull=False).exists()


def add(client, organisation, key, agreed=""):
    fields = {"organisation": organisation.pk, "programme": key, "_agreed_to_families": agreed}
    return client.post("/admin/programmes/organisationprogramme/add/", fields)


def test_a_programme_taken_up_tells_whom_the_clinic_invites_tomorrow(
    organisation, superuser_client, facts, morning
):
    clinic = Clinic(organisation, dates=[date(2027, 2, 15)])
    in_year_9 = [clinic.child(date_of_birth=date(2012, 10, 1)) for _ in range(4)]
    clinic.child(date_of_birth=date(2014, 10, 1))
    facts(vaccination={(in_year_9[0].pk, "menacwy"): "vaccinated"})
    clinic.plan("2027-01-26T09:00")
    had = len(clinic.invitations())
    shown = add(superuser_client, organisation, "menacwy").content.decode()
    assert "the parents of 3 children are invited to the community clinic" in shown
    assert "on Wednesday 27 January 2027 from 9am" in shown
    assert not OrganisationProgramme.objects.filter(programme_id="menacwy").exists()
    assert add(superuser_client, organisation, "menacwy", agreed="3").status_code == 302
    # So it comes.
    morning.move_to(at("2027-01-27T09:00"), tick=False)
    statuses.refresh_all(today=date(2027, 1, 27))
    assert clinic.plan("2027-01-27T09:00") == 3
    assert len(clinic.invitations()) == had + 3


def test_who_is_invited_anyway_gets_no_letter_more(organisation, superuser_client):
    clinic = Clinic(organisation, dates=[date(2027, 3, 1)], invitations_on=date(2027, 2, 8))
    clinic.child(date_of_birth=date(2012, 10, 1))
    assert add(superuser_client, organisation, "menacwy").status_code == 302


def test_year_groups_that_a_programme_gets_tell_it_for_every_organisation(
    organisation, superuser_client
):
    clinic = Clinic(organisation, dates=[date(2027, 2, 15)])
    clinic.child(date_of_birth=date(2015, 10, 1))
    fields = {"year_groups": "6,7,8,9,10,11"} | NO_VACCINES
    shown = superuser_client.post("/admin/programmes/programme/hpv/change/", fields)
    assert f"{organisation}: the parents of 1 child are invited" in shown.content.decode()
