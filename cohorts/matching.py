"""Finding the children whom rows mean: a few queries for thousands of rows.

Source: cohorts and imports §7 and §18-9: across organisations only the NHS number counts; names
are compared among an organisation's own children, and those whom only its own files know.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from django.db import connection

from accounts.models import Organisation
from cohorts import formats, search
from cohorts.models import Child
from cohorts.rules import Ambiguous, Identity, Match, Seeker, choose_child

BLOCK = 2000

# One arm for each pair of facts that every way of fitting has in common, each with its index.
_CANDIDATES = """
    WITH seeker AS (
        SELECT * FROM unnest(%(places)s::int[], %(given)s::text[], %(family)s::text[],
                             %(born)s::date[], %(postcode)s::text[])
                      AS seeker(place, given, family, born, postcode)
    ), found AS (
        SELECT seeker.place, child.id FROM seeker JOIN cohorts_child child
            ON child.date_of_birth = seeker.born AND child.family_name_key = seeker.family
        UNION
        SELECT seeker.place, child.id FROM seeker JOIN cohorts_child child
            ON child.date_of_birth = seeker.born AND child.given_name_key = seeker.given
        UNION
        SELECT seeker.place, child.id FROM seeker JOIN cohorts_child child
            ON child.postcode = seeker.postcode AND child.family_name_key = seeker.family
    )
    SELECT found.place, child.id, child.nhs_number, child.given_name, child.family_name,
           child.date_of_birth, child.postcode
    FROM found JOIN cohorts_child child ON child.id = found.id
    WHERE child.organisation_id = %(organisation)s
       OR (child.organisation_id IS NULL AND EXISTS (
            SELECT 1 FROM cohorts_uploadedchild uploaded
            JOIN cohorts_upload upload ON upload.id = uploaded.upload_id
            WHERE uploaded.child_id = child.id
              AND upload.organisation_id = %(organisation)s))
"""


def match_children(
    seekers: Sequence[Seeker], *, organisation: Organisation
) -> list[Match | Ambiguous | None]:
    """For each seeker, in order, the child it means, several that it could mean, or None.

    A match on the NHS number may be another organisation's child: callers must look.
    """
    chosen: list[Match | Ambiguous | None] = []
    for start in range(0, len(seekers), BLOCK):
        block = seekers[start : start + BLOCK]
        holders = _holders(block)
        candidates = find_candidates(block, organisation=organisation)
        chosen += [
            choose_child(
                seeker,
                holder=holders.get(seeker.nhs_number) if seeker.nhs_number else None,
                candidates=candidates.get(place, ()),
            )
            for place, seeker in enumerate(block)
        ]
    return chosen


def _holders(seekers: Iterable[Seeker]) -> dict[str, Identity]:
    """The children who hold the seekers' NHS numbers, of any organisation."""
    numbers = [seeker.nhs_number for seeker in seekers if seeker.nhs_number]
    columns = [field.name for field in fields(Identity)][1:]
    holders = Child.objects.filter(nhs_number__in=numbers).values_list("pk", *columns)
    return {identity.nhs_number: identity for identity in (Identity(*row) for row in holders)}


def find_candidates(
    seekers: Sequence[Seeker], *, organisation: Organisation
) -> Mapping[int, list[Identity]]:
    """The children who share enough with each seeker, by the seeker's place: one query.

    They share a birth date or postcode with it, and a name as search folds them. With the
    organisation's own children come those in nobody's cohort whom its files know.
    """
    parameters = {
        "places": list(range(len(seekers))),
        "given": [search.fold(seeker.given_name) for seeker in seekers],
        "family": [search.fold(seeker.family_name) for seeker in seekers],
        "born": [seeker.date_of_birth for seeker in seekers],
        "postcode": [
            seeker.postcode if formats.is_evidence(seeker.postcode) else None for seeker in seekers
        ],
        "organisation": organisation.pk,
    }
    found: dict[int, list[Identity]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters)
        for place, *identity in cursor.fetchall():
            found[place].append(Identity(*identity))
    return found
