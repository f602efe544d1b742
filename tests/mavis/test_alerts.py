"""The alarm rules that we hand out ask for figures that exist, and lead to runbooks that exist."""

import re

import pytest
import yaml
from django.conf import settings

FILE = settings.BASE_DIR / "docs" / "operations" / "alerts.yml"
RULES = [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]
NAME = re.compile(r"\bmavis_\w+")
MATCHER = re.compile(r"(mavis_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\) \((?:\w+\()?(mavis_\w+)")


def test_the_file_has_the_shape_that_prometheus_reads():
    document = yaml.safe_load(FILE.read_text())
    assert set(document) == {"groups"}
    for group in document["groups"]:
        assert set(group) == {"name", "rules"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES) > 5


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_is_whole_and_leads_to_a_runbook(rule):
    assert set(rule) - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "runbook"}
    assert (settings.BASE_DIR / rule["annotations"]["runbook"]).is_file()
    expression = rule["expr"]
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    assert NAME.search(expression)


def test_every_rule_asks_for_figures_that_metrics_tells(exported):
    asked = {name for rule in RULES for name in NAME.findall(rule["expr"])}
    assert asked - set(exported) == set()


def test_every_rule_asks_for_labels_that_the_figures_have(exported):
    # What stands still only tells of it while it does.
    exported["mavis_sending_stopped"] = {"scope", "kind"}
    for rule in RULES:
        for name, matchers in MATCHER.findall(rule["expr"]):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
            assert labels <= exported[name], rule["alert"]
        for grouping, name in GROUPED.findall(rule["expr"]):
            assert set(re.split(r",\s*", grouping)) <= exported[name], rule["alert"]


def test_every_runbook_of_an_alarm_is_named_in_the_guide():
    guide = (settings.BASE_DIR / "docs" / "operations" / "running-in-production.md").read_text()
    for rule in RULES:
        name = rule["annotations"]["runbook"].rpartition("/")[2]
        assert name == "running-in-production.md" or name in guide


def test_every_alarm_is_played():
    """`promtool test rules` plays them; here only that none was left out."""
    played = yaml.safe_load((FILE.parent / "alerts.test.yml").read_text())
    assert played["rule_files"] == [FILE.name]
    cases = [case for test in played["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == {
        rule["alert"] for rule in RULES
    }
