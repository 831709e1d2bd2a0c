"""Yellow and red cards, each raised once.

A case and a task carry what the ticker looks for: ``card``, the highest card raised (0 none, 1 yellow, 2 red), and
``card_at``, when the next one falls due.  A partial index over ``card_at`` finds them; raising a card moves it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from engine.deadlines import watched_due
from engine.records import CaseRecord, WarningRecord
from storage.rows import CASE_COLUMNS, WARNING, case_of
from storage.statements import insert_unless_there
from storage.tables import cases, tasks, warnings
from storage.types import Moment

YELLOW, RED = "yellow", "red"
_RANK = {YELLOW: 1, RED: 2}

#: ``card_at`` after a change of the deadlines, for the parameters ``first_card_at`` and ``red_card_at``
NEXT_CARD = {
    table: case(
        (table.c.card == 0, bindparam("first_card_at", type_=Moment)),
        (table.c.card == 1, bindparam("red_card_at", type_=Moment)),
    )
    for table in (cases, tasks)
}

# engine.deadlines.watched_due, in SQL
_WATCHED_DUE = func.coalesce(cases.c.promised_due_at, cases.c.statutory_due_at)

_CASES_DUE = (
    select(*CASE_COLUMNS)
    .where(cases.c.card_at <= bindparam("now", type_=Moment))
    .order_by(cases.c.card_at, cases.c.case_no)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)


def card_moments(
    warn_at: datetime | None, due_at: datetime | None, *, live: bool
) -> tuple[datetime | None, datetime | None]:
    """When the first card and the red one fall due; None when no card can, or the clock does not run."""
    if not live or due_at is None:
        return None, None
    return (due_at if warn_at is None else min(warn_at, due_at)), due_at


def card_due(due_at: datetime | None, now: datetime) -> str:
    """The level of a card that is due ``now``: one that is late for yellow goes straight to red."""
    return RED if due_at is not None and due_at <= now else YELLOW


class Warnings:
    """:class:`engine.ports.Warnings`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, warning: WarningRecord) -> bool:
        """True when it was new; a second one for the same (case, deadline, level) is not stored."""
        statement = insert_unless_there(self._connection, warnings)
        new = self._connection.execute(statement, WARNING.values(warning)).rowcount == 1
        self._connection.execute(_raise(warning))
        return new

    def cases_due(self, now: datetime, limit: int) -> Sequence[tuple[CaseRecord, str]]:
        """Running cases with a card due and not yet raised, each with its level, locked; others' are skipped."""
        rows = self._connection.execute(_CASES_DUE, {"now": now, "limit": limit})
        records = (case_of(row) for row in rows)
        return [(record, card_due(watched_due(record), now)) for record in records]


def _raise(warning: WarningRecord) -> Any:
    of_case = warning.deadline == "case"
    table, due = (cases, _WATCHED_DUE) if of_case else (tasks, tasks.c.due_at)
    key = cases.c.case_no == warning.case_no if of_case else tasks.c.task_id == warning.deadline
    rank = _RANK[warning.level]
    after = case((table.c.card_at.is_not(None), due)) if rank == 1 else None
    return update(table).where(key, table.c.card < rank).values(card=rank, card_at=after)
