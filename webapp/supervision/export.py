"""The lists as CSV for spreadsheets: UTF-8 with a byte order mark, and no cell that a spreadsheet would calculate."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from io import StringIO
from urllib.parse import quote

from flask import Response, request

from engine.deadlines import watched_due
from engine.supervision import SupervisedQuery, WarningQuery
from webapp.casework import org_name
from webapp.formatting import local
from webapp.identity import actor
from webapp.inbox import reach
from webapp.services import services
from webapp.supervision import supervision
from webapp.supervision.lists import NAMES
from webapp.supervision.lists import query_of as list_query
from webapp.supervision.rows import row_of
from webapp.supervision.warnings import LEVELS, STATUSES
from webapp.supervision.warnings import query_of as warning_query

#: rows that are read at a time, and at most
_AT_ONCE, MOST = 200, 50_000
#: what makes a spreadsheet take a cell for a formula, or may do so once the cell has been trimmed [ASVS 1.2.10]
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: a byte order mark: without it spreadsheets take Chinese for another encoding
_MARK = "\ufeff"

CASE_COLUMNS = ("办件编号", "事项", "责任环节", "责任部门", "经办", "状态", "受理", "应到", "决定", "办结")
WARNING_COLUMNS = ("办件编号", "事项", "级别", "环节", "责任部门", "责任人", "应到", "亮牌", "处置", "改正期限")


def safe(cell: str) -> str:
    """``cell`` as text that no spreadsheet calculates."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The rows as lines of a CSV file."""
    yield _MARK
    for row in rows:
        line = StringIO(newline="")
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow([safe(cell) for cell in row])
        yield line.getvalue()


@supervision.get("/cases.csv")
def cases_csv() -> Response:
    """The list of cases with its filters, every page of it."""
    query = replace(list_query(reach.supervised_by(actor())), limit=_AT_ONCE, cursor=None)
    return _file(NAMES[query.selection], [CASE_COLUMNS, *_cases(query)])


@supervision.get("/warnings.csv")
def warnings_csv() -> Response:
    """The list of cards with its filters, every page of it."""
    orgs = reach.organisations(actor()) | reach.supervised_by(actor())
    query = replace(warning_query(orgs, request.args), limit=_AT_ONCE, cursor=None)
    return _file("预警", [WARNING_COLUMNS, *_warnings(query)])


def _cases(query: SupervisedQuery) -> Iterator[tuple[str, ...]]:
    for _ in range(MOST // _AT_ONCE):
        page = services().supervision.cases(query)
        for it in page.rows:
            row, case = row_of(it), it.case
            due_at = row.due_at or watched_due(case)
            steps, orgs, people = ("、".join(names) for names in (row.steps, row.orgs, row.people))
            moments = (case.accepted_at, due_at, case.decided_at, case.concluded_at)
            yield (case.case_no, case.item_name, steps, orgs, people, row.status.words, *map(_moment, moments))
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


def _warnings(query: WarningQuery) -> Iterator[tuple[str, ...]]:
    for _ in range(MOST // _AT_ONCE):
        page = services().supervision.warnings(query)
        for row in page.rows:
            card = row.card.record
            yield (
                card.case_no,
                row.item_name,
                LEVELS[card.level].words,
                row.step or "全程",
                org_name(row.org),
                row.assignee_name or "",
                _moment(card.due_at),
                _moment(card.raised_at),
                STATUSES[row.card.status].words,
                row.due_on.isoformat() if row.due_on else "",
            )
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


def _moment(at: datetime | None) -> str:
    return f"{local(at):%Y-%m-%d %H:%M}" if at is not None else ""


def _file(name: str, rows: Iterable[Sequence[str]]) -> Response:
    stamp = f"{local(services().clock.now()):%Y%m%d-%H%M}"
    disposition = f"attachment; filename=\"list-{stamp}.csv\"; filename*=UTF-8''{quote(name)}-{stamp}.csv"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response("".join(lines(rows)), mimetype="text/csv", headers=headers)
