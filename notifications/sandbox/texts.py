"""Text messages: what a phone can show, and how many fragments it costs. Source: Notify §9."""

import math
import re
import unicodedata

LIMIT = 918
# The two tables of GSM 03.38, without its control characters.
GSM_EXTENDED = set("^{}\\[]~|€")
GSM = GSM_EXTENDED | set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Welsh vowels with grave, acute, diaeresis and circumflex: sent as they are, at a higher price.
WELSH = set("àèìòùẁỳáéíóúẃýäëïöüẅÿâêîôûŵŷ")
WELSH |= {letter.upper() for letter in WELSH}
NEEDS_UNICODE = WELSH - GSM

INVISIBLE = "\u180e\u200b\u200c\u200d\u2060\ufeff\u2028\u2029"
WITHOUT_INVISIBLE = str.maketrans("", "", INVISIBLE)
REPLACEMENTS = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **dict.fromkeys(INVISIBLE, ""),
    **dict.fromkeys("\t\u00a0\u202f", " "),
    "\u2026": "...",
}
SPACE_BEFORE_PUNCTUATION = re.compile(r"[ \t]+([,.])")
MANY_LINE_BREAKS = re.compile(r"\n{3,}")


def normalise(text: str, *, prefix: str = "") -> str:
    """The text as a phone shows it: tidied white space, characters it can show."""
    if prefix:
        text = f"{prefix.strip()}: {text}"
    text = SPACE_BEFORE_PUNCTUATION.sub(r"\1", text.translate(WITHOUT_INVISIBLE))
    text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    text = MANY_LINE_BREAKS.sub("\n\n", text).strip()
    # Last, so that the full stops of an ellipsis keep the space before them.
    return "".join(convert(character) for character in text)


def convert(character: str) -> str:
    """The character, its nearest relative that a phone can show, or a question mark."""
    if character in GSM or character in WELSH:
        return character
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    parts = unicodedata.decomposition(character).split()
    if parts and not parts[0].startswith("<"):
        base = chr(int(parts[0], 16))
        if base in GSM:
            return base
    return "?"


def losses(text: str) -> list[tuple[str, str]]:
    """The characters of a text that a phone cannot show, each once, with what it shows instead."""
    seen = dict.fromkeys(character for character in text if convert(character) != character)
    return [(character, convert(character)) for character in seen]


def fragment_count(text: str) -> int:
    """How many fragments a normalised text is sent and billed as."""
    if NEEDS_UNICODE & set(text):
        return _fragments(len(text), single=70, joined=67)
    doubled = sum(character in GSM_EXTENDED for character in text)
    return _fragments(len(text) + doubled, single=160, joined=153)


def _fragments(length: int, *, single: int, joined: int) -> int:
    return 1 if length <= single else math.ceil(length / joined)
