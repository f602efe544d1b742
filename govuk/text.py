"""What people typed, made plain: nothing invisible, nothing that reorders or disturbs a page."""

import re
import unicodedata

# Letters that show nothing, though Unicode does not call them invisible.
_BLANKS = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"))
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")
# No language writes more marks than this on one letter.
_MARKS_ON_A_LETTER = 4


def one_line_end(text: str) -> str:
    """The text with each end of a line as one character, whichever a browser or a program sends."""
    return _LINE_ENDS.sub("\n", text)


def plain_line(text: str) -> str:
    """The text on one line, trimmed, with single spaces."""
    return " ".join(plain_lines(text).split())


def plain_lines(text: str) -> str:
    """The text with its lines kept: NFC, without control and invisible characters.

    Marks that change the direction of writing go, as do heaps of accents on one letter.
    """
    lined = one_line_end(text)
    kept = "".join(filter(_is_shown, lined.translate(_BLANKS)))
    joined = _unheaped(unicodedata.normalize("NFC", kept))
    lines = (_SPACES.sub(" ", line).strip() for line in joined.split("\n"))
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _is_shown(letter: str) -> bool:
    return letter in "\n\t" or not unicodedata.category(letter).startswith("C")


def _unheaped(text: str) -> str:
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MARKS_ON_A_LETTER:
            kept.append(letter)
    return "".join(kept)
