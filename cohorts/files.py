"""Reading an uploaded CSV: bytes in, numbered rows of clean cells out.

What is wrong with the file as a whole is a `FileProblem`, one sentence for the person who chose
it; what is wrong with single rows is for whoever reads the rows. Source: cohorts and imports
§3.2 and §3.3.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from cohorts.formats import clean_text

MAX_ROWS = 10_000
MAX_BYTES = 20 * 1024 * 1024
PROBLEMS_HEADER = "PROBLEMS_FOUND"

_MARKS = [  # the longer mark first: one begins with the other
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
# How files that are no CSV begin, and what people call them.
_OTHER_KINDS = [
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"MM\x00*", "a picture"),
    (b"{\\rtf", "a text document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Excel or Word"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file"),
    (b"Rar!", "a compressed file"),
]
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif")
# The folders inside a ZIP that make it a document of an office program.
_OFFICE_FOLDERS = {"xl": "an Excel workbook", "word": "a Word document", "ppt": "a presentation"}
_OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.spreadsheet": "a spreadsheet workbook",
    b"application/vnd.oasis.opendocument.text": "a text document",
}
_HELPER_CELL = re.compile(r"(required|optional)([,.:].*)?", re.IGNORECASE | re.DOTALL)
_FORMULA_STARTS = "=+-@\t\r"


class FileProblem(Exception):
    """The file cannot be read; the message is a sentence for the person who chose it."""


class Column(NamedTuple):
    """A column as the upload page explains it."""

    name: str
    is_required: bool
    help: str


@dataclass(frozen=True)
class Row:
    """One data row: the physical line it begins on, and its cells by normalised header."""

    line: int
    cells: dict[str, str]
    extra_cells: int = 0

    def __getitem__(self, header: str) -> str:
        """The clean cell; empty where the file has no such column or the row ends before it."""
        return self.cells.get(header, "")


@dataclass(frozen=True)
class Table:
    """The rows of a file, and which columns it has."""

    headers: tuple[str, ...]
    rows: list[Row]


def normalise_header(cell: str) -> str:
    """Upper case, with spaces and hyphens as single underscores: `Child-Last name` is known."""
    return re.sub(r"[\s_-]+", "_", clean_text(cell)).strip("_").upper()


def clean_cell(cell: str) -> str:
    """The cell with plain spacing, and without the mark that `neutralise` puts before a formula."""
    value = clean_text(cell)
    return value[1:] if value[:1] == "'" and value[1:2] in tuple(_FORMULA_STARTS) else value


def neutralise(cell: str) -> str:
    """The cell as it may stand in a download: a spreadsheet shows it and never calculates it."""
    return f"'{cell}" if cell[:1] in tuple(_FORMULA_STARTS) else cell


def read_table(content: bytes, *, required: Sequence[str]) -> Table:
    """All data rows of a CSV file.

    Blank lines are skipped wherever they are, and so is a first row of hints (Required…,
    Optional…). Raises `FileProblem` for a file that is no CSV, lacks one of the `required`
    columns, has one twice, holds no row, or holds more than 10,000.
    """
    records = _records(decode(content))
    try:
        _, header_cells = next(records)
    except StopIteration:
        raise FileProblem("The selected file is empty") from None
    headers = _check_headers(header_cells, required)
    rows: list[Row] = []
    is_first = True
    for line, cells in records:
        is_hints = is_first and _is_hints(cells)
        is_first = False
        if is_hints:
            continue
        if len(rows) == MAX_ROWS:
            raise FileProblem(
                f"The selected file has more than {MAX_ROWS:,} rows. Split it into smaller files"
            )
        rows.append(
            Row(
                line=line,
                cells={
                    header: clean_cell(cell)
                    for header, cell in zip(headers, cells, strict=False)
                    if header
                },
                extra_cells=sum(1 for cell in cells[len(headers) :] if clean_text(cell)),
            )
        )
    if not rows:
        raise FileProblem("The selected file must have at least one row below the column names")
    return Table(headers=tuple(header for header in headers if header), rows=rows)


def decode(content: bytes) -> str:
    """The text of a file: marked Unicode, else UTF-8, else Windows-1252; nothing is guessed."""
    if len(content) > MAX_BYTES:
        raise FileProblem(f"The selected file must be smaller than {MAX_BYTES // 1024**2}MB")
    if not content:
        raise FileProblem("The selected file is empty")
    if kind := other_kind(content):
        raise FileProblem(f"The file is {kind}. It must be a CSV: save it as CSV UTF-8")
    encodings = [name for mark, name in _MARKS if content.startswith(mark)][:1]
    for encoding in encodings or ["utf-8", "windows-1252"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileProblem("The selected file has characters that cannot be read. Save it as CSV UTF-8")


def other_kind(content: bytes) -> str:
    """What a file is that is no CSV, told by how it begins: a PDF; "" if that is not known."""
    for start, kind in _OTHER_KINDS:
        if content.startswith(start):
            return kind
    is_webp = content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    is_heif = content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS
    if is_webp or is_heif:
        return "a picture"
    return _kind_of_zip(content) if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) else ""


def _kind_of_zip(content: bytes) -> str:
    """Documents of office programs are ZIP files too: told by what lies in them, unread."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return "a ZIP file"
    for folder, kind in _OFFICE_FOLDERS.items():
        if any(name.startswith(f"{folder}/") for name in names):
            return kind
    kinds = (kind for mark, kind in _OPEN_DOCUMENTS.items() if mark in content[:200])
    return next(kinds, "a ZIP file")


