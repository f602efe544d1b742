"""How Notify fills a template, for previews and for counting: pure text in, text out.

Only the placeholders that our own wording uses: plain values, no conditions and no files.
Source: Notify §9.
"""

import re
import unicodedata
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\(\(([^()]+?)\)\)")
MOST_TEXT_CHARACTERS = 918

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€")
WELSH = frozenset("ÀàÁáÂâÈèÉéÊêËëÌìÍíÎîÏïÒòÓóÔôÖöÙùÚúÛûÜüẀẁẂẃŴŵẄẅỲỳÝýŶŷŸÿ")
REPLACED = {
    "–": "-",
    "—": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "\t": " ",
    "\u00a0": " ",
}
ZERO_WIDTH = re.compile("[\u180e\u200b\u200c\u200d\u2060\ufeff]")


def key(name: str) -> str:
    """Names match whatever their case, spaces, underscores and hyphens."""
    return re.sub(r"[\s_-]", "", name).casefold()


def placeholders(*texts: str) -> list[str]:
    """The names that the texts ask for, each once, in order."""
    found: dict[str, str] = {}
    for text in texts:
        for name in PLACEHOLDER.findall(text):
            found.setdefault(key(name), name)
    return list(found.values())


def missing(text: str, values: Mapping[str, object]) -> list[str]:
    """The placeholders without a value; with one of them Notify refuses the message."""
    given = {key(name) for name, value in values.items() if value is not None}
    return [name for name in placeholders(text) if key(name) not in given]


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its values; a placeholder without one stays visible."""
    by_key = {key(name): str(value) for name, value in values.items() if value is not None}
    return PLACEHOLDER.sub(lambda match: by_key.get(key(match[1]), match[0]), text)


def fill_text_message(text: str, values: Mapping[str, object]) -> str:
    """A text message as the phone shows it, without the service name in front."""
    typed = ZERO_WIDTH.sub("", fill(text, values))
    # White space of every kind is one space, a hard one too.
    lines = [" ".join(line.split()) for line in typed.splitlines()]
    tidy = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return _to_phone_characters(re.sub(r" +([.,])", r"\1", tidy))


def _to_phone_characters(text: str) -> str:
    characters = []
    for character in text:
        if character in GSM or character in GSM_DOUBLE or character in WELSH:
            characters.append(character)
        elif character in REPLACED:
            characters.append(REPLACED[character])
        else:
            base = unicodedata.normalize("NFD", character)[0]
            characters.append(base if base in GSM else "?")
    return "".join(characters)


def fragments(message: str) -> int:
    """How many texts the network bills for a converted message, service name included."""
    if any(character in WELSH and character not in GSM for character in message):
        length, single, each = len(message), 70, 67
    else:
        length = len(message) + sum(character in GSM_DOUBLE for character in message)
        single, each = 160, 153
    return 1 if length <= single else -(-length // each)
