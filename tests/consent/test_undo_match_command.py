"""`manage.py undo_match`: what operators do once the child is in another organisation's cohort."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from activity.selectors import child_log
from cohorts.services import school_moves
from consent.models import OnlineResponse, Triage, UndoneMatch
from consent.services import matching
from sessions_app.models import ProgrammeStatus
from tests import factories
from tests.consent.online import NOW, parents_of, waiting

pytestmark = pytest.mark.django_db
REASON = ["--reason", "The family phoned", "--by", "operator@example.com"]


@pytest.fixture(autouse=True)
def operator(organisation):
    return factories.UserFactory(organisation=organisation, email="operator@example.com")


@pytest.fixture
def there(elsewhere):
    return factories.SessionFactory(organisation=elsewhere, dates=[NOW.date() + timedelta(days=8)])


@pytest.fixture
def child(link):
    return link.child()


@pytest.fixture
def response(link, child, nurse, there, nurse_elsewhere):
    """Pat Poole's about Sam Poole, linked with Jo Lee by mistake, who then moved elsewhere, where
    a nurse found it safe on that answer.
    """
    response = link.response(
        given_name="Sam", family_name="Poole", parent_name="Pat Poole", email="pat@example.com"
    )
    matching.link(response_id=response.pk, child=child, by=nurse, now=NOW - timedelta(hours=1))
    # Pat's own child stays here, so that Pat goes along as a copy.
    pat = child.relationships.get(parent__full_name="Pat Poole").parent
    factories.RelationshipFactory(child=link.child(given_name="Sam", mum=False), parent=pat)
    target = school_moves.Schooling(there.location_id, None)
    school_moves.propose([school_moves.Proposal(child, target)], source="cohort", now=NOW)
    move = child.school_moves.get(decision="")
    school_moves.confirm(move_id=move.pk, by=nurse, now=NOW)
    child.refresh_from_db()
    Triage.objects.create(
        child=child,
        programme_id="hpv",
        organisation=there.organisation,
        session=there,
        academic_year=2026,
        outcome="safe",
        performed_by=nurse_elsewhere,
        performed_at=NOW,
    )
    return response


def run(*arguments):
    out = StringIO()
    call_command("undo_match", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_it_lists_what_is_matched_without_names(response, child, organisation):
    listed = run(child.public_id)
    assert f"{response.public_id}  HPV, answered on 12 January 2027" in listed
    assert organisation.ods_code in listed
    assert not any(name in listed for name in ("Poole", "Pat", "Lee"))
    assert "No online response" in run(factories.ChildFactory().public_id)


def test_a_dry_run_says_what_would_follow_and_changes_nothing(response, child):
    said = run(child.public_id, response.public_id, "--dry-run")
    assert "Ends: HPV, Safe to vaccinate, 12 January 2027" in said
    assert "The parent whom the match added leaves the child record" in said
    assert OnlineResponse.objects.get(pk=response.pk).child == child
    assert not UndoneMatch.objects.exists()


def test_it_undoes_the_match_and_both_organisations_are_told(
    response, child, operator, there, link
):
    said = run(child.public_id, response.public_id, *REASON)
    assert "Undone: the response waits in Unmatched responses" in said
    assert waiting() == [response]
    assert ProgrammeStatus.objects.get(child=child, programme_id="hpv").consent == "no_response"
    assert Triage.objects.get().invalidated_at is not None
    assert [name for name, *_ in parents_of(child)] == ["Mo Lee"]
    assert UndoneMatch.objects.get().undone_by == operator
    for organisation, told in (
        (link.organisation, "Match with a consent response undone: it is about another child"),
        (there.organisation, "A consent response to another organisation is about another child"),
    ):
        log = child_log(child=child, organisation=organisation)
        titles = [entry.title for day in log.days for entry in day.entries]
        assert told in titles
        left = "Parent or guardian removed: Pat Poole (Mum)"
        assert (left in titles) == (organisation == there.organisation), "whose contact it was"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"child": "12"}, "“12” is no id"),
        ({"child": uuid4()}, "There is no child"),
        ({"response": uuid4()}, "is matched with this child"),
        ({"options": ["--reason", "Phoned"]}, "--by must be"),
        ({"options": ["--reason", "Phoned", "--by", "nobody@example.com"]}, "--by must be"),
        ({"options": ["--by", "operator@example.com"]}, "--reason must be given"),
        ({"options": [*REASON, "--reason", "x" * 1001]}, "--reason must be given"),
    ],
)
def test_bad_input_gets_a_sentence_and_changes_nothing(response, child, change, says):
    given = {"child": child.public_id, "response": response.public_id, "options": REASON} | change
    with pytest.raises(CommandError, match=says):
        run(given["child"], given["response"], *given["options"])
    assert not UndoneMatch.objects.exists()
