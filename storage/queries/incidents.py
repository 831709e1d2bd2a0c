"""Incidents as an administrator sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select

from engine.views import IncidentRow, Page
from storage.database import Database
from storage.queries.paging import after, clamp, cursor_of, key_of, ordered
from storage.repositories.incidents import STILL_OPEN, WAITING
from storage.rows import INCIDENT, TASK, AnyRow
from storage.tables import cases, incidents, tasks

_LATEST = (incidents.c.last_at, incidents.c.case_no, incidents.c.ref)
_SETTLED = (incidents.c.settled_at, incidents.c.case_no, incidents.c.ref)
_ROWS = (
    select(
        *INCIDENT.columns,
        *TASK.columns,
        cases.c.item_name.label("of_item"),
        cases.c.owner_org.label("of_owner"),
        cases.c.definition_id.label("of_definition"),
        WAITING.label("still_waiting"),
    )
    .select_from(incidents)
    .join(cases, cases.c.case_no == incidents.c.case_no)
    .outerjoin(tasks, tasks.c.task_id == incidents.c.ref)
)
_ONE = _ROWS.where(incidents.c.case_no == bindparam("of_case"), incidents.c.ref == bindparam("of_ref"))


class Incidents:
    """:class:`engine.views.Incidents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, *, settled: bool = False, limit: int = 20, cursor: str | None = None) -> Page[IncidentRow]:
        """Open ones by default, the latest first.  Raises InvalidValue for a forged cursor."""
        limit = clamp(limit)
        with self._database.reading() as connection:
            rows = connection.execute(page_statement(settled, limit + 1, cursor)).all()
        found = [_row(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(found)
        last = found[-1].incident
        return Page(found, cursor_of((last.settled_at if settled else last.last_at, last.case_no, last.ref)))

    def get(self, case_no: str, ref: str) -> IncidentRow | None:
        """One incident, open or settled."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"of_case": case_no, "of_ref": ref}).first()
        return _row(row) if row is not None else None


def page_statement(settled: bool, limit: int, cursor: str | None = None) -> Select[Any]:
    """The statement for ``limit`` incidents."""
    order = _SETTLED if settled else _LATEST
    which = incidents.c.settled_at.is_not(None) if settled else STILL_OPEN
    later = after(order, key_of(cursor, datetime, str, str), descending=True)
    return _ROWS.where(which, *later).order_by(*ordered(order, descending=True)).limit(limit)


def _row(row: AnyRow) -> IncidentRow:
    cut = len(INCIDENT.names)
    item, owner, definition, waiting = row[-4:]
    task = TASK.read(row[cut:]) if row[cut] is not None else None
    return IncidentRow(INCIDENT.read(row), item, owner, definition, task, bool(waiting))
