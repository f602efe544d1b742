"""The wording of our messages: one file per message and channel, in Notify's own syntax.

The files are the truth; `print_templates` prints them for pasting into Notify, and
`check_templates` fails when Notify has something else. A file that exists is a message; its id
at Notify is a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from notifications import rendering

FOLDER = Path(__file__).parent / "wording"


class UnknownWording(LookupError):
    """There is no wording of that name on that channel."""


@dataclass(frozen=True)
class Wording:
    """What one message says on one channel."""

    name: str
    channel: str
    title: str
    subject: str
    body: str
    approval: str
    sanitise: tuple[str, ...]
    """Placeholders whose values could carry links: Notify strips Markdown from them. None of them
    may stand in the subject, where the escapes would show."""

    @property
    def placeholders(self) -> list[str]:
        """What the caller must fill in, subject first."""
        return rendering.placeholders(self.subject, self.body)

    @property
    def template_id(self) -> str:
        """Its id at Notify."""
        return settings.NOTIFY_TEMPLATE_IDS[f"{self.name}.{self.channel}"]

    @property
    def setting(self) -> str:
        """The environment variable that holds its id at Notify."""
        return f"NOTIFY_TEMPLATE_{self.name}_{self.channel}".upper()

    def missing(self, values: Mapping[str, object]) -> list[str]:
        """The placeholders that the values leave open."""
        return rendering.missing(f"{self.subject}\n{self.body}", values)

    def preview(self, values: Mapping[str, object]) -> "Preview":
        """What a parent would read."""
        if self.channel == "text":
            text = rendering.fill_text_message(self.body, values)
            return Preview("", text, rendering.fragments(text))
        return Preview(rendering.fill(self.subject, values), rendering.fill(self.body, values), 0)


@dataclass(frozen=True)
class Preview:
    """A filled message. `fragments` is what a text costs; 0 for an email."""

    subject: str
    body: str
    fragments: int


@cache
def all_wordings() -> dict[tuple[str, str], Wording]:
    """Every wording, by name and channel."""
    wordings = (_read(path) for path in sorted(FOLDER.glob("*.md")))
    return {(wording.name, wording.channel): wording for wording in wordings}


def get(name: str, channel: str) -> Wording:
    """The wording; UnknownWording if there is none."""
    try:
        return all_wordings()[name, channel]
    except KeyError:
        raise UnknownWording(f"{name} as {channel}") from None


def title(name: str, channel: str) -> str:
    """What the activity log calls the message, also once its wording is gone."""
    try:
        return get(name, channel).title
    except UnknownWording:
        return "Unknown email" if channel == "email" else "Unknown text message"


def _read(path: Path) -> Wording:
    name, channel = path.stem.split(".")
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    return Wording(
        name=name,
        channel=channel,
        title=fields["title"],
        subject=fields.get("subject", ""),
        body=body.strip(),
        approval=fields["approval"],
        sanitise=tuple(fields.get("sanitise", "").split()),
    )
