"""What a health question is. Source: consent §2.5."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

DETAILS_LENGTH = 1000


class Triage(Enum):
    """Whether a yes calls for triage; teams differ about other medical conditions."""

    ALWAYS = "always"
    NEVER = "never"
    ORGANISATION_DECIDES = "organisation decides"


@dataclass(frozen=True)
class Question:
    """One yes-or-no question, known by its key wherever it is asked.

    A yes needs details, unless it leads to follow-up questions, which then ask for them.
    """

    key: str
    text: str
    hint: str = ""
    details_prompt: str = "Give details"
    triage: Triage = Triage.ALWAYS
    only_with_gelatine: bool = False
    follow_ups: tuple["Question", ...] = ()

    @property
    def needs_details(self) -> bool:
        return not self.follow_ups


@dataclass(frozen=True)
class QuestionSet:
    """The questions of a programme in the order asked, from one version on.

    `method` narrows the set to consent to that method; empty where there is but one. `is_own`: it
    asks a child who answers for themselves.
    """

    programme: str
    version: int
    questions: tuple[Question, ...]
    method: str = ""
    approved_on: date | None = None
    is_own: bool = False

    @property
    def name(self) -> str:
        """The programme, with the method where it has several, and `own` where it asks a child."""
        parts = (self.programme, self.method, "own" if self.is_own else "")
        return "_".join(filter(None, parts))
