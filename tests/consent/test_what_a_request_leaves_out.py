"""A child keeps one vaccination from their parents while a request about several is on its way: it
asks about the rest, and tells nothing of the other. Consent §11; lessons I9; decisions 0064, 0067.
"""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts.models import Parent
from consent.guard import ANSWERED, CALLED_BACK, KEPT, VACCINATED, what_is_left
from consent.messages import ASKING
from consent.models import ConsentRequest, ConsentResponse, GillickAssessment
from notifications import claims, guarding, wording
from notifications.models import Channel, Lane, Message
from notifications.rewording import Rewording
from programmes.models import OrganisationProgramme, Programme
from sessions_app.models import Session
from tests import factories
from tests.consent.school import School
from tests.sessions_app.conftest import at

NAMES = {"flu": "Flu", "hpv": "HPV", "menacwy": "MenACWY", "mmr": "MMR", "td_ipv": "Td/IPV"}
VALUES = {
    "short_child_name": "Sam",
    "full_and_preferred_child_name": "Sam Poole",
    "vaccination": "Flu, HPV, MenACWY, MMR and Td/IPV vaccinations",
    "consent_link": "all of them",
    "consent_deadline": "11 January 2027",
    "location_name": "Grace Academy",
    "session_dates": "Tuesday 12 January",
    "privacy_notice": "Ask us if you want to know how we use your information.",
    "team_name": "Coventry team",
    "team_email": "team@example.com",
    "team_phone": "024",
}


@given(
    named=st.dictionaries(
        st.sampled_from(sorted(NAMES)),
        st.sampled_from(["", "", KEPT, ANSWERED, VACCINATED, CALLED_BACK]),
        min_size=1,
    ),
    before=st.sets(st.sampled_from(["rsv"])),
)
def test_i09_no_request_tells_of_what_the_child_keeps_and_all_else_that_is_open_is_asked(
    named, before
):
    message = Message(personalisation=VALUES, left_out=sorted(before) or None)
    session = Session(slug="abcdefghij")
    programmes = {Programme(key=key, name=NAMES[key]): why for key, why in named.items()}
    kept = {key for key, why in named.items() if why == KEPT}
    open_ones = {key for key, why in named.items() if not why}
    answer = what_is_left(message, session, programmes)
    if not open_ones:
        assert answer == (KEPT if kept else next(iter(named.values())))
    elif not kept:
        assert answer == ""
    else:
        assert isinstance(answer, Rewording)
        assert answer.left_out == before | (named.keys() - open_ones)
        for template in ASKING:
            for channel in Channel:
                read = wording.get(template, channel).preview(answer.personalisation)
                words = f"{read.subject} {read.body}".lower()
                for key, name in NAMES.items():
                    assert (name.lower() in words) == (key in open_ones)
                    assert (f"{key}/" in words or f"{key}-" in words) == (key in open_ones)


@pytest.fixture
def school(organisation):
    """That asks about both vaccinations of adolescents on 22 December."""
    for programme in ("menacwy", "td_ipv"):
        OrganisationProgramme.objects.create(organisation=organisation, programme_id=programme)
    return School(organisation, dates=[date(2027, 1, 12)], programmes=["menacwy", "td_ipv"])


@pytest.fixture
def child(school):
    return school.child(parents=2, birth_academic_year=2012)


@pytest.fixture
def keeps_menacwy(school, child, nurse):
    """The child's own yes to MenACWY, of which the parents are to hear nothing."""

    def keep(when):
        response = factories.ResponseFactory(
            child=child,
            programme_id="menacwy",
            session=school.session,
            parent=None,
            parent_name=child.full_name,
            relationship="Child (Gillick competent)",
            route="self",
            notify_parents=False,
            assessment=GillickAssessment.objects.create(
                child=child,
                programme_id="menacwy",
                session=school.session,
                assessed_on=at(when).date(),
                **dict.fromkeys(GillickAssessment.STATEMENTS, True),
                performed_by=nurse,
                performed_at=at(when),
            ),
            responded_at=at(when),
            recorded_by=nurse,
        )
        school.refresh(child, now=when)
        return response

    return keep


def look(when, **which):
    """The last look at what waits; what may go."""
    waiting = Message.objects.filter(status="waiting")
    waiting.update(due_at=at(when) + timedelta(days=30))
    waiting.filter(**which).update(due_at=at(when))
    backlog = claims.backlog(lanes=list(Lane), channels=Channel.values, now=at(when))
    return guarding.ask(backlog.claim(most=50, now=at(when)), now=at(when))


