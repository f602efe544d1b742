"""Tables whose rows become blocks on narrow screens."""

from xml.etree.ElementTree import Element

import html5lib
import pytest

from govuk.tables import labelled_cells

TABLE = """
<thead class="head">
  <tr class="row"><th scope="col">Full name</th>
    <th scope="col" aria-sort="none">
      <a href="?sort=q&amp;x">Q &amp; "A" <span>▲</span></a></th></tr>
</thead>
<tbody class="body">
  <tr class="row"><th scope="row"><a href="/1/">Casey</a></th>
    <td class="cell">Year <b>8</b></td></tr>
  <tr><td>Blair</td><td>
  </td><td>more than the head has</td></tr>
</tbody>
"""


def read(markup: str) -> Element:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    return parser.parse(f"<!DOCTYPE html><title>x</title><table>{markup}</table>")


def test_every_cell_has_the_heading_of_its_column():
    tree = read(labelled_cells(TABLE))
    cells = [cell for cell in tree.iter() if cell.get("data-label") is not None]
    assert [cell.get("data-label") for cell in cells] == [
        "Full name",
        'Q & "A"',
        "Full name",
        'Q & "A"',
        "",
    ]
    assert [cell.get("data-empty") is not None for cell in cells] == [
        *(False, False, False, True, False)
    ]


def test_nothing_else_changes():
    before, after = read(TABLE), read(labelled_cells(TABLE))
    added = {"role", "data-label", "data-empty"}
    for old, new in zip(before.iter(), after.iter(), strict=True):
        kept = {key: value for key, value in new.attrib.items() if key not in added}
        assert (old.tag, old.text, old.tail, dict(old.attrib)) == (
            *(new.tag, new.text, new.tail),
            kept,
        )


@pytest.mark.parametrize(
    ("tag", "roles"),
    [
        ("thead", {"rowgroup"}),
        ("tbody", {"rowgroup"}),
        ("tr", {"row"}),
        ("th", {"columnheader", "rowheader"}),
        ("td", {"cell"}),
    ],
)
def test_roles_keep_it_a_table_when_shown_as_blocks(tag, roles):
    tree = read(labelled_cells(TABLE))
    assert {element.get("role") for element in tree.iter(tag)} == roles


def test_a_table_without_rows_stays():
    assert labelled_cells("<thead><tr><th>A</th></tr></thead>").count("<th") == 2
