"""One child on several rows of a file: every such row is wrong. Source: cohorts and imports §9."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from cohorts import formats, search
from cohorts.child_rows import ChildRow, Problem

ANY = "any"
NAMED_LINES = 3


def find(rows: Iterable[ChildRow]) -> Iterator[Problem]:
    """A problem for each row that means the child of another one.

    Those are rows with one NHS number, and rows with one name and birth date, unless NHS number
    or postcode tells them apart. Twins, who share all but the first name, are no repeats.
    """
    by_number: dict[str, list[int]] = defaultdict(list)
    by_name: dict[tuple, list[ChildRow]] = defaultdict(list)
    for row in rows:
        if row.nhs_number:
            by_number[row.nhs_number].append(row.line)
        names = search.fold(row.given_name), search.fold(row.family_name)
        by_name[(*names, row.date_of_birth)].append(row)
    reported = set()
    for lines in by_number.values():
        if len(lines) > 1:
            reported.update(lines)
            for line in lines:
                message = f"This NHS number is also on {_other_lines(line, lines)}"
                yield Problem(line, "CHILD_NHS_NUMBER", message)
    for namesakes in by_name.values():
        if len(namesakes) > 1:
            yield from _nothing_tells_apart(namesakes, reported)


def _nothing_tells_apart(namesakes: list[ChildRow], reported: set[int]) -> Iterator[Problem]:
    """Of rows with one name and birth date, those that another one could repeat."""
    filed: dict[tuple[str | None, str | None], list[int]] = defaultdict(list)
    for row in namesakes:
        postcode, number = _marks(row)
        # Filed under what it says, and under each thing that a reader may leave open.
        for key in ((postcode, number), (postcode, ANY), (ANY, number), (ANY, ANY)):
            filed[key].append(row.line)
    for row in namesakes:
        if row.line in reported:
            continue
        postcode, number = _marks(row)
        same = {
            line
            for place in ((postcode, None) if postcode else (ANY,))
            for digits in ((number, None) if number else (ANY,))
            for line in islice(filed.get((place, digits), ()), NAMED_LINES + 2)
        }
        if same - {row.line}:
            yield Problem(
                row.line,
                "",
                f"This child is also on {_other_lines(row.line, sorted(same))}: the name and "
                "date of birth are the same",
            )


def _marks(row: ChildRow) -> tuple[str | None, str | None]:
    """What may tell a row apart: where the child lives, and the NHS number."""
    return row.postcode if formats.is_evidence(row.postcode) else None, row.nhs_number


def _other_lines(line: int, lines: list[int]) -> str:
    """Line 5, lines 5 and 6, or the first three and that there are more."""
    others = list(islice((other for other in lines if other != line), NAMED_LINES + 1))
    if len(others) == 1:
        return f"line {others[0]}"
    if len(others) > NAMED_LINES:
        return f"lines {', '.join(map(str, others[:-1]))} and more"
    return f"lines {', '.join(map(str, others[:-1]))} and {others[-1]}"
