"""Reading CSV files as people save them. Row numbers: cohorts and imports §17."""

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohorts import files
from cohorts.files import FileProblem, read_table

REQUIRED = ("NAME", "TOWN")


def read(text: str | bytes, encoding: str = "utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return read_table(content, required=REQUIRED)


def problem_with(text: str | bytes, encoding: str = "utf-8") -> str:
    with pytest.raises(FileProblem) as problem:
        read(text, encoding)
    return str(problem.value)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"  \r\n,,\r\n"])
def test_row_74_an_empty_file(content):
    assert problem_with(content) == "The selected file is empty"


@pytest.mark.parametrize(
    "text", ["NAME,TOWN\n", "NAME,TOWN\n\n,\n", "NAME,TOWN\nRequired: text,Optional\n"]
)
def test_row_74_a_file_with_only_its_header(text):
    assert "at least one row" in problem_with(text)


def test_row_74_missing_columns_are_all_named():
    assert problem_with("bad\n1\n").endswith("missing these columns: NAME, TOWN")
    assert problem_with("name\n1\n").endswith("missing this column: TOWN")


def test_row_75_an_unclosed_quotation_mark():
    assert problem_with('NAME,TOWN\nA,B\n"C,D\nE,F\n').endswith("quotation marks on line 3")
    assert problem_with('NAME,TOWN\n"A"b,B\n').endswith("quotation marks on line 2")


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "whatever")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\x00", "a picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"GIF89a", "a picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a picture"),
        (b"\x00\x00\x00\x18ftypheic", "a picture"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
        (zipped("nominal-roll.csv"), "a ZIP file"),
        (b"PK\x03\x04\x14\x00 cut short", "a ZIP file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "a document of Excel or Word"),
        (b"{\\rtf1", "a text document"),
    ],
)
def test_row_75_a_file_of_another_kind_is_named(content, kind):
    expected = f"The file is {kind}. It must be a CSV: save it as CSV UTF-8"
    assert problem_with(content) == expected


@pytest.mark.parametrize("name", ["PK", "RIFFRAFF", "GIF", "%PDF", "Rar", "II", "ftyp"])
def test_a_csv_that_begins_like_another_kind_is_read(name):
    assert read(f"{name},NAME,TOWN\n1,A,B\n").rows[0]["NAME"] == "A"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "windows-1252"])
def test_row_76_encodings(encoding):
    table = read("NAME,TOWN\nZoé,L’Île\n", encoding)
    assert table.rows[0].cells == {"NAME": "Zoé", "TOWN": "L’Île"}


def test_bytes_that_no_encoding_knows():
    assert "cannot be read" in problem_with(b"NAME,TOWN\n\x81\x8d,b\n")


def test_unmarked_utf_16_is_no_csv():
    assert "CSV UTF-8" in problem_with("NAME,TOWN\na,b\n".encode("utf-16-le"))


@pytest.mark.parametrize(
    ("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_row_77_other_delimiters_are_named(delimiter, name):
    assert name in problem_with(f"NAME{delimiter}TOWN\na{delimiter}b\n")


def test_row_77_more_than_10_000_rows():
    row = "a,b\n"
    assert len(read("NAME,TOWN\n" + row * files.MAX_ROWS).rows) == files.MAX_ROWS
    assert "more than 10,000 rows" in problem_with("NAME,TOWN\n" + row * (files.MAX_ROWS + 1))


def test_a_file_that_is_too_big():
    assert "smaller than 20MB" in problem_with(b"NAME,TOWN\n" + b"a" * files.MAX_BYTES)


def test_a_cell_that_never_ends():
    assert "too long, on line 3" in problem_with("NAME,TOWN\na,b\n" + "a" * 200_000 + ",b\n")


@pytest.mark.parametrize(
    "header", ["name,town", " Name , TOWN", "\u00a0NAME,\u200bTOWN", "NAME,TOWN,,"]
)
def test_row_51_headers_in_any_spelling(header):
    assert read(f"{header}\na,b\n").rows[0].cells == {"NAME": "a", "TOWN": "b"}


def test_row_51_spaces_and_hyphens_in_headers_are_underscores():
    assert files.normalise_header("Child-Last  name") == "CHILD_LAST_NAME"


def test_a_column_that_is_there_twice_is_named():
    assert problem_with("NAME,TOWN,name\na,b,c\n").endswith("more than once: NAME")


def test_row_49_blank_lines_are_skipped_and_lines_keep_their_numbers():
    table = read('\nNAME,TOWN\r\n\r\n,,\r\n"a\nb",c\r\nd,e')
    assert [(row.line, row["NAME"]) for row in table.rows] == [(5, "a b"), (7, "d")]


@pytest.mark.parametrize("hint", ["Required: Free text,", "optional,", "REQUIRED.,x", "Required\n"])
def test_row_50_a_row_of_hints_is_skipped(hint):
    assert [row.line for row in read(f"NAME,TOWN\n{hint.strip()}\na,b\n").rows] == [3]


def test_row_50_only_the_first_row_can_be_hints():
    assert len(read("NAME,TOWN\na,b\nRequired,c\n").rows) == 2
    assert len(read("NAME,TOWN\nRequiredson,b\n").rows) == 1


def test_row_52_unknown_columns_do_no_harm():
    assert read("NAME,FAVOURITE_COLOUR,TOWN\na,red,b\n").rows[0]["TOWN"] == "b"


def test_cells_are_cleaned_of_odd_spaces():
    row = read("NAME,TOWN\n  a\u00a0\u2003b ,\u200bc\u2060\ufeff\n").rows[0]
    assert row.cells == {"NAME": "a b", "TOWN": "c"}


def test_short_and_long_rows():
    table = read("NAME,TOWN\na\nb,c,,\nd,e,f\n")
    assert [row["TOWN"] for row in table.rows] == ["", "c", "e"]
    assert [row.extra_cells for row in table.rows] == [0, 0, 1]


def test_annotating_names_the_problems_and_disarms_formulas():
    content = b"NAME,TOWN\n=1+1,b\n\n+44,@d\n"
    rows = list(csv.reader(io.StringIO("".join(files.annotate(content, {2: "Bad name"})))))
    assert rows == [
        ["PROBLEMS_FOUND", "NAME", "TOWN"],
        ["Bad name", "'=1+1", "b"],
        ["", "'+44", "'@d"],
    ]


def test_an_annotated_file_can_be_uploaded_and_annotated_again():
    once = "".join(files.annotate(b"NAME,TOWN\n+44,-b\n", {2: "Wrong"})).encode()
    assert read(once).rows[0].cells["NAME"] == "+44"
    again = "".join(files.annotate(once, {2: "Still wrong"}))
    assert again.splitlines() == ["PROBLEMS_FOUND,NAME,TOWN", "Still wrong,'+44,'-b"]


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=20))
def test_every_row_that_is_not_blank_is_read(rows):
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([["NAME", "TOWN"], ["x", "y"], *rows])
    try:
        content = buffer.getvalue().encode()
    except UnicodeEncodeError:  # lone surrogates are no text
        return
    expected = [row for row in rows if any(files.clean_text(cell) for cell in row)]
    table = read(content)
    assert len(table.rows) == 1 + len(expected)
    assert [row["NAME"] for row in table.rows[1:]] == [files.clean_cell(row[0]) for row in expected]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(content):
    try:
        read(content)
    except FileProblem as problem:
        assert str(problem)