def annotate(content: bytes, problems: dict[int, str]) -> Iterator[str]:
    """The file as lines of a new CSV, with a first column that says what is wrong with each row.

    `problems` maps the line a row begins on to the words. Cells that a spreadsheet would take for
    a formula are neutralised. The result can be put right and uploaded again: the reader ignores
    the added column, and here a column left from an earlier round makes room for the new one.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    headers: list[str] = []
    for line, cells in _records(decode(content)):
        first = problems.get(line, "") if headers else PROBLEMS_HEADER
        headers = headers or [normalise_header(cell) for cell in cells]
        kept = [
            cell
            for header, cell in zip_longest(headers, cells, fillvalue="")
            if header != PROBLEMS_HEADER
        ]
        writer.writerow([neutralise(cell) for cell in [first, *kept]])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _is_hints(cells: list[str]) -> bool:
    """Whether a row is the template's own, which says what each column takes."""
    first = next(text for cell in cells if (text := clean_text(cell)))
    return bool(_HELPER_CELL.fullmatch(first))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the physical line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise FileProblem(
                    f"The selected file has a cell that is too long, on line {line}. "
                    "Check the quotation marks there"
                ) from None
            raise FileProblem(
                f"The selected file is not a valid CSV: check the quotation marks on line {line}"
            ) from None
        if any(clean_text(cell) for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _check_headers(cells: list[str], required: Sequence[str]) -> list[str]:
    if "\x00" in "".join(cells):
        raise FileProblem("The selected file is not a valid CSV. Save it as CSV UTF-8")
    if len([cell for cell in cells if clean_text(cell)]) == 1:
        for delimiter, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
            if delimiter in cells[0]:
                raise FileProblem(
                    f"The selected file separates its columns with {name}. "
                    "Save it as CSV with commas"
                )
    headers = [normalise_header(cell) for cell in cells]
    twice = sorted({header for header in headers if header and headers.count(header) > 1})
    if twice:
        raise FileProblem(f"The selected file has this column more than once: {', '.join(twice)}")
    missing = [header for header in required if header not in headers]
    if missing:
        columns = "this column" if len(missing) == 1 else "these columns"
        raise FileProblem(f"The selected file is missing {columns}: {', '.join(missing)}")
    return headers
