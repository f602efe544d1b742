"""Edits of a session in two tabs, by two people, and by those whom it is not for."""

from datetime import date
from uuid import uuid4

import pytest

from sessions_app.models import ScheduleDraft
from tests.factories import ClinicSessionFactory
from tests.pages import page
from tests.sessions_app.scheduling import ADD, D10, D11, D12, Walk, live_dates


def test_a_change_in_another_tab_is_noticed(on, clinic_2024):
    client = on(date(2024, 2, 18))
    walk = Walk(client, clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Continue")
    clinic_2024.all_dates.create(value=D12)
    walk.send()
    assert "Somebody else changed this session" in walk.page.banner
    assert live_dates(clinic_2024) == [D12]


def test_confirming_twice_does_it_once(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    walk.dates(D10).follow("Continue")
    check = walk.address
    walk.send()
    walk.address = check
    walk.send()
    assert "saved already" in walk.page.banner
    assert live_dates(clinic_2024) == [D10]
    assert not ScheduleDraft.objects.exists()


def test_two_drafts_do_not_mix(on, clinic_2024):
    client = on(date(2024, 2, 18))
    one = Walk(client, clinic_2024).follow("Schedule sessions")
    other = Walk(client, clinic_2024).follow("Schedule sessions")
    began = other.address
    one.follow(ADD).dates(D10)
    other.follow(ADD).dates(D11)
    assert began not in (one.address, other.address) and one.address != other.address
    assert "11 March" not in one.at(one.address).page.text
    assert ADD in other.at(began).page.links


def test_opening_the_pages_of_an_edit_writes_nothing(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions")
    walk.follow(ADD)
    assert not ScheduleDraft.objects.exists()
    walk.dates(D10)
    assert ScheduleDraft.objects.count() == 1


def test_an_edit_begun_before_somebody_elses_is_not_mixed_with_it(on, clinic_2024):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    clinic_2024.all_dates.create(value=D12)
    walk.dates(D10)
    assert "Somebody else changed this session" in walk.page.banner
    assert not ScheduleDraft.objects.exists() and live_dates(clinic_2024) == [D12]


@pytest.mark.parametrize("part", ["", "dates/", "notice/", "reminders/", "check/"])
def test_a_draft_is_its_owners_and_its_sessions_alone(on, administrator, organisation, part):
    session = ClinicSessionFactory(organisation=organisation, academic_year=2023)
    client = on(date(2024, 2, 18))
    draft = Walk(client, session).follow("Schedule sessions").follow(ADD).dates(D10).address
    colleague = on(date(2024, 2, 18), administrator)
    for someone, address in (
        (colleague, draft),
        (client, f"/sessions/{session.slug}/edit/{uuid4()}/"),
    ):
        shown = page(someone.get(address + part, follow=True))
        assert shown.h1 == "Community clinic" and "saved already" in shown.banner


@pytest.mark.parametrize("part", ["", "dates/", "notice/", "reminders/", "check/"])
def test_another_organisation_finds_nothing(on, nurse_elsewhere, clinic_2024, part):
    walk = Walk(on(date(2024, 2, 18)), clinic_2024).follow("Schedule sessions").follow(ADD)
    draft = walk.dates(D10).address
    stranger = on(date(2024, 2, 18), nurse_elsewhere)
    for address in (draft + part, f"/sessions/{clinic_2024.slug}/edit/"):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address).status_code in (404, 405)
