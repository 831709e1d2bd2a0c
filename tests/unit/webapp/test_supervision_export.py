"""What is exported stays text, whatever was typed."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from webapp.supervision.export import lines, safe


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x")']
)
def test_no_cell_is_calculated(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "450721-261014-0001", "节能审查", "待认领", "a=b"])
def test_plain_text_stays_as_it_is(cell: str) -> None:
    assert safe(cell) == cell


def test_a_spreadsheet_reads_it_back() -> None:
    rows = [("办件编号", "事项"), ("1", '含"引号"、,逗号\n和换行')]
    text = "".join(lines(rows))
    assert text.encode()[:3] == b"\xef\xbb\xbf"
    assert list(csv.reader(StringIO(text[1:], newline=""))) == [list(row) for row in rows]
