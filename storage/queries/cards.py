"""Yellow and red cards with what was done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, bindparam, func, select

from engine.oversight import WarningAct, WarningKey, WarningStatus
from engine.supervision import WarningFile, WarningQuery, WarningRow
from engine.views import Page
from storage.queries.paging import after, clamp, cursor_of, key_of, merged, ordered
from storage.repositories.oversight import CARD_COLUMNS, card_of, key_values
from storage.rows import CASE_COLUMNS, case_of
from storage.tables import cases, tasks, users, warning_acts, warnings

_NEWEST: tuple[Column[Any], ...] = (
    warnings.c.raised_at,
    warnings.c.case_no,
    warnings.c.deadline,
    warnings.c.level,
)
_SAME = and_(
    warning_acts.c.case_no == warnings.c.case_no,
    warning_acts.c.deadline == warnings.c.deadline,
    warning_acts.c.level == warnings.c.level,
)
_DUE_ON = (
    select(warning_acts.c.due_on)
    .where(_SAME, warning_acts.c.seq == warnings.c.version, warnings.c.status == WarningStatus.ORDERED)
    .correlate(warnings)
    .scalar_subquery()
)
_FACTS = (
    cases.c.item_key,
    cases.c.item_name,
    tasks.c.name,
    func.coalesce(warnings.c.org, cases.c.owner_org),
    users.c.name,
    _DUE_ON,
)
_ACTS = (
    select(
        *(warning_acts.c[name] for name in ("seq", "status", "at", "actor_id", "actor_name", "org", "text", "due_on"))
    )
    .where(
        warning_acts.c.case_no == bindparam("key_case_no"),
        warning_acts.c.deadline == bindparam("key_deadline"),
        warning_acts.c.level == bindparam("key_level"),
    )
    .order_by(warning_acts.c.seq)
)


def page_statement(query: WarningQuery, limit: int) -> Select[Any] | None:
    """The statement for ``limit`` cards; None when there cannot be any."""
    orgs = sorted(query.orgs if query.org is None else query.orgs & {query.org})
    if not orgs:
        return None
    key = key_of(query.cursor, datetime, str, str, str)
    conditions = [*_filters(query), *after(_NEWEST, key, descending=True)]

    def of_org(mine: ColumnElement[bool]) -> Select[Any]:
        found = select(*_NEWEST).where(mine, *conditions)
        if query.item_key is None:
            return found
        return found.join(cases, cases.c.case_no == warnings.c.case_no).where(cases.c.item_key == query.item_key)

    keys = merged(of_org, warnings.c.org, orgs, _NEWEST, limit, descending=True).subquery()
    same = and_(*(keys.c[column.name] == column for column in _NEWEST[1:]))
    return _whole(select(*CARD_COLUMNS, *_FACTS).join(keys, same)).order_by(*ordered(_NEWEST, descending=True))


def _whole(statement: Select[Any]) -> Select[Any]:
    return (
        statement.join(cases, cases.c.case_no == warnings.c.case_no)
        .outerjoin(tasks, tasks.c.task_id == warnings.c.deadline)
        .outerjoin(users, users.c.user_id == warnings.c.assignee_id)
    )


def _filters(query: WarningQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.level is not None:
        conditions.append(warnings.c.level == query.level)
    if query.status is not None:
        conditions.append(warnings.c.status == query.status)
    return conditions


def page(connection: Connection, query: WarningQuery) -> Page[WarningRow]:
    """Cards, newest first."""
    limit = clamp(query.limit)
    statement = page_statement(query, limit + 1)
    rows = connection.execute(statement).all() if statement is not None else []
    found = [_row(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Page(found)
    last = found[-1].card.record
    return Page(found, cursor_of((last.raised_at, last.case_no, last.deadline, last.level)))


def _row(row: Any) -> WarningRow:
    return WarningRow(card_of(row), *row[len(CARD_COLUMNS) : len(CARD_COLUMNS) + len(_FACTS)])


def file(connection: Connection, key: WarningKey) -> WarningFile | None:
    """A card with everything that was done about it."""
    found = connection.execute(_FILE, key_values(key)).first()
    if found is None:
        return None
    acts = [WarningAct(key, *row) for row in connection.execute(_ACTS, key_values(key))]
    return WarningFile(_row(found), case_of(found[len(CARD_COLUMNS) + len(_FACTS) :]), acts)


_FILE = _whole(select(*CARD_COLUMNS, *_FACTS, *CASE_COLUMNS).select_from(warnings)).where(
    warnings.c.case_no == bindparam("key_case_no"),
    warnings.c.deadline == bindparam("key_deadline"),
    warnings.c.level == bindparam("key_level"),
)
