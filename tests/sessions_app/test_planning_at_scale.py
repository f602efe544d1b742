"""How PostgreSQL goes about planning does not hang on statistics that are behind.

Right after a mailing, or an upload, they say that there is next to nothing, and a way that is quick
with three rows takes minutes with 100,000.
"""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions_app.invitations import due, planning
from tests.sessions_app.conftest import at

NOW = at("2027-01-26T10:00")


@pytest.fixture
def ways(clinic):
    """The query plans of a first or later mailing while the statistics know of one child."""
    clinic.child()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def find(asked, **occasion):
        with CaptureQueriesContext(connection) as queries:
            planning._write(
                asked, "x", clinic.session, now=NOW, child_ids=None, by=None, **occasion
            )
        (statement,) = [query["sql"] for query in queries if "WITH due" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + statement.replace("%", "%%"), [])
            [(plan,)] = cursor.fetchall()
        return list(_nodes((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))

    return find


def _nodes(node):
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _reads_only_rows_of_the_statement(node) -> bool:
    leaves = [one["Node Type"] for one in _nodes(node) if not one.get("Plans")]
    return set(leaves) == {"CTE Scan"}


def joined_without_an_index(nodes) -> list:
    """The joins of two sets that this statement itself makes."""
    return [
        node
        for node in nodes
        if node["Node Type"] in ("Nested Loop", "Hash Join", "Merge Join")
        and all(
            _reads_only_rows_of_the_statement(below)
            for below in node["Plans"]
            if below["Parent Relationship"] in ("Outer", "Inner")
        )
    ]


def test_who_was_invited_is_looked_up_in_a_hash(ways, clinic):
    """Not joined: each child would be compared with each invitation."""
    dated = clinic.session.all_dates.get().pk
    first = ways(due.FIRST)
    later = ways(due.LATER, session_date=dated, due_at=NOW)
    for nodes, lookups in ((first, 2), (later, 3)):
        readers = [one for one in nodes if one.get("Alias") in ("earlier", "same", "recent")]
        assert len(readers) == lookups
        assert {one["Parent Relationship"] for one in readers} == {"SubPlan"}
        assert json.dumps(nodes[0]).count("(hashed SubPlan") >= lookups


def test_no_two_sets_of_the_statement_itself_are_joined(ways):
    assert joined_without_an_index(ways(due.FIRST)) == []
