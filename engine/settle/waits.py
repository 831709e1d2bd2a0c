"""What a run waits for, as records: tasks, timers, spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.act import Act
from engine.assignment import holder
from engine.deadlines import watched_due
from engine.errors import ProcessFault
from engine.events import (
    SpanEnded,
    SpanStarted,
    TaskCancelled,
    TaskOpened,
    TimerCancelled,
    TimerScheduled,
)
from engine.process import Kind, Waiting
from engine.records import CaseClock, SpanRecord, TaskRecord, TaskStatus, TimerRecord
from engine.settle.clock import reckon


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


def open_tasks(act: Act, entered: Sequence[Waiting]) -> None:
    """Put every task that the run newly waits for into the inbox of its group."""
    for one in entered:
        if one.kind is Kind.USER:
            act.tasks[one.ref] = task = _task(act, one)
            act.emit(TaskOpened(task))


def schedule_timers(act: Act, entered: Sequence[Waiting]) -> None:
    """Schedule every timer that the run newly waits for; its limit counts from now."""
    for one in entered:
        if one.kind is not Kind.TIMER:
            continue
        limit = one.node.ext.limit
        if limit is None:
            raise ProcessFault("定时事件没有写明时限（yc:limit）。", place=f"{one.node.name}（{one.node.id}）")
        timer = TimerRecord(one.ref, act.case.case_no, one.node.id, act.calendar.due(act.now, limit).at)
        act.emit(TimerScheduled(timer, one.node.name))


def step_deadline(
    act: Act, org: str | None, node: Node, opened_at: datetime
) -> tuple[datetime | None, datetime | None, bool]:
    """Deadline and warning of a step opened for ``org`` at ``opened_at``, and whether they are provisional."""
    limit = node.ext.limit
    if limit is None:
        return None, None, False
    calendar = act.world.calendars.of(org or act.case.owner_org)
    due = calendar.due(opened_at, limit)
    return due.at, calendar.warn_at(opened_at, due.at, limit), due.provisional


def _task(act: Act, waiting: Waiting) -> TaskRecord:
    case, node = act.case, waiting.node
    held = holder(waiting, case.owner_org, act.world.directory)
    due_at, warn_at, provisional = step_deadline(act, held.org, node, act.now)
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
        due_at=due_at,
        warn_at=warn_at,
        case_due_at=watched_due(case),
        paused=case.clock is CaseClock.PAUSED,
        provisional=case.provisional or provisional,
    )
