"""The statements of the inbox, one for each shape that a query can have.

To put a statement together costs more than to run it, so each shape is put together once and then run with the query's
values as parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union_all,
)

from engine.errors import InvalidValue
from engine.views import COUNTED, DueBounds, InboxQuery
from storage.queries.paging import MAX_WALKS, key_of, ordered
from storage.rows import TASK, searchable
from storage.tables import tasks
from storage.types import Moment, storable

SCOPES = ("group", "claimable", "mine", "done")
DUES = ("overdue", "today", "soon", "paused")

_URGENCY = (tasks.c.idle, tasks.c.urgent_at, tasks.c.task_id)
_DONE = (tasks.c.done_at, tasks.c.task_id)

# The conditions of the partial indexes, word for word: a parameter in their place would hide the index from the planner
LIVE = tasks.c.urgent_at.is_not(None)
_STATE = {
    "group": LIVE,
    "claimable": and_(tasks.c.status == literal_column("'open'"), LIVE),
    "mine": and_(tasks.c.status == literal_column("'claimed'"), LIVE),
    "done": tasks.c.status == literal_column("'done'"),
}

_OF_GROUPS = tasks.c.group.in_(bindparam("groups", expanding=True))
_OF_USER = tasks.c.assignee_id == bindparam("user")

_NOW, _TODAY, _SOON = (bindparam(name, type_=Moment) for name in ("now", "today", "soon"))
_RUNNING = tasks.c.idle.is_(False)
_DUE = {
    "overdue": and_(_RUNNING, tasks.c.urgent_at < _NOW),
    "today": and_(_RUNNING, tasks.c.urgent_at >= _NOW, tasks.c.urgent_at <= _TODAY),
    # within three working days, today's among them
    "soon": and_(_RUNNING, tasks.c.urgent_at >= _NOW, tasks.c.urgent_at <= _SOON),
    "paused": and_(tasks.c.idle.is_(True), tasks.c.paused.is_(True)),
}
_FILTERS = {
    "item_key": tasks.c.item_key == bindparam("item_key"),
    "step": tasks.c.name == bindparam("step"),
    "org": tasks.c.org == bindparam("org"),
    "text": tasks.c.search.like(bindparam("text"), escape="/"),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a query decides which statement answers it."""

    scope: str
    #: names of the filters in use
    narrowed: tuple[str, ...] = ()
    due: str | None = None
    #: starts after a cursor
    later: bool = False
    #: number of groups
    groups: int = 0

    @classmethod
    def of(cls, query: InboxQuery) -> Shape:
        """Raises InvalidValue for an unknown scope or due."""
        if query.scope not in SCOPES:
            raise InvalidValue(f"没有“{query.scope}”这个视图。", place="scope")
        if query.due not in (None, *DUES):
            raise InvalidValue(f"没有“{query.due}”这个时限筛选。", place="due")
        narrowed = tuple(name for name in ("item_key", "step", "org") if getattr(query, name) is not None)
        if query.text and query.text.strip():
            narrowed += ("text",)
        by_group = query.scope in ("group", "claimable")
        return cls(query.scope, narrowed, query.due, query.cursor is not None, len(query.groups) if by_group else 0)

    @property
    def by_group(self) -> bool:
        return self.scope in ("group", "claimable")


def page_key(shape: Shape) -> tuple[str, ...]:
    """Names of the columns that the page is ordered by, and its cursor made of."""
    return tuple(column.name for column in (_DONE if shape.scope == "done" else _URGENCY))


def parameters_of(query: InboxQuery, bounds: DueBounds | None = None) -> dict[str, Any]:
    """Values for the parameters of any statement of the query.  Raises InvalidValue for a forged cursor."""
    text = searchable(storable((query.text or "").strip()))
    for special in "/%_":
        text = text.replace(special, f"/{special}")
    values: dict[str, Any] = {"user": query.user_id, "item_key": query.item_key, "step": query.step, "org": query.org}
    groups = sorted(query.groups)
    values |= {"text": f"%{text}%", "groups": groups} | {f"group_{n}": group for n, group in enumerate(groups)}
    if bounds is not None:
        values |= {"now": bounds.now, "today": bounds.today, "soon": bounds.soon}
    types = (datetime, str) if query.scope == "done" else (bool, datetime, str)
    return values | {f"after_{n}": part for n, part in enumerate(key_of(query.cursor, *types) or ())}


