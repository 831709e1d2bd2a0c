"""What a run waits for, as records: tasks, timers, spans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from engine.act import Act
from engine.assignment import check, holder, watched_nodes
from engine.deadlines import watched_due
from engine.errors import ProcessFault, Refused
from engine.events import (
    SpanEnded,
    SpanStarted,
    TaskCancelled,
    TaskOpened,
    TimerCancelled,
    TimerScheduled,
)
from engine.process import Kind, Waiting
from engine.records import APPLICANT_GROUP, CaseClock, SpanRecord, TaskRecord, TaskStatus, TimerRecord
from engine.settle.clock import reckon
from engine.settle.limits import Moments, reckoned


def cancel_gone(act: Act, gone: Sequence[Waiting]) -> None:
    """Cancel tasks and timers that the run no longer waits for, save the one that the act itself completed."""
    for one in gone:
        if one.kind is Kind.USER and (task := act.tasks.pop(one.ref, None)) is not None:
            cancelled = replace(task, status=TaskStatus.CANCELLED, done_at=act.now, version=task.version + 1)
            act.emit(TaskCancelled(cancelled))
        if one.kind is Kind.TIMER and (timer := act.timers.pop(one.ref, None)) is not None:
            act.emit(TimerCancelled(timer))


def end_spans(act: Act, gone: Sequence[Waiting]) -> None:
    """End the spans of activities that the run has left; the case clock may run again."""
    for one in gone:
        if one.node.ext.clock is None:
            continue
        act.spans[one.ref] = ended = replace(act.spans[one.ref], ended_at=act.now)
        act.emit(SpanEnded(ended))
        reckon(act, ended.node_id, ended.basis)


def start_spans(act: Act, entered: Sequence[Waiting]) -> None:
    """Start a span for every activity entered that says how its time counts; the case clock may pause."""
    for one in entered:
        rule = one.node.ext.clock
        if rule is None:
            continue
        act.spans[one.ref] = span = SpanRecord(
            span_id=one.ref,
            case_no=act.case.case_no,
            node_id=one.node.id,
            name=one.node.name,
            mode=rule.mode,
            party=rule.party,
            basis=rule.basis,
            started_at=act.now,
        )
        act.emit(SpanStarted(span))
        reckon(act, span.node_id, span.basis)


def open_tasks(act: Act, entered: Sequence[Waiting], inherited: Callable[[Waiting], Moments | None]) -> None:
    """Put every task that the run newly waits for into the inbox of its group.

    ``inherited`` tells the limit of what is around a task, for one that has none of its own.
    """
    for one in entered:
        if one.kind is Kind.USER:
            act.tasks[one.ref] = task = _in_known_hands(act, _task(act, one, inherited), one.mark)
            act.emit(TaskOpened(task))


def schedule_timers(act: Act, entered: Sequence[Waiting]) -> None:
    """Schedule every timer that the run newly waits for; its limit counts from now."""
    for one in entered:
        if one.kind is not Kind.TIMER:
            continue
        limit = one.node.ext.limit
        if limit is None:
            raise ProcessFault("定时事件没有写明时限（yc:limit）。", place=f"{one.node.name}（{one.node.id}）")
        due = act.calendar.due(act.now, limit)
        timer = TimerRecord(one.ref, act.case.case_no, one.node.id, due.at, started_at=act.now)
        act.emit(TimerScheduled(timer, one.node.name))


def _in_known_hands(act: Act, task: TaskRecord, user_id: str | None) -> TaskRecord:
    """The task claimed by the person it was sent back to, if he still may work it."""
    person = act.uow.people.find(user_id) if user_id and task.group != APPLICANT_GROUP else None
    if person is None:
        return task
    nodes = watched_nodes(act.node(task.node_id))
    handlers = act.uow.tasks.handlers(task.case_no, nodes) if nodes else ()
    try:
        check(person, task, act.case, handlers, act.definition.process.nodes)
    except Refused:
        return task
    return replace(
        task,
        status=TaskStatus.CLAIMED,
        assignee_id=person.user_id,
        assignee_name=person.name,
        claimed_at=act.now,
    )


def _task(act: Act, waiting: Waiting, inherited: Callable[[Waiting], Moments | None]) -> TaskRecord:
    case, node = act.case, waiting.node
    held = holder(waiting, case.owner_org, act.world.directory)
    own, calendar = node.ext.limit, act.world.calendars.of(held.org or case.owner_org)
    limit = reckoned(calendar, act.now, own) if own else inherited(waiting)
    return TaskRecord(
        task_id=waiting.ref,
        case_no=case.case_no,
        item_key=case.item_key,
        item_name=case.item_name,
        applicant_name=case.applicant.name,
        node_id=node.id,
        name=node.name,
        stage=node.ext.stage,
        group=held.group,
        org=held.org,
        status=TaskStatus.OPEN,
        opened_at=act.now,
        due_at=limit.due_at if limit else None,
        warn_at=limit.warn_at if limit else None,
        case_due_at=watched_due(case),
        paused=case.clock is CaseClock.PAUSED,
        provisional=case.provisional or bool(limit and limit.provisional),
    )
