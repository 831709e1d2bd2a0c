"""Invariant 6, the dates: deadlines worked out anew from the records are the ones that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from engine.audit import moment
from engine.calendar import Due
from engine.deadlines import NO_DEADLINES, Deadlines, deadlines, is_paused, stops, watched_due
from engine.doctor.subject import Subject, Violation
from engine.records import SUSPENSION, CaseClock, CaseRecord, CaseStatus, Definition, SpanRecord, TaskRecord
from engine.settle.limits import inherited, noted

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
            if stored != right and not (clock is CaseClock.STOPPED and _held(subject, name, stored)):
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


def _held(subject: Subject, name: str, stored: datetime | None) -> bool:
    """Whether the history says so: a calendar corrected later does not change what a decision was measured by."""
    told: dict[str, str | None] = {}
    for entry in subject.file.history:
        if entry.kind == "clock_changed":
            told |= {key: entry.facts.get(key) for key in ("promised_due_at", "statutory_due_at")}
        elif entry.kind == "deadline_moved":
            told[f"{entry.facts['deadline']}_due_at"] = entry.facts["after"]
    return name in told and told[name] == (moment(stored) if stored else None)


def _until(spans: Sequence[SpanRecord], at: datetime) -> Sequence[SpanRecord]:
    before = [span for span in spans if span.started_at < at]
    return [replace(span, ended_at=min(span.ended_at or at, at)) for span in before]


def _task_dates(subject: Subject, definition: Definition) -> Iterator[Violation]:
    case = subject.file.case
    suspended = case.status is CaseStatus.SUSPENDED
    stopped = stops(span for span in subject.file.spans if span.node_id == SUSPENSION)
    for task in subject.live.values():
        if task.case_due_at != watched_due(case) or task.paused != (suspended or case.clock is CaseClock.PAUSED):
            yield subject.violation(6, f"环节“{task.name}”上的办件期限与办件不同", task.task_id)
        node = definition.process.nodes.get(task.node_id)
        limit = node.ext.limit if node else None
        calendar = subject.calendars.of(task.org or case.owner_org)
        # a suspension that ended before the task was opened changes nothing
        due = calendar.due(task.opened_at, limit, stopped) if limit and not suspended else None
        if limit is None and task.due_at is not None and _is_inherited(subject, task):
            continue
        if (task.due_at is None) != (due is None) or (due and _final(task, due) and due.at != task.due_at):
            right = due.at if due else None
            yield subject.violation(
                6, f"环节“{task.name}”的期限存为 {_day(task.due_at)}，应为 {_day(right)}", task.task_id
            )


def _is_inherited(subject: Subject, task: TaskRecord) -> bool:
    """Whether the task's limit is that of an activity around it: noted there, or what it was before a stop ended."""
    if subject.run is None:
        return True
    waiting = subject.run.waiting()
    limits = {one.ref: known for one in waiting if (known := noted(one)) is not None}
    around = next((inherited(one, waiting, limits) for one in waiting if one.ref == task.task_id), None)
    return around is not None and task.due_at is not None and task.due_at <= around.due_at


def _final(task: TaskRecord, due: Due) -> bool:
    return due.provisional or not task.provisional


def _day(at: datetime | None) -> str:
    return "无" if at is None else at.isoformat(timespec="minutes")
