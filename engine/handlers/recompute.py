"""Deadlines after a change of the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.act import Act, Decision, Desk
from engine.commands import RecomputeDeadlines
from engine.deadlines import watched_due
from engine.errors import UnknownCase
from engine.events import DeadlineMoved, TaskRescheduled, TimerRescheduled
from engine.records import TaskRecord, TimerRecord
from engine.settle.clock import deadlines_now
from engine.settle.waits import step_deadline


def recompute_deadlines(desk: Desk, command: RecomputeDeadlines) -> Decision:
    """Work out every open deadline of a case anew: its own, those of its open tasks, those of its timers.

    What moves is told with its old and its new moment; cards raised before stay raised.  Doing it again changes
    nothing.  A decided case keeps the deadlines that it was decided under.  Raises UnknownCase.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)
    if case.concluded_at is None:
        _recompute_case(act, command)
        for task in list(act.tasks.values()):
            _recompute_task(act, task, command)
        if act.timers:
            _recompute_timers(act, command)
    return act.close()


def _recompute_case(act: Act, command: RecomputeDeadlines) -> None:
    before, due = act.case, deadlines_now(act)
    if before.decided_at is not None:
        return
    act.change(
        promised_due_at=due.promised_due_at,
        statutory_due_at=due.statutory_due_at,
        warn_at=due.warn_at,
        provisional=due.provisional,
    )
    after = act.case
    confirmed = (before.provisional, before.warn_at) != (after.provisional, after.warn_at)
    for name, old, new in (
        ("promised", before.promised_due_at, after.promised_due_at),
        ("statutory", before.statutory_due_at, after.statutory_due_at),
    ):
        if old != new or (confirmed and new is not None):
            act.emit(_moved(command, name, "", old, new, after.provisional))


def _recompute_task(act: Act, task: TaskRecord, command: RecomputeDeadlines) -> None:
    node = act.node(task.node_id)
    due_at, warn_at, provisional = step_deadline(act, task.org, node, task.opened_at)
    after = replace(
        task,
        due_at=due_at,
        warn_at=warn_at,
        provisional=act.case.provisional or provisional,
        case_due_at=watched_due(act.case),
    )
    if after == task:
        return
    act.tasks[task.task_id] = after
    if (task.due_at, task.warn_at) != (due_at, warn_at):
        moved = _moved(command, "task", task.name, task.due_at, due_at, provisional)
        act.emit(replace(moved, node_id=task.node_id, task_id=task.task_id))
    act.emit(TaskRescheduled(after))


def _recompute_timers(act: Act, command: RecomputeDeadlines) -> None:
    scheduled = act.uow.history.timers_scheduled(act.case.case_no)
    for timer in list(act.timers.values()):
        started_at = scheduled.get(timer.node_id)
        if started_at is not None:
            _recompute_timer(act, timer, started_at, command)


def _recompute_timer(act: Act, timer: TimerRecord, started_at: datetime, command: RecomputeDeadlines) -> None:
    node = act.node(timer.node_id)
    if node.ext.limit is None:
        return
    due = act.calendar.due(started_at, node.ext.limit)
    if due.at == timer.due_at:
        return
    moved = _moved(command, "timer", node.name, timer.due_at, due.at, due.provisional)
    act.timers[timer.timer_id] = after = replace(timer, due_at=due.at)
    act.emit(replace(moved, node_id=timer.node_id))
    act.emit(TimerRescheduled(after))


def _moved(
    command: RecomputeDeadlines,
    deadline: str,
    name: str,
    before: datetime | None,
    after: datetime | None,
    provisional: bool,
) -> DeadlineMoved:
    return DeadlineMoved(deadline, name, before, after, provisional, command.change_id, command.cause)
