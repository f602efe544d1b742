"""Which two contacts are one person, and which of their details are kept."""

from govuk.fields import RadiosField
from govuk.forms import GovukForm
from records.contacts import Pair, Person
from records.parents import LABELS, ParentDetails

STAYS, GOES = "one", "other"
QUESTIONS = {
    "texts": "do they get updates by text message",
    "needs": "which contact needs are kept",
}
ERRORS = {"texts": "Select whether they get updates by text message"}


class WhoForm(GovukForm):
    """Who else the person is."""

    def __init__(self, *args, person: Person, others: list[Person], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        name = person.parent.display_name
        self.fields["other"] = RadiosField(
            label=f"Who is the same person as {name}?",
            choices=[(str(one.key), _told_apart(one)) for one in others],
            error_messages=dict.fromkeys(
                ("required", "invalid_choice"), f"Select who is the same person as {name}"
            ),
        )


def _told_apart(person: Person) -> str:
    words = person.details.in_words()
    named = f"{person.parent.display_name} ({person.label})"
    return ", ".join(filter(None, [named, words["email"] or words["phone"]]))


class KeepForm(GovukForm):
    """Of what differs, which is kept. Nothing is chosen beforehand."""

    def __init__(self, *args, pair: Pair, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.pair = pair
        self.settled = pair.settled()
        one, other = pair.stays.details.in_words(), pair.goes.details.in_words()
        for key, label in LABELS.items():
            if key in self.settled:
                continue
            question = QUESTIONS.get(key, f"which {label.lower()} is kept")
            self.fields[key] = RadiosField(
                label=f"{question[:1].upper()}{question[1:]}?",
                choices=[(STAYS, one[key]), (GOES, other[key])],
                choice_hints={
                    choice: "Messages do not arrive"
                    for choice, person in ((STAYS, pair.stays), (GOES, pair.goes))
                    if getattr(person.parent, f"{key}_failed_at", None)
                },
                error_messages=dict.fromkeys(
                    ("required", "invalid_choice"), ERRORS.get(key, f"Select {question}")
                ),
            )

    def details(self) -> ParentDetails:
        """The one person's details, once the form is valid."""
        whose = {STAYS: self.pair.stays.details, GOES: self.pair.goes.details}
        chosen = {key: whose[value] for key, value in self.cleaned_data.items()}
        return self.pair.combined({**self.settled, **chosen})