def asked(child):
    found = ConsentRequest.objects.filter(child=child, withheld_at__isnull=True)
    return sorted(found.values_list("programme_id", flat=True))


@pytest.mark.django_db
def test_i09_the_parent_who_was_not_asked_yet_is_asked_about_the_other_vaccination(
    school, child, keeps_menacwy
):
    assert school.run("2026-12-22") == 1
    first, *_ = school.messages(child)
    [sent] = look("2026-12-22T16:00", pk=first.pk)
    assert sent.personalisation["vaccination"] == "MenACWY and Td/IPV vaccinations"
    keeps_menacwy("2026-12-22T16:30")
    rest = look("2026-12-22T16:45")
    assert len(rest) == len(school.messages(child)) - 1
    for message in rest:
        assert message.left_out == ["menacwy"]
        assert message.personalisation["vaccination"] == "Td/IPV vaccination"
        assert message.personalisation["consent_link"].endswith("/td_ipv/start")
    assert asked(child) == ["menacwy", "td_ipv"], "somebody read of both"
    told = child.activity.filter(title__contains="written without").first()
    assert told.title == f"Consent school request written without MenACWY: {KEPT}"


@pytest.mark.django_db
def test_i09_what_nobody_read_of_was_not_asked_and_is_once_the_wish_is_over(
    school, child, keeps_menacwy
):
    school.run("2026-12-22")
    own = keeps_menacwy("2026-12-22T16:30")
    look("2026-12-22T16:45", channel="email")
    assert asked(child) == ["menacwy", "td_ipv"], "texts that wait still name both"
    look("2026-12-22T16:50", channel="text")
    assert asked(child) == ["td_ipv"]
    assert school.run("2026-12-26") == 0
    # Nobody acted on it, so there is nothing to tell.
    ConsentResponse.objects.filter(pk=own.pk).update(invalidated_at=at("2026-12-27T02:00"))
    school.refresh(child, now="2026-12-27T02:00")
    assert school.run("2026-12-27") == 1
    assert asked(child) == ["menacwy", "td_ipv"]


@pytest.mark.django_db
def test_i14_what_only_a_text_that_failed_named_is_asked_anew(school, child, keeps_menacwy):
    school.run("2026-12-22")
    assert look("2026-12-22T16:00", channel="text")
    own = keeps_menacwy("2026-12-22T16:30")
    assert all(one.left_out == ["menacwy"] for one in look("2026-12-22T16:45", channel="email"))
    texts = Message.objects.filter(channel="text")
    texts.update(status="failed", claim=None, claimed_at=None)
    ConsentResponse.objects.filter(pk=own.pk).update(invalidated_at=at("2026-12-27T02:00"))
    school.refresh(child, now="2026-12-27T02:00")
    assert school.run("2026-12-27") == 1
    newest = ConsentRequest.objects.filter(child=child).latest("requested_at")
    assert newest.programme_id == "menacwy"
    assert asked(child) == ["menacwy", "td_ipv"]


@pytest.mark.django_db
def test_i09_what_was_left_out_stays_out_of_a_message_that_is_tried_again(
    school, child, keeps_menacwy
):
    school.run("2026-12-22")
    own = keeps_menacwy("2026-12-22T16:30")
    before = look("2026-12-22T16:45")
    Message.objects.update(status="waiting", claim=None, claimed_at=None)
    ConsentResponse.objects.filter(pk=own.pk).update(invalidated_at=at("2026-12-22T17:00"))
    again = look("2026-12-22T17:00")
    assert {one.pk: one.personalisation for one in again} == {
        one.pk: one.personalisation for one in before
    }


@pytest.mark.django_db
def test_i09_if_its_addresses_change_and_the_rest_is_kept_nobody_is_told(
    school, child, keeps_menacwy
):
    """One message is held back as it named both, the others leave one out: nobody read of it."""
    school.run("2026-12-22")
    keeps_menacwy("2026-12-22T16:30")
    gone = Parent.objects.filter(relationships__child=child).first()
    Parent.objects.filter(pk=gone.pk).update(email="", phone="", wants_text_updates=False)
    left = look("2026-12-22T16:45")
    assert {one.parent_id for one in left} == set(
        child.relationships.exclude(parent=gone).values_list("parent_id", flat=True)
    )
    assert asked(child) == ["td_ipv"]
