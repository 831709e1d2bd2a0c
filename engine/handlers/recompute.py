"""Deadlines after a change of the calendar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from engine.act import Act, Decision, Desk
from engine.calendar import Stop
from engine.commands import RecomputeDeadlines
from engine.deadlines import watched_due
from engine.errors import UnknownCase
from engine.events import DeadlineMoved, TaskDated, TimerRescheduled
from engine.records import SUSPENSION, CaseStatus, TaskRecord, TimerRecord
from engine.settle.clock import deadlines_now
from engine.settle.limits import Moments, inherited, is_container, noted, reckoned, renote_limits

#: the limit of what is around a task, by the task's id
Around = Callable[[str], Moments | None]


def recompute_deadlines(desk: Desk, command: RecomputeDeadlines) -> Decision:
    """Work out every open deadline of a case anew: its own, those of its open tasks, those of its timers.

    What moves is told with its old and its new moment; cards raised before stay raised.  Doing it again changes
    nothing.  A decided case keeps the deadlines that it was decided under; one that is suspended has none, and finds
    them when it is resumed.  Raises UnknownCase, and StateFault when the run cannot be loaded.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)
    if case.concluded_at is None and case.status is not CaseStatus.SUSPENDED:
        _recompute_case(act, command)
        around, stopped = _containers(act, command), _suspensions(act)
        for task in list(act.tasks.values()):
            _recompute_task(act, task, around, stopped, command)
        for timer in list(act.timers.values()):
            _recompute_timer(act, timer, stopped, command)
    return act.close()


def _recompute_case(act: Act, command: RecomputeDeadlines) -> None:
    before = act.case
    if before.decided_at is not None:
        return
    due = deadlines_now(act)
    act.change(
        promised_due_at=due.promised_due_at,
        statutory_due_at=due.statutory_due_at,
        warn_at=due.warn_at,
        provisional=due.provisional,
    )
    changed = (before.provisional, before.warn_at) != (due.provisional, due.warn_at)
    for name, old, new in (
        ("promised", before.promised_due_at, due.promised_due_at),
        ("statutory", before.statutory_due_at, due.statutory_due_at),
    ):
        if old != new or (changed and new is not None):
            act.emit(_moved(command, name, "", old, new, due.provisional))


def _containers(act: Act, command: RecomputeDeadlines) -> Around:
    """Limits of activities that have a process inside, noted anew in the run where there are any."""
    if not any(is_container(node) for node in act.definition.process.nodes.values()):
        return lambda task_id: None
    run = act.definition.process.load(act.case.state)
    waiting = run.waiting()
    limits = renote_limits(act, run, waiting)
    for one in waiting:
        before, after = noted(one), limits.get(one.ref)
        if before and after and before != after:
            moved = _moved(command, "scope", one.node.name, before.due_at, after.due_at, after.provisional)
            act.emit(replace(moved, node_id=one.node.id))
            act.change(state=run.dump())
    by_ref = {one.ref: one for one in waiting}
    return lambda task_id: inherited(by_ref[task_id], waiting, limits) if task_id in by_ref else None


def _suspensions(act: Act) -> Sequence[Stop]:
    return [(s.started_at, s.ended_at) for s in act.spans.values() if s.node_id == SUSPENSION and s.ended_at]


def _recompute_task(
    act: Act, task: TaskRecord, around: Around, stopped: Sequence[Stop], command: RecomputeDeadlines
) -> None:
    own = act.node(task.node_id).ext.limit
    calendar = act.world.calendars.of(task.org or act.case.owner_org)
    limit = reckoned(calendar, task.opened_at, own, stopped) if own else around(task.task_id)
    after = replace(
        task,
        due_at=limit.due_at if limit else None,
        warn_at=limit.warn_at if limit else None,
        provisional=act.case.provisional or bool(limit and limit.provisional),
        case_due_at=watched_due(act.case),
    )
    if after == task:
        return
    act.tasks[task.task_id] = after
    if (task.due_at, task.warn_at) != (after.due_at, after.warn_at):
        moved = _moved(command, "task", task.name, task.due_at, after.due_at, after.provisional)
        act.emit(replace(moved, node_id=task.node_id, task_id=task.task_id))
    act.emit(TaskDated(after))


def _recompute_timer(act: Act, timer: TimerRecord, stopped: Sequence[Stop], command: RecomputeDeadlines) -> None:
    """One set before its start was kept stays as it is."""
    node = act.node(timer.node_id)
    if node.ext.limit is None or timer.started_at is None or timer.held:
        return
    due = act.calendar.due(timer.started_at, node.ext.limit, stopped)
    if due.at == timer.due_at:
        return
    act.timers[timer.timer_id] = after = replace(timer, due_at=due.at)
    moved = _moved(command, "timer", node.name, timer.due_at, due.at, due.provisional)
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
