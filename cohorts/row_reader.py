"""Reading one row of a file cell by cell, and collecting what is wrong with it."""

from collections.abc import Callable
from typing import Any

from cohorts.child_rows import Problem
from cohorts.files import Row
from cohorts.formats import BadValue


class RowReader:
    """Readers of a kind of row build on it; a row is good once read without `problems`."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.problems: list[Problem] = []
        if row.extra_cells:
            self.refuse(
                "",
                "This row has more values than there are columns. Check for a comma inside a "
                "value that has no quotation marks",
            )

    def refuse(self, column: str, message: str) -> None:
        """Note that the cell, or without a column the whole row, is wrong."""
        self.problems.append(Problem(self.row.line, column, message))

    def cell(self, column: str, parse: Callable[..., Any], empty: Any = "", **options: Any) -> Any:
        """The parsed cell; `empty` where it is blank or wrong."""
        text = self.row[column]
        if not text:
            return empty
        try:
            return parse(text, **options)
        except BadValue as problem:
            self.refuse(column, str(problem))
            return empty

    def required_cell(
        self, column: str, parse: Callable[..., Any], ask: str, **options: Any
    ) -> Any:
        """The parsed cell; None where it is blank, which `ask` says, or wrong."""
        if not self.row[column]:
            self.refuse(column, ask)
        return self.cell(column, parse, None, **options)
