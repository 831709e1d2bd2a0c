"""Tasks: the rows that inboxes show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from engine.errors import StaleVersion
from engine.records import TaskRecord, TaskStatus
from storage.repositories.cases import Cases
from storage.repositories.warnings import NEXT_CARD, card_due, card_moments
from storage.rows import TASK, searchable
from storage.tables import cases, grants, tasks
from storage.types import Moment

_LIVE = frozenset({TaskStatus.OPEN, TaskStatus.CLAIMED})
_FIXED = frozenset({"task_id", "case_no", "item_key", "item_name", "applicant_name", "node_id", "opened_at"})
_WRITTEN = tuple(name for name in TASK.names if name not in _FIXED)

_LOCK = select(*TASK.columns).where(tasks.c.task_id == bindparam("key")).with_for_update(key_share=True)
_OPEN_OF = (
    select(*TASK.columns)
    .where(tasks.c.case_no == bindparam("key"), tasks.c.urgent_at.is_not(None))
    .order_by(tasks.c.opened_at, tasks.c.task_id)
)
# a colleague to whom a task was delegated, and who handed it back, has handled it, too
_DELEGATED = and_(grants.c.task_id == tasks.c.task_id, grants.c.revoked_by == grants.c.agent_id)
_HANDLERS = (
    select(tasks.c.node_id, tasks.c.assignee_id, tasks.c.principal_id, grants.c.agent_id)
    .outerjoin(grants, _DELEGATED)
    .where(
        tasks.c.case_no == bindparam("key"),
        tasks.c.node_id.in_(bindparam("nodes", expanding=True)),
        tasks.c.status == TaskStatus.DONE,
    )
    .distinct()
)
_OF_CASE = select(*TASK.columns).where(tasks.c.case_no == bindparam("key")).order_by(tasks.c.opened_at, tasks.c.task_id)
_TOOK_PART = (
    select(tasks.c.task_id)
    .where(
        tasks.c.case_no == bindparam("key"),
        tasks.c.status.in_([TaskStatus.CLAIMED, TaskStatus.DONE]),
        or_(tasks.c.assignee_id == bindparam("person"), tasks.c.principal_id == bindparam("person")),
    )
    .limit(1)
)
_URGED = (
    update(tasks)
    .where(tasks.c.task_id.in_(bindparam("keys", expanding=True)))
    .values(urged_at=bindparam("at", type_=Moment))
)
_SAVE = (
    update(tasks)
    .where(tasks.c.task_id == bindparam("key"), tasks.c.version == bindparam("seen"))
    .values({name: bindparam(name) for name in (*_WRITTEN, "idle", "urgent_at")} | {"card_at": NEXT_CARD[tasks]})
)
_DATE = (
    update(tasks)
    .where(tasks.c.task_id == bindparam("key"))
    .values(
        {name: bindparam(name) for name in ("due_at", "warn_at", "provisional", "idle", "urgent_at")}
        | {"card_at": NEXT_CARD[tasks]}
    )
)
_CARDS_DUE = (
    select(tasks.c.task_id)
    .join(cases, cases.c.case_no == tasks.c.case_no)
    .where(tasks.c.card_at <= bindparam("now", type_=Moment))
    .order_by(tasks.c.card_at, tasks.c.task_id)
    .limit(bindparam("limit"))
    .with_for_update(of=cases, key_share=True, skip_locked=True)
)
_STILL_DUE = (
    select(*TASK.columns)
    .where(tasks.c.task_id.in_(bindparam("keys", expanding=True)), tasks.c.card_at <= bindparam("now", type_=Moment))
    .order_by(tasks.c.card_at, tasks.c.task_id)
)


class Tasks:
    """:class:`engine.ports.Tasks`."""

    def __init__(self, connection: Connection, cases: Cases) -> None:
        self._connection = connection
        self._cases = cases
        #: ``(case number, organisation)`` of the tasks opened in this transaction
        self.entered: set[tuple[str, str]] = set()

    def lock(self, task_id: str) -> TaskRecord | None:
        """The task, locked with its case until the transaction ends.

        The case comes first: two clerks on two branches of one case would otherwise each hold a task and wait for the
        other's.
        """
        if self._cases.lock_of_task(task_id) is None:
            return None
        return TASK.read(self._connection.execute(_LOCK, {"key": task_id}).one())

    def open_of(self, case_no: str) -> Sequence[TaskRecord]:
        """Tasks of the case that are open or claimed, in the order in which they were opened."""
        return [TASK.read(row) for row in self._connection.execute(_OPEN_OF, {"key": case_no})]

    def handlers(self, case_no: str, node_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
        """``(node id, user id)`` of everybody who completed one of these nodes in the case: himself, for somebody
        else, through somebody else, or as the colleague to whom it was delegated."""
        rows = self._connection.execute(_HANDLERS, {"key": case_no, "nodes": list(node_ids)})
        return sorted({(row.node_id, person) for row in rows for person in row[1:] if person is not None})

    def of_case(self, case_no: str) -> Sequence[TaskRecord]:
        """Every task that the case has or had, in the order in which they were opened."""
        return [TASK.read(row) for row in self._connection.execute(_OF_CASE, {"key": case_no})]

    def took_part(self, case_no: str, user_id: str) -> bool:
        """True when the person completed a task of the case, or holds one."""
        return self._connection.execute(_TOOK_PART, {"key": case_no, "person": user_id}).first() is not None

    def mark_urged(self, task_ids: Sequence[str], at: datetime) -> None:
        """Keep when tasks were last asked to be hurried; their versions stay."""
        self._connection.execute(_URGED, {"keys": list(task_ids), "at": at})

    def add(self, tasks_opened: Sequence[TaskRecord]) -> None:
        """Store new tasks."""
        if not tasks_opened:
            return
        self._connection.execute(insert(tasks), [_new(task) for task in tasks_opened])
        self.entered.update((task.case_no, task.org) for task in tasks_opened if task.org is not None)

    def save(self, task: TaskRecord) -> None:
        """Write the task over the version before its own; raises StaleVersion when that is not the stored one."""
        first, red = _moments(task)
        values = {name: getattr(task, name) for name in _WRITTEN} | place(task)
        values |= {"key": task.task_id, "seen": task.version - 1, "first_card_at": first, "red_card_at": red}
        if self._connection.execute(_SAVE, values).rowcount != 1:
            raise StaleVersion(place=task.task_id)

    def reschedule(self, task: TaskRecord) -> None:
        """Write the task's own deadline, its warning and whether they are provisional; its version stays, so that a
        page open at a clerk's is not refused for it."""
        first, red = _moments(task)
        values = {"due_at": task.due_at, "warn_at": task.warn_at, "provisional": task.provisional, **place(task)}
        self._connection.execute(_DATE, values | {"key": task.task_id, "first_card_at": first, "red_card_at": red})

    def set_case_clock(self, case_no: str, case_due_at: datetime | None, paused: bool) -> None:
        """Copy the case's deadline into its open tasks; their versions stay, so that a page open at a clerk's
        is not refused for it."""
        self._connection.execute(
            update(tasks)
            .where(tasks.c.case_no == case_no, tasks.c.urgent_at.is_not(None))
            .values(case_due_at=case_due_at, paused=paused, **_place_in_sql(case_due_at, paused))
        )

    def warnable(self, now: datetime, limit: int) -> Sequence[tuple[TaskRecord, str]]:
        """Open tasks with a card due and not yet raised, each with its level; locked with their cases, those in other
        hands skipped."""
        keys = self._connection.scalars(_CARDS_DUE, {"now": now, "limit": limit}).all()
        if not keys:
            return []
        # read again behind the lock: a task may have been completed while we went for it
        rows = self._connection.execute(_STILL_DUE, {"keys": keys, "now": now})
        return [(task, card_due(task.due_at, now)) for task in map(TASK.read, rows)]


