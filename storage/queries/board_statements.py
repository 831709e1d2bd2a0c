"""Statements of supervision: where cases lie, which have a card that stands, what was concluded on time.

Conditions of partial indexes are written as text: with a bound value neither database could tell that they hold.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union_all,
)

from storage.tables import cases, tasks
from storage.types import Moment

YELLOW, RED = 1, 2

#: engine.deadlines.watched_due, in SQL
WATCHED_DUE = func.coalesce(cases.c.promised_due_at, cases.c.statutory_due_at)
#: the moment that says whether a concluded case was on time: the decision, or the end where there was none
DECIDED = func.coalesce(cases.c.decided_at, cases.c.concluded_at)
ON_TIME: ColumnElement[bool] = DECIDED <= WATCHED_DUE
HAD_DEADLINE: ColumnElement[bool] = WATCHED_DUE.is_not(None)

_held = tasks.alias("held")
_HELD = and_(_held.c.case_no == cases.c.case_no, _held.c.urgent_at.is_not(None), _held.c.org.is_not(None))


def held(orgs: Collection[str], org: str | None, item_key: str | None) -> CompoundSelect[Any]:
    """Open cases and the organisations they lie with: ``case_no org item_key item_name``, a case once per task."""
    wanted = _within(orgs, org)
    by_task = select(tasks.c.case_no, tasks.c.org, tasks.c.item_key, tasks.c.item_name).where(
        text("tasks.urgent_at IS NOT NULL"), tasks.c.org.in_(wanted), *_of_item(tasks.c.item_key, item_key)
    )
    by_owner = select(cases.c.case_no, cases.c.owner_org, cases.c.item_key, cases.c.item_name).where(
        text("cases.concluded_at IS NULL"),
        cases.c.owner_org.in_(wanted),
        *_of_item(cases.c.item_key, item_key),
        ~select(literal_column("1")).where(_HELD).correlate(cases).exists(),
    )
    return union_all(by_task, by_owner)


def standing(now: datetime, orgs: Collection[str], org: str | None, item_key: str | None) -> CompoundSelect[Any]:
    """Cards that stand: ``case_no org item_key level due_at``; few, found by the indexes over what has a card."""
    wanted, at = _within(orgs, org), literal(now, Moment)
    of_step = select(
        tasks.c.case_no, tasks.c.org, tasks.c.item_key, _level(tasks.c.due_at, at), tasks.c.due_at.label("due_at")
    ).where(
        text("tasks.card > 0 AND tasks.urgent_at IS NOT NULL"),
        tasks.c.org.in_(wanted),
        *_of_item(tasks.c.item_key, item_key),
        or_(tasks.c.due_at <= at, tasks.c.warn_at <= at),
    )
    lies_with, due = func.coalesce(_held.c.org, cases.c.owner_org), WATCHED_DUE
    of_case = (
        select(cases.c.case_no, lies_with, cases.c.item_key, _level(due, at), due.label("due_at"))
        .select_from(cases.outerjoin(_held, _HELD))
        .where(
            text("cases.card > 0 AND cases.clock = 'running'"),
            lies_with.in_(wanted),
            *_of_item(cases.c.item_key, item_key),
            or_(due <= at, cases.c.warn_at <= at),
        )
    )
    return union_all(of_step, of_case)


def _level(due: ColumnElement[Any], at: ColumnElement[Any]) -> ColumnElement[int]:
    return case((due <= at, literal_column(str(RED), Integer)), else_=literal_column(str(YELLOW), Integer)).label(
        "level"
    )


def _within(orgs: Collection[str], org: str | None) -> list[str]:
    return sorted(orgs if org is None else {org} & set(orgs))


def _of_item(column: ColumnElement[str], item_key: str | None) -> list[ColumnElement[bool]]:
    return [] if item_key is None else [column == item_key]


def open_cells(orgs: Collection[str]) -> Select[Any]:
    """``org item_key item_name count`` of open cases."""
    rows = held(orgs, None, None).subquery()
    count = func.count(rows.c.case_no.distinct())
    return select(rows.c.org, rows.c.item_key, func.max(rows.c.item_name), count).group_by(rows.c.org, rows.c.item_key)


def carded_cells(now: datetime, orgs: Collection[str]) -> Select[Any]:
    """``org item_key yellow red``: cases by the worst card that stands where they lie."""
    rows = standing(now, orgs, None, None).subquery()
    worst = _worst(rows, rows.c.org, rows.c.item_key, rows.c.case_no)
    return select(worst.c.org, worst.c.item_key, *_levels(worst)).group_by(worst.c.org, worst.c.item_key)


def carded_cases(now: datetime, orgs: Collection[str]) -> Select[Any]:
    """``yellow red``: cases by the worst card that stands."""
    rows = standing(now, orgs, None, None).subquery()
    return select(*_levels(_worst(rows, rows.c.case_no)))


def _worst(rows: Subquery, *by: ColumnElement[Any]) -> Subquery:
    return (
        select(*by, func.max(rows.c.level).label("level"), func.min(rows.c.due_at).label("due_at"))
        .group_by(*by)
        .subquery()
    )


def _levels(worst: Subquery) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return tuple(func.count(case((worst.c.level == level, 1))) for level in (YELLOW, RED))  # type: ignore[return-value]


def worst_cards(now: datetime, orgs: Collection[str], org: str | None, item_key: str | None) -> Subquery:
    """``case_no level due_at``: each case with a card that stands, once."""
    rows = standing(now, orgs, org, item_key).subquery()
    return _worst(rows, rows.c.case_no)


def counted(column: ColumnElement[Any], orgs: Collection[str], since: datetime, until: datetime | None) -> Select[Any]:
    """How many cases of the owners have ``column`` from ``since`` and before ``until``."""
    return select(func.count()).select_from(cases).where(*between(column, orgs, since, until))


def between(
    column: ColumnElement[Any], orgs: Collection[str], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """Cases of the owners that have ``column``, within the bounds given."""
    bounds: list[ColumnElement[bool]] = [cases.c.owner_org.in_(sorted(orgs)), column.is_not(None)]
    if since is not None:
        bounds.append(column >= literal(since, Moment))
    if until is not None:
        bounds.append(column < literal(until, Moment))
    return bounds


def shares(by: ColumnElement[Any], orgs: Collection[str], since: datetime) -> Select[Any]:
    """``by total on_time`` of the cases concluded with a deadline from ``since`` on."""
    # the expression is grouped by its name: its values would be bound anew and be another expression to PostgreSQL
    key = by.label("key")
    return (
        select(key, func.count(), func.count(case((ON_TIME, 1))))
        .where(*between(cases.c.concluded_at, orgs, since, None), HAD_DEADLINE)
        .group_by(text("key"))
    )


def week_of(weeks: tuple[datetime, ...]) -> ColumnElement[int]:
    """The number of the week in which a case was concluded, by the beginnings of the weeks, 0 the first."""
    later = [(cases.c.concluded_at >= literal(start, Moment), n) for n, start in enumerate(weeks)]
    return cast(case(*((condition, literal(n)) for condition, n in reversed(later))), Integer)