@lru_cache(maxsize=512)
def page_statement(shape: Shape) -> Select[Any]:
    """Rows of a task's columns and the page's key."""
    done = shape.scope == "done"
    conditions: list[ColumnElement[bool]] = [_STATE[shape.scope], *(_FILTERS[name] for name in shape.narrowed)]
    if shape.due is not None and not done:
        conditions.append(_DUE[shape.due])
    if shape.later:
        conditions.append(_after(_DONE, "<") if done else _after(_URGENCY, ">"))
    if 1 < shape.groups <= MAX_WALKS:
        return _merged(shape.groups, conditions)
    owner = _OF_GROUPS if shape.by_group else _OF_USER
    found = select(*TASK.columns, tasks.c.idle, tasks.c.urgent_at).where(owner, *conditions)
    order = ordered(_DONE, descending=True) if done else ordered(_URGENCY)
    return found.order_by(*order).limit(bindparam("limit"))


def _merged(groups: int, conditions: list[ColumnElement[bool]]) -> Select[Any]:
    # one walk along the index for each group, stopped after a page, and of their rows the first page: with IN both
    # databases would fetch and sort every row of every group
    keys = [
        select(
            select(*_URGENCY)
            .where(tasks.c.group == bindparam(f"group_{n}"), *conditions)
            .order_by(*ordered(_URGENCY))
            .limit(bindparam("limit"))
            .subquery()
        )
        for n in range(groups)
    ]
    merged = union_all(*keys).subquery()
    first = select(merged).order_by(merged.c.idle, merged.c.urgent_at, merged.c.task_id).limit(bindparam("limit"))
    chosen = first.subquery()
    return (
        select(*TASK.columns, tasks.c.idle, tasks.c.urgent_at)
        .join(chosen, chosen.c.task_id == tasks.c.task_id)
        .order_by(*ordered(_URGENCY))
    )


def _after(columns: tuple[Any, ...], operator: str) -> ColumnElement[bool]:
    bounds = (bindparam(f"after_{n}", type_=column.type) for n, column in enumerate(columns))
    return tuple_(*columns).op(operator, is_comparison=True)(tuple_(*bounds))


@lru_cache(maxsize=128)
def choices_statement(groups: int) -> Any:
    """Item keys, item names and step names that occur together among the open tasks of so many groups.

    Both databases would read every open task to find the few dozen kinds that there are.  This one looks up the first
    kind of each group in the index, and from each kind the next.
    """
    shown = select(tasks.c.item_key, tasks.c.item_name, tasks.c.name).distinct()
    if groups > MAX_WALKS:
        return shown.where(_OF_GROUPS, LIVE)
    first = [select(_first_of_kind(bindparam(f"group_{n}")).label("task_id")) for n in range(groups)]
    found = select(union_all(*first).subquery()).cte("found", recursive=True)
    known = tasks.alias("known")
    further = select(_next_kind(known)).select_from(found.join(known, known.c.task_id == found.c.task_id))
    found = found.union_all(further)
    return shown.join(found, found.c.task_id == tasks.c.task_id)


_NEXT = tasks.alias("next")


def _kind(table: Any) -> tuple[Any, ...]:
    return table.c.item_key, table.c.item_name, table.c.name


def _next_kind(known: Any) -> ColumnElement[str]:
    """The next step of the same item, or the first one of the next item.

    Not one comparison of rows: SQLite looks up no more than the first column of it.
    """
    pairs = list(zip(_kind(_NEXT), _kind(known), strict=True))
    places = []
    for depth in range(len(pairs) - 1, -1, -1):
        (column, after), same = pairs[depth], pairs[:depth]
        places.append(_first_of_kind(known.c.group, *(one == other for one, other in same), column > after))
    return func.coalesce(*places)


def _first_of_kind(group: ColumnElement[str], *conditions: ColumnElement[bool]) -> ScalarSelect[str]:
    found = select(_NEXT.c.task_id).where(_NEXT.c.group == group, _NEXT.c.urgent_at.is_not(None), *conditions)
    return found.order_by(*_kind(_NEXT)).limit(1).scalar_subquery()


@lru_cache(maxsize=512)
def counts_statement(scope: str, narrowed: tuple[str, ...]) -> Select[Any]:
    """One row: a count for each scope, and one for each due among the rows of ``scope`` (of ``group`` for ``done``).

    Every count stops right behind :data:`engine.views.COUNTED`, so that it takes as long with a million tasks as with a
    thousand.
    """
    filters = [_FILTERS[name] for name in narrowed]
    rows = {
        name: (_OF_GROUPS if name in ("group", "claimable") else _OF_USER, state, *filters)
        for name, state in _STATE.items()
    }
    among = rows["group" if scope == "done" else scope]
    return select(
        *(_counted(*conditions).label(name) for name, conditions in rows.items()),
        *(_counted(*among, _DUE[name]).label(name) for name in DUES),
    )


def _counted(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    found = select(literal_column("1")).select_from(tasks).where(*conditions).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()
