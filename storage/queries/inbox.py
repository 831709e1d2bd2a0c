"""The inbox: what a clerk's groups have to do, least time left first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, literal_column, select

from engine.errors import InvalidValue
from engine.records import TaskRecord
from engine.views import DueBounds, InboxCounts, InboxQuery, Page
from storage.database import Database
from storage.queries.paging import after, clamp, cursor_of, key_of, merged, ordered
from storage.rows import TASK, searchable
from storage.tables import tasks
from storage.types import storable

_URGENCY = (tasks.c.idle, tasks.c.urgent_at, tasks.c.task_id)
_DONE = (tasks.c.done_at, tasks.c.task_id)

# The conditions of the partial indexes, word for word: a parameter in their place would hide the index from the planner
_LIVE = tasks.c.urgent_at.is_not(None)
_OPEN = tasks.c.status == literal_column("'open'")
_CLAIMED = tasks.c.status == literal_column("'claimed'")
_FINISHED = tasks.c.status == literal_column("'done'")

SCOPES = ("group", "claimable", "mine", "done")
DUES = ("overdue", "today", "soon", "paused")


class Inbox:
    """:class:`engine.views.Inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: InboxQuery, bounds: DueBounds) -> Page[TaskRecord]:
        """Least time left first, then tasks without a running deadline by arrival; ``done`` newest first.

        Raises InvalidValue for an unknown scope, due or cursor.
        """
        limit = clamp(query.limit)
        statement = page_statement(query, bounds, limit + 1)
        if statement is None:
            return Page([])
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        if len(rows) <= limit:
            return Page([TASK.read(row) for row in rows])
        last = rows[limit - 1]
        key = _DONE if query.scope == "done" else _URGENCY
        return Page(
            [TASK.read(row) for row in rows[:limit]], cursor_of(tuple(getattr(last, part.name) for part in key))
        )

    def counts(self, query: InboxQuery, bounds: DueBounds) -> InboxCounts:
        """How many rows each scope has, and each due within ``query.scope`` (within ``group`` for ``done``).

        ``text``, ``item_key``, ``step`` and ``org`` narrow all of them; ``due`` does not.
        """
        narrowed = _filters(query)
        in_groups = and_(tasks.c.group.in_(sorted(query.groups)), _LIVE, *narrowed)
        my_own = and_(tasks.c.assignee_id == query.user_id, _CLAIMED, _LIVE, *narrowed)
        my_past = and_(tasks.c.assignee_id == query.user_id, _FINISHED, *narrowed)
        with self._database.snapshot() as connection:
            group = _tally(connection, in_groups, bounds, _OPEN if query.scope == "claimable" else _LIVE)
            mine = _tally(connection, my_own, bounds, _LIVE)
            done = connection.scalar(select(func.count()).select_from(tasks).where(my_past))
        dues = mine if query.scope == "mine" else group
        return InboxCounts(
            group=group["all"],
            claimable=group["claimable"],
            mine=mine["all"],
            done=int(done or 0),
            **{name: dues[name] for name in DUES},
        )

    def choices(self, groups: frozenset[str]) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
        """Items ``(key, name)`` and step names that occur among the groups' open tasks, each by name."""
        if not groups:
            return [], []
        occurring = (
            select(tasks.c.item_key, tasks.c.item_name, tasks.c.name)
            .where(tasks.c.group.in_(sorted(groups)), _LIVE)
            .distinct()
        )
        with self._database.reading() as connection:
            rows = connection.execute(occurring).all()
        items = {row.item_key: row.item_name for row in rows}
        return sorted(items.items(), key=lambda item: item[1]), sorted({row.name for row in rows})

    def task(self, task_id: str) -> TaskRecord | None:
        """The task, whatever its status."""
        with self._database.reading() as connection:
            row = connection.execute(_TASK, {"key": task_id}).first()
        return TASK.read(row) if row is not None else None

    def next_claimable(self, groups: frozenset[str]) -> TaskRecord | None:
        """The unclaimed task of the groups with least time left."""
        if not groups:
            return None
        statement = merged(_claimable, tasks.c.group, sorted(groups), _URGENCY, 1)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return TASK.read(row) if row is not None else None


_TASK = select(*TASK.columns).where(tasks.c.task_id == bindparam("key"))
_SHOWN = (*TASK.columns, tasks.c.idle, tasks.c.urgent_at)


def _claimable(of_group: ColumnElement[bool]) -> Select[Any]:
    return select(*_SHOWN).where(of_group, _OPEN, _LIVE)


def page_statement(query: InboxQuery, bounds: DueBounds, limit: int) -> Select[Any] | None:
    """The statement for ``limit`` rows of the inbox; None when there cannot be any."""
    if query.scope not in SCOPES:
        raise InvalidValue(f"没有“{query.scope}”这个视图。", place="scope")
    narrowed = _filters(query)
    if query.scope == "done":
        key = key_of(query.cursor, datetime, str)
        of_mine = and_(tasks.c.assignee_id == query.user_id, _FINISHED)
        found = select(*_SHOWN).where(of_mine, *narrowed, *after(_DONE, key, descending=True))
        return found.order_by(*ordered(_DONE, descending=True)).limit(limit)
    narrowed += _due(query.due, bounds)
    narrowed += after(_URGENCY, key_of(query.cursor, bool, datetime, str))
    if query.scope == "mine":
        found = select(*_SHOWN).where(tasks.c.assignee_id == query.user_id, _CLAIMED, _LIVE, *narrowed)
        return found.order_by(*ordered(_URGENCY)).limit(limit)
    if not query.groups:
        return None
    state = [_OPEN, _LIVE] if query.scope == "claimable" else [_LIVE]
    return merged(
        lambda of_group: select(*_SHOWN).where(of_group, *state, *narrowed),
        tasks.c.group,
        sorted(query.groups),
        _URGENCY,
        limit,
    )


def _filters(query: InboxQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.item_key is not None:
        conditions.append(tasks.c.item_key == query.item_key)
    if query.step is not None:
        conditions.append(tasks.c.name == query.step)
    if query.org is not None:
        conditions.append(tasks.c.org == query.org)
    if query.text and query.text.strip():
        conditions.append(tasks.c.search.contains(searchable(storable(query.text.strip())), autoescape=True))
    return conditions


def _due(due: str | None, bounds: DueBounds) -> list[ColumnElement[bool]]:
    if due is None:
        return []
    if due not in DUES:
        raise InvalidValue(f"没有“{due}”这个时限筛选。", place="due")
    return [_due_conditions(bounds)[due]]


def _due_conditions(bounds: DueBounds) -> dict[str, ColumnElement[bool]]:
    running, at = tasks.c.idle.is_(False), tasks.c.urgent_at
    return {
        "overdue": and_(running, at < bounds.now),
        "today": and_(running, at >= bounds.now, at <= bounds.today),
        # within three working days, today's among them
        "soon": and_(running, at >= bounds.now, at <= bounds.soon),
        "paused": and_(tasks.c.idle.is_(True), tasks.c.paused.is_(True)),
    }


def _tally(
    connection: Connection, rows: ColumnElement[bool], bounds: DueBounds, due_among: ColumnElement[bool]
) -> dict[str, int]:
    due = _due_conditions(bounds)
    counted = select(
        func.count().label("all"),
        func.count().filter(_OPEN).label("claimable"),
        *(func.count().filter(due_among, due[name]).label(name) for name in DUES),
    ).where(rows)
    return dict(connection.execute(counted).one()._mapping)