def place(task: TaskRecord) -> dict[str, Any]:
    """Where the task stands in the inbox: the columns ``idle`` and ``urgent_at``."""
    if task.status not in _LIVE:
        return {"idle": False, "urgent_at": None}
    deadlines = [moment for moment in (task.due_at, task.case_due_at) if moment is not None]
    if task.paused or not deadlines:
        return {"idle": True, "urgent_at": task.opened_at}
    return {"idle": False, "urgent_at": min(deadlines)}


def _place_in_sql(case_due_at: datetime | None, paused: bool) -> dict[str, ColumnElement[Any]]:
    # place(), for many rows at once
    if paused:
        return {"idle": true(), "urgent_at": tasks.c.opened_at}
    if case_due_at is None:
        return {"idle": tasks.c.due_at.is_(None), "urgent_at": func.coalesce(tasks.c.due_at, tasks.c.opened_at)}
    due = literal(case_due_at, Moment)
    return {"idle": false(), "urgent_at": case((tasks.c.due_at < due, tasks.c.due_at), else_=due)}


def _new(task: TaskRecord) -> dict[str, Any]:
    first, _ = _moments(task)
    search = searchable(task.case_no, task.item_name, task.applicant_name)
    return TASK.values(task) | place(task) | {"card": 0, "card_at": first, "search": search}


def _moments(task: TaskRecord) -> tuple[datetime | None, datetime | None]:
    return card_moments(task.warn_at, task.due_at, live=task.status in _LIVE)
