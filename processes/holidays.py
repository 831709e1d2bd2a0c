"""A year's holidays from a file, as the State Council's notice of each autumn gives them.

YAML::

    year: 2027
    source: 国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕7号）
    holidays:
      - {name: 元旦, first: 2027-01-01, last: 2027-01-03}
    makeup: [2027-02-06, 2027-02-20]

or CSV, one day a line, with the headings 日期 安排 名称 (``day kind name``) and 休 or 班 (``rest``, ``work``)::

    日期,安排,名称
    2027-01-01,休,元旦
    2027-02-06,班,

Mistakes are found all at once and named by line; days that cannot be right are refused by
:meth:`engine.rulebook.PublishedYear.check`.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePath

from engine.errors import InvalidDefinition
from engine.rulebook import DayKind, DayRule, PublishedYear
from processes.problems import Problem, Severity, refuse
from processes.reading import MAX_BYTES, Reading, Table, open_table

RULE = "holidays"
MAKEUP = "调休"
#: the longest holiday that a file may name, in days
LONGEST = 31

_TOP = frozenset({"year", "source", "holidays", "makeup"})
_SPAN = frozenset({"name", "first", "last"})
_HEADINGS = {"日期": "day", "安排": "kind", "名称": "name", "day": "day", "kind": "kind", "name": "name"}
_KINDS = {"休": DayKind.REST, "rest": DayKind.REST, "班": DayKind.WORK, "work": DayKind.WORK}


def read_holidays(content: bytes, filename: str) -> PublishedYear:
    """The year of a ``.yaml`` or ``.csv`` file.

    Raises :class:`engine.errors.InvalidDefinition` with every mistake and its line, and InvalidValue for days that
    cannot be right.
    """
    name = PurePath(filename).name
    if name.lower().endswith((".yaml", ".yml")):
        return _from_yaml(content, Reading(name, RULE)).check()
    if name.lower().endswith(".csv"):
        return _Csv(name).read(content).check()
    raise InvalidDefinition("只能导入 .yaml 或 .csv 文件。", place=name)


def _from_yaml(content: bytes, reading: Reading) -> PublishedYear:
    top = open_table(content, reading, _TOP)
    top.require_all()
    year, source = top.integer("year"), top.text("source", limit=200)
    days = [day for span in top.tables("holidays", _SPAN) or () for day in _holiday(span)]
    days += _makeup(top)
    reading.refuse()
    assert year is not None
    return PublishedYear(year, tuple(days), source)


def _holiday(span: Table) -> Iterator[DayRule]:
    span.require("name", "first")
    name = span.text("name", limit=20)
    first = _day(span, "first")
    last = _day(span, "last") if span.has("last") else first
    if first is None or last is None:
        return
    if not first <= last < first + timedelta(days=LONGEST):
        span.report("last", f"“last”应在“first”当天或之后，假期不超过 {LONGEST} 天")
        return
    for i in range((last - first).days + 1):
        yield DayRule(first + timedelta(days=i), DayKind.REST, name)


def _makeup(top: Table) -> Iterator[DayRule]:
    texts = top.data("makeup")
    if not isinstance(texts, tuple):
        top.report("makeup", "应为日期的列表，没有调休上班日的写 []")
        return
    for text in texts:
        day = _date(str(text))
        if day is None:
            top.report("makeup", f"“{text}”不是日期，应如 2027-02-06")
        else:
            yield DayRule(day, DayKind.WORK, MAKEUP)


def _day(table: Table, key: str) -> date | None:
    text = table.date_text(key)
    day = _date(text) if text else None
    if text and day is None:
        table.report(key, f"“{text}”不是日期，应如 2027-01-01")
    return day


def _date(text: str) -> date | None:
    text = text.strip()
    try:
        # fromisoformat alone takes 20270101 and 2027-W01-1 as well, which nobody means
        return date.fromisoformat(text) if len(text) == 10 and text[4] == text[7] == "-" else None
    except ValueError:
        return None


@dataclass
class _Csv:
    """One CSV file being read."""

    file: str

    def __post_init__(self) -> None:
        self.problems: list[Problem] = []

    def report(self, message: str, line: int | None = None) -> None:
        self.problems.append(Problem(RULE, Severity.ERROR, message, self.file, line))

    def read(self, content: bytes) -> PublishedYear:
        rows = self._rows(content)
        headings = [_HEADINGS.get(cell.strip(), "") for cell in rows[0][1]] if rows else []
        if not {"day", "kind"} <= set(headings):
            self.report("第一行应写列名：日期,安排,名称", 1)
        refuse(self.problems)
        days = [
            rule for line, cells in rows[1:] if (rule := self._rule(line, dict(zip(headings, cells, strict=False))))
        ]
        if not days and not self.problems:
            self.report("没有列出任何一天")
        refuse(self.problems)
        # what reaches into the year before is fewer days than the year itself
        ((year, _),) = Counter(rule.day.year for rule in days).most_common(1)
        return PublishedYear(year, tuple(days), f"文件 {self.file}")

    def _rows(self, content: bytes) -> Sequence[tuple[int, list[str]]]:
        if len(content) > MAX_BYTES:
            self.report(f"文件超过{MAX_BYTES // 1024}KB")
            return []
        try:
            # spreadsheets put a byte order mark in front
            lines = content.decode("utf-8-sig").splitlines()
            return [(i, cells) for i, cells in enumerate(csv.reader(lines, strict=True), 1) if any(cells)]
        except UnicodeDecodeError:
            self.report("文件不是UTF-8编码的文本；用表格软件另存时请选“CSV UTF-8”")
        except csv.Error:
            self.report("不是正确的CSV")
        return []

    def _rule(self, line: int, cells: dict[str, str]) -> DayRule | None:
        day, kind = _date(cells.get("day", "")), _KINDS.get(cells.get("kind", "").strip())
        name = cells.get("name", "").strip()
        if day is None:
            self.report(f"“{cells.get('day', '')}”不是日期，应如 2027-01-01", line)
        if kind is None:
            self.report(f"“{cells.get('kind', '')}”应为 休 或 班", line)
        if kind is DayKind.REST and not name:
            self.report("放假的日子要写名称，例如 元旦", line)
        if day is None or kind is None:
            return None
        return DayRule(day, kind, name or MAKEUP)
