"""Yellow and red cards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.act import Act, Decision, Desk
from engine.commands import RaiseCards
from engine.deadlines import watched_due
from engine.errors import UnknownCase
from engine.events import WarningRaised
from engine.records import CaseClock, WarningRecord


def raise_cards(desk: Desk, command: RaiseCards) -> Decision:
    """Raise every card of a case and its open tasks that has fallen due; one raised before is not raised again.

    Looks again under the case's lock.  Whether a card is new, the store decides by its uniqueness.  Raises UnknownCase.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)
    for card in (*_case_cards(act), *_task_cards(act)):
        if act.uow.warnings.add(card):
            act.emit(WarningRaised(card))
    return act.close()


def _case_cards(act: Act) -> Iterator[WarningRecord]:
    """Only while the clock runs: a paused case is not late, a decided one no longer."""
    case, due = act.case, watched_due(act.case)
    if case.clock is CaseClock.RUNNING and due is not None:
        level = _level(act.now, case.warn_at, due)
        if level is not None:
            yield WarningRecord(case.case_no, "case", level, act.now, due, case.owner_org, None)


def _task_cards(act: Act) -> Iterator[WarningRecord]:
    for task in act.tasks.values():
        if task.due_at is None:
            continue
        level = _level(act.now, task.warn_at, task.due_at)
        if level is not None:
            yield WarningRecord(task.case_no, task.task_id, level, act.now, task.due_at, task.org, task.assignee_id)


def _level(now: datetime, warn_at: datetime | None, due: datetime) -> str | None:
    """The card due at ``now``; one that is late for yellow goes straight to red."""
    if due <= now:
        return "red"
    return "yellow" if warn_at is not None and warn_at <= now else None
