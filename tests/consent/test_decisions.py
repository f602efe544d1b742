"""What may be decided about each programme, and why it may be refused."""

import pytest

from consent import decisions, reasons
from consent.choices import Decision, Reason
from consent.decisions import Agreement
from programmes.models import Programme
from programmes.selectors import contains_gelatine


@pytest.mark.parametrize(
    ("programme", "choice", "further", "expected"),
    [
        ("hpv", "given", "", Agreement(("injection",))),
        ("menacwy", "given", "", Agreement(("injection",))),
        ("td_ipv", "given", "", Agreement(("injection",))),
        ("flu", "nasal", "yes", Agreement(("nasal", "injection"))),
        ("flu", "nasal", "no", Agreement(("nasal",))),
        ("flu", "injection", "", Agreement(("injection",), without_gelatine=True)),
        ("mmr", "given", "either", Agreement(("injection",))),
        ("mmr", "given", "without", Agreement(("injection",), without_gelatine=True)),
        ("hpv", "refused", "", None),
        ("flu", "not_provided", "", None),
    ],
)
def test_each_choice_stores_what_was_agreed_to(programme, choice, further, expected):
    assert decisions.agreement_to(programme, choice, further) == expected
    given = Decision.GIVEN if expected else choice
    assert decisions.decision_of(choice) == given


@pytest.mark.parametrize(
    ("programme", "choice", "further"),
    [("hpv", "nasal", ""), ("flu", "given", ""), ("flu", "nasal", ""), ("mmr", "given", "yes")],
)
def test_a_choice_that_is_not_offered_is_an_error(programme, choice, further):
    with pytest.raises(LookupError):
        decisions.agreement_to(programme, choice, further)


@pytest.mark.parametrize(
    ("choice", "chosen", "menacwy", "td_ipv"),
    [
        ("both", "", "given", "given"),
        ("one", "menacwy", "given", "refused"),
        ("one", "td_ipv", "refused", "given"),
        ("refused", "", "refused", "refused"),
        ("not_provided", "", "not_provided", "not_provided"),
    ],
)
def test_doubles_are_decided_each_for_itself(choice, chosen, menacwy, td_ipv):
    decided = {"menacwy": menacwy, "td_ipv": td_ipv}
    assert decisions.decisions_on(decisions.DOUBLES, choice, chosen) == decided
    agreed = [programme for programme, decision in decided.items() if decision == "given"]
    found = decisions.agreements_to(decisions.DOUBLES, choice, chosen=chosen)
    assert found == dict.fromkeys(agreed, decisions.Agreement())


def test_one_of_the_doubles_must_be_named():
    for chosen in ("", "hpv"):
        with pytest.raises(LookupError):
            decisions.decisions_on(decisions.DOUBLES, "one", chosen)


@pytest.mark.parametrize("programmes", [("hpv",), decisions.DOUBLES])
def test_nothing_is_decided_before_a_choice(programmes):
    assert decisions.decisions_on(programmes, "") == decisions.agreements_to(programmes, "") == {}


@pytest.mark.django_db
def test_every_programme_can_be_decided_about():
    assert set(decisions.OPTIONS) == set(Programme.objects.values_list("key", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("programme", "has_gelatine"),
    [("hpv", False), ("menacwy", False), ("td_ipv", False), ("flu", True), ("mmr", True)],
)
def test_gelatine_is_a_reason_where_a_vaccine_in_use_contains_it(programme, has_gelatine):
    assert contains_gelatine(programme) == has_gelatine


@pytest.mark.parametrize("has_gelatine", [True, False])
@pytest.mark.parametrize("is_at_school", [True, False])
def test_reasons_are_offered_by_programme_and_place_with_other_last(has_gelatine, is_at_school):
    found = reasons.offered(contains_gelatine=has_gelatine, is_at_school=is_at_school)
    assert (Reason.GELATINE in found) == has_gelatine
    assert (Reason.NOT_AT_SCHOOL in found) == is_at_school
    assert found[-1] == Reason.OTHER
    assert len(found) == 5 + has_gelatine + is_at_school


@pytest.mark.parametrize(
    ("reason", "needs_details", "offers_follow_up"),
    [
        (Reason.GELATINE, False, True),
        (Reason.ALREADY_VACCINATED, True, False),
        (Reason.ELSEWHERE, True, False),
        (Reason.MEDICAL, True, True),
        (Reason.NOT_AT_SCHOOL, False, True),
        (Reason.PERSONAL, False, True),
        (Reason.OTHER, True, True),
    ],
)
def test_each_reason_asks_for_details_and_offers_a_talk_as_the_table_says(
    reason, needs_details, offers_follow_up
):
    rule = reasons.rule_of(reason)
    assert rule.needs_details == needs_details
    assert bool(rule.parent_text) == needs_details
    assert rule.offers_follow_up == offers_follow_up


def test_mmr_received_already_means_both_doses():
    assert "both doses" in reasons.rule_of("already_vaccinated", programme="mmr").parent_text
    assert "both doses" not in reasons.rule_of("already_vaccinated", programme="hpv").parent_text


@pytest.mark.parametrize(
    ("decided", "banner"),
    [
        ({"HPV": "given"}, "Consent recorded for Jo Lee."),
        ({"MenACWY": "given", "Td/IPV": "given"}, "Consent recorded for Jo Lee."),
        ({"HPV": "refused"}, "Refusal recorded for Jo Lee."),
        ({"MenACWY": "refused", "Td/IPV": "refused"}, "Refusal recorded for Jo Lee."),
        ({"HPV": "not_provided"}, "Recorded for Jo Lee: no response."),
        (
            {"MenACWY": "given", "Td/IPV": "refused"},
            "Consent to MenACWY and refusal of Td/IPV recorded for Jo Lee.",
        ),
    ],
)
def test_the_banner_says_what_was_recorded(decided, banner):
    assert decisions.recorded_in_words(decided, child="Jo Lee") == banner
