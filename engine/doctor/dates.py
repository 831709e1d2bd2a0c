"""Invariant 6, the dates: deadlines worked out anew from the records are the ones that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from engine.calendar import Due
from engine.deadlines import NO_DEADLINES, Deadlines, deadlines, is_paused, stops, watched_due
from engine.doctor.subject import Subject, Violation
from engine.elements import Limit
from engine.records import SUSPENSION, CaseClock, CaseRecord, CaseStatus, Definition, SpanRecord, TaskRecord

_NAMES = {"promised_due_at": "承诺期限", "statutory_due_at": "法定期限", "warn_at": "预警时间"}


def dates(subject: Subject) -> Iterator[Violation]:
    """The case's clock and deadlines, the copies that its open tasks carry, and the steps' own limits."""
    if subject.definition is None:
        return
    case, spans = subject.file.case, subject.file.spans
    clock = clock_of(case, spans)
    if case.clock is not clock:
        yield subject.violation(6, f"办件的计时状态是 {case.clock}，按记录应为 {clock}")
    due = deadlines_of(subject, subject.definition, clock)
    # a provisional date rests on a calendar that has been published since: it is put right by an act of its own
    if not case.provisional or due.provisional:
        for name, words in _NAMES.items():
            stored, right = getattr(case, name), getattr(due, name)
            if stored != right:
                yield subject.violation(6, f"{words}存为 {_day(stored)}，按记录应为 {_day(right)}")
    yield from _task_dates(subject, subject.definition)


def clock_of(case: CaseRecord, spans: Sequence[SpanRecord]) -> CaseClock:
    """The clock that milestones and spans ask for."""
    if case.accepted_at is None:
        return CaseClock.NOT_STARTED
    if case.decided_at is not None or case.concluded_at is not None:
        return CaseClock.STOPPED
    return CaseClock.PAUSED if is_paused(spans) else CaseClock.RUNNING


def deadlines_of(subject: Subject, definition: Definition, clock: CaseClock) -> Deadlines:
    """The deadlines of the case; of a stopped clock, those that held as it stopped."""
    case, spans = subject.file.case, subject.file.spans
    if case.accepted_at is None:
        return NO_DEADLINES
    if clock is not CaseClock.STOPPED:
        return deadlines(case.accepted_at, definition.item, spans, subject.calendar)
    stopped_at = min(at for at in (case.decided_at, case.concluded_at) if at is not None)
    held = deadlines(case.accepted_at, definition.item, _until(spans, stopped_at), subject.calendar)
    return replace(held, warn_at=None)


def _until(spans: Sequence[SpanRecord], at: datetime) -> Sequence[SpanRecord]:
    before = [span for span in spans if span.started_at < at]
    return [replace(span, ended_at=min(span.ended_at or at, at)) for span in before]


def _task_dates(subject: Subject, definition: Definition) -> Iterator[Violation]:
    case = subject.file.case
    suspended = case.status is CaseStatus.SUSPENDED
    case_due_at = None if suspended else watched_due(case)
    for task in subject.live.values():
        if task.case_due_at != case_due_at or task.paused != (suspended or case.clock is CaseClock.PAUSED):
            yield subject.violation(6, f"环节“{task.name}”上的办件期限与办件不同", task.task_id)
        node = definition.process.nodes.get(task.node_id)
        if suspended:
            if task.due_at is not None:
                yield subject.violation(6, f"办件挂起，环节“{task.name}”却有期限", task.task_id)
        elif node is not None and node.ext.limit is not None:
            yield from _step_limit(subject, task, node.ext.limit)


def _step_limit(subject: Subject, task: TaskRecord, limit: Limit) -> Iterator[Violation]:
    """The step's own limit, time in which the case was suspended not counted."""
    ended = [span for span in subject.file.spans if span.node_id == SUSPENSION and span.ended_at is not None]
    calendar = subject.calendars.of(task.org or subject.file.case.owner_org)
    due = calendar.due(task.opened_at, limit, stops(ended))
    if task.due_at is None or (_final(task, due) and due.at != task.due_at):
        what = f"环节“{task.name}”的期限存为 {_day(task.due_at)}，按记录应为 {_day(due.at)}"
        yield subject.violation(6, what, task.task_id)


def _final(task: TaskRecord, due: Due) -> bool:
    return due.provisional or not task.provisional


def _day(at: datetime | None) -> str:
    return "无" if at is None else at.isoformat(timespec="minutes")
