"""What supervisors see: the live board, and the lists behind its numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from engine.oversight import WarningKey
from engine.records import TaskRecord
from engine.supervision import (
    Board,
    BoardMoments,
    Cell,
    Selection,
    Share,
    SupervisedCase,
    SupervisedQuery,
    WarningFile,
    WarningQuery,
    WarningRow,
)
from engine.views import Page
from storage.database import Database
from storage.queries import board_statements as sql
from storage.queries import cards
from storage.queries.paging import after, clamp, cursor_of, key_of, ordered
from storage.rows import CASE_COLUMNS, TASK, case_of
from storage.tables import cases, tasks

_DATED = {
    Selection.ACCEPTED: (cases.c.accepted_at, ()),
    Selection.CONCLUDED: (cases.c.concluded_at, ()),
    Selection.TIMED: (cases.c.concluded_at, (sql.HAD_DEADLINE,)),
    Selection.ON_TIME: (cases.c.concluded_at, (sql.HAD_DEADLINE, sql.ON_TIME)),
    Selection.LATE: (cases.c.concluded_at, (sql.HAD_DEADLINE, ~sql.ON_TIME)),
}
_LEVELS = {Selection.YELLOW: sql.YELLOW, Selection.RED: sql.RED}
_LIVE_OF = (
    select(*TASK.columns)
    .where(
        tasks.c.case_no.in_(bindparam("keys", expanding=True)),
        tasks.c.urgent_at.is_not(None),
        tasks.c.org.is_not(None),
    )
    .order_by(tasks.c.opened_at, tasks.c.task_id)
)


class SupervisionQueries:
    """:class:`engine.supervision.SupervisionQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def board(self, orgs: frozenset[str], moments: BoardMoments) -> Board:
        """All numbers of the board, of one moment."""
        with self._database.snapshot() as connection:
            return _board(connection, orgs, moments)

    def cases(self, query: SupervisedQuery) -> Page[SupervisedCase]:
        """One page of a list, the steps of its cases read in one go.  Raises InvalidValue for an unknown cursor."""
        limit = clamp(query.limit)
        statement, columns, descending = _listed(query)
        key = key_of(query.cursor, datetime, str)
        statement = statement.where(*after(columns, key, descending=descending))
        statement = statement.order_by(*ordered(columns, descending=descending)).limit(limit + 1)
        with self._database.snapshot() as connection:
            rows = connection.execute(statement).all()
            steps = _steps(connection, [case_of(row).case_no for row in rows[:limit]])
        found = [_supervised(row, steps, query.selection in _LEVELS) for row in rows[:limit]]
        return Page(found, cursor_of((rows[limit - 1][-1], rows[limit - 1].case_no)) if len(rows) > limit else None)

    def count(self, query: SupervisedQuery) -> int:
        """How many cases the list has."""
        statement, _, _ = _listed(query)
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(statement.subquery())) or 0

    def warnings(self, query: WarningQuery) -> Page[WarningRow]:
        """Cards, newest first.  Raises InvalidValue for an unknown cursor."""
        with self._database.reading() as connection:
            return cards.page(connection, query)

    def warning(self, key: WarningKey) -> WarningFile | None:
        """A card with everything that was done about it."""
        with self._database.snapshot() as connection:
            return cards.file(connection, key)


def _board(connection: Connection, orgs: frozenset[str], at: BoardMoments) -> Board:
    def count(column: ColumnElement[Any], since: datetime, until: datetime | None = None) -> int:
        return connection.scalar(sql.counted(column, orgs, since, until)) or 0

    def shares(by: ColumnElement[Any], since: datetime) -> dict[Any, Share]:
        rows = connection.execute(sql.shares(by, orgs, since))
        return {key: Share(total, on_time) for key, total, on_time in rows}

    weeks = shares(sql.week_of(at.weeks), at.weeks[0])
    agencies = shares(cases.c.owner_org, at.month)
    yellow, red = connection.execute(sql.carded_cases(at.now, orgs)).one()
    return Board(
        accepted=count(cases.c.accepted_at, at.today),
        accepted_yesterday=count(cases.c.accepted_at, at.yesterday, at.yesterday_now),
        concluded=count(cases.c.concluded_at, at.today),
        concluded_yesterday=count(cases.c.concluded_at, at.yesterday, at.yesterday_now),
        yellow=yellow,
        red=red,
        month=Share(sum(one.total for one in agencies.values()), sum(one.on_time for one in agencies.values())),
        weeks=[weeks.get(n, Share()) for n in range(len(at.weeks))],
        agencies=sorted(agencies.items(), key=lambda one: (one[1].on_time / one[1].total, one[0])),
        cells=_cells(connection, orgs, at.now),
    )


def _cells(connection: Connection, orgs: frozenset[str], now: datetime) -> list[Cell]:
    carded = {(org, item): (yellow, red) for org, item, yellow, red in connection.execute(sql.carded_cells(now, orgs))}
    rows = connection.execute(sql.open_cells(orgs))
    return [Cell(org, item, name, count, *carded.get((org, item), (0, 0))) for org, item, name, count in rows]


def _listed(query: SupervisedQuery) -> tuple[Select[Any], Sequence[ColumnElement[Any]], bool]:
    """The list without its bounds, its order, and whether that descends; its last column is what it is ordered by."""
    if query.selection in _DATED:
        column, conditions = _DATED[query.selection]
        owners = query.orgs if query.org is None else query.orgs & {query.org}
        wanted = [*sql.between(column, owners, query.since, query.until), *conditions]
        if query.item_key is not None:
            wanted.append(cases.c.item_key == query.item_key)
        return select(*CASE_COLUMNS, column.label("at")).where(*wanted), (column, cases.c.case_no), True
    if query.selection is Selection.OPEN:
        held = sql.held(query.orgs, query.org, query.item_key).subquery()
        numbers = select(held.c.case_no).distinct()
        found = select(*CASE_COLUMNS, cases.c.submitted_at.label("at")).where(cases.c.case_no.in_(numbers))
        return found, (cases.c.submitted_at, cases.c.case_no), False
    worst = sql.worst_cards(query.now, query.orgs, query.org, query.item_key)
    found = select(*CASE_COLUMNS, worst.c.due_at.label("at")).join(worst, worst.c.case_no == cases.c.case_no)
    return found.where(worst.c.level == _LEVELS[query.selection]), (worst.c.due_at, cases.c.case_no), False


def _steps(connection: Connection, numbers: Sequence[str]) -> dict[str, list[TaskRecord]]:
    steps: dict[str, list[TaskRecord]] = defaultdict(list)
    if numbers:
        for row in connection.execute(_LIVE_OF, {"keys": numbers}):
            task = TASK.read(row)
            steps[task.case_no].append(task)
    return steps


def _supervised(row: Any, steps: dict[str, list[TaskRecord]], by_due: bool) -> SupervisedCase:
    case = case_of(row)
    return SupervisedCase(case, tuple(steps.get(case.case_no, ())), row[-1] if by_due else None)
