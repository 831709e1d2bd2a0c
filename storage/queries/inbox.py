"""The inbox: what a clerk's groups have to do, least time left first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from engine.records import TaskRecord
from engine.views import DueBounds, InboxCounts, InboxQuery, Page
from storage.database import Database
from storage.queries.inbox_statements import (
    Shape,
    choices_statement,
    counts_statement,
    page_key,
    page_statement,
    parameters_of,
)
from storage.queries.paging import clamp, cursor_of
from storage.rows import TASK
from storage.tables import tasks

_TASK = select(*TASK.columns).where(tasks.c.task_id == bindparam("key"))


class Inbox:
    """:class:`engine.views.Inbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, query: InboxQuery, bounds: DueBounds) -> Page[TaskRecord]:
        """Least time left first, then tasks without a running deadline by arrival; ``done`` newest first.

        Raises InvalidValue for an unknown scope, due or cursor.
        """
        limit = clamp(query.limit)
        shape = Shape.of(query)
        rows = self._rows(shape, parameters_of(query, bounds) | {"limit": limit + 1})
        found = [TASK.read(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(found)
        return Page(found, cursor_of(tuple(getattr(rows[limit - 1], name) for name in page_key(shape))))

    def next_claimable(self, groups: frozenset[str]) -> TaskRecord | None:
        """The unclaimed task of the groups with least time left."""
        query = InboxQuery(user_id="", groups=groups, scope="claimable")
        rows = self._rows(Shape.of(query), parameters_of(query) | {"limit": 1})
        return TASK.read(rows[0]) if rows else None

    def _rows(self, shape: Shape, parameters: dict[str, Any]) -> Sequence[Any]:
        if shape.by_group and not shape.groups:
            return []
        with self._database.reading() as connection:
            return connection.execute(page_statement(shape), parameters).all()

    def counts(self, query: InboxQuery, bounds: DueBounds) -> InboxCounts:
        """How many rows each scope has, and each due within ``query.scope`` (within ``group`` for ``done``).

        ``text``, ``item_key``, ``step`` and ``org`` narrow all of them; ``due`` does not.
        """
        shape = Shape.of(query)
        with self._database.reading() as connection:
            row = connection.execute(counts_statement(shape.scope, shape.narrowed), parameters_of(query, bounds)).one()
        return InboxCounts(**row._mapping)

    def choices(self, groups: frozenset[str]) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
        """Items ``(key, name)`` and step names that occur among the groups' open tasks, each by name."""
        if not groups:
            return [], []
        query = InboxQuery(user_id="", groups=groups)
        with self._database.reading() as connection:
            rows = connection.execute(choices_statement(len(groups)), parameters_of(query)).all()
        items = {row.item_key: row.item_name for row in rows}
        return sorted(items.items(), key=lambda item: item[1]), sorted({row.name for row in rows})

    def task(self, task_id: str) -> TaskRecord | None:
        """The task, whatever its status."""
        with self._database.reading() as connection:
            row = connection.execute(_TASK, {"key": task_id}).first()
        return TASK.read(row) if row is not None else None
