"""Stopping a case: withdrawn by the applicant, terminated or suspended by the agency, and taken up again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine import events
from engine.act import Act, Decision, Desk
from engine.assignment import is_applicant
from engine.authority import administers, heads
from engine.calendar import Stop
from engine.commands import ResumeCase, SuspendCase, TerminateCase, WithdrawCase
from engine.deadlines import watched_due
from engine.elements import ClockMode
from engine.errors import CaseSuspended, InvalidValue, NotAllowed, NotSuspended, OpinionRequired, WrongApplicant
from engine.handlers.access import open_case
from engine.process import Kind
from engine.records import (
    APPLICANT_GROUP,
    SUSPENSION,
    CaseClock,
    CaseStatus,
    SpanRecord,
    TaskRecord,
    TimerRecord,
)
from engine.settle import move
from engine.settle.clock import reckon, status_of
from engine.settle.limits import Moments, inherited, note_limits, reckoned


def withdraw_case(desk: Desk, command: WithdrawCase) -> Decision:
    """End the case because the applicant no longer asks for anything; possible until it is decided.

    Raises UnknownCase, CaseClosed, WrongApplicant, NotAllowed.
    """
    act = open_case(desk, command.actor, command.case_no)
    if not is_applicant(act.actor, act.case):
        raise WrongApplicant("只有申请人可以撤回申请。", place=act.case.case_no)
    if act.case.decided_at is not None:
        raise NotAllowed("已经作出决定，不能再撤回申请。", place=act.case.case_no)
    act.emit(events.CaseWithdrawn())
    act.remark("case_withdrawn", command.reason)
    return _end(act, "withdrawn")


def terminate_case(desk: Desk, command: TerminateCase) -> Decision:
    """End the case by the agency, with a reason; a decided one only by an administrator, its result staying.

    Raises UnknownCase, CaseClosed, NotAllowed, OpinionRequired.
    """
    act = _steered(desk, command, "终止")
    decided = act.case.decided_at is not None
    if decided and not administers(act.actor, act.case.owner_org, act.world.directory):
        raise NotAllowed("已经作出决定的办件，只有管理员可以终止。", place=act.case.case_no)
    _need(command.reason, "终止办件必须说明理由。", "reason")
    act.emit(events.CaseTerminated())
    act.remark("case_terminated", command.reason)
    return _end(act, act.case.result if decided else "terminated")


def suspend_case(desk: Desk, command: SuspendCase) -> Decision:
    """Stop a case and its clock on a legal basis: no task is worked, no timer runs, no deadline passes.

    Raises UnknownCase, CaseClosed, CaseSuspended, NotAllowed, OpinionRequired.
    """
    act = _steered(desk, command, "挂起")
    if act.case.status is CaseStatus.SUSPENDED:
        raise CaseSuspended("这个办件已经挂起。", place=act.case.case_no)
    if act.case.decided_at is not None:
        raise NotAllowed("已经作出决定的办件不能挂起。", place=act.case.case_no)
    basis = _need(command.basis, "挂起办件必须写明依据。", "basis")
    span = SpanRecord(
        act.world.new_id(), act.case.case_no, SUSPENSION, "挂起", ClockMode.SUSPENDS, "agency", basis, act.now
    )
    act.spans[span.span_id] = span
    act.emit(events.CaseSuspended(basis))
    act.remark("case_suspended", command.reason)
    act.emit(events.SpanStarted(span))
    act.change(status=CaseStatus.SUSPENDED)
    reckon(act, SUSPENSION, basis)
    for task in list(act.tasks.values()):
        _reschedule(act, replace(task, due_at=None, warn_at=None, paused=True, case_due_at=None))
    for timer in act.timers.values():
        act.emit(events.TimerRescheduled(replace(timer, held=True)))
    _tell_all(act, "case_suspended", act.tasks.values())
    return act.close()


def resume_case(desk: Desk, command: ResumeCase) -> Decision:
    """Take a suspended case up again; limits go on where they stood.

    Raises UnknownCase, CaseClosed, NotSuspended, NotAllowed.
    """
    act = _steered(desk, command, "恢复办理")
    if act.case.status is not CaseStatus.SUSPENDED:
        raise NotSuspended(place=act.case.case_no)
    act.emit(events.CaseResumed())
    act.remark("case_resumed", command.reason)
    _end_suspension(act)
    reckon(act, SUSPENSION)
    stopped = [(s.started_at, s.ended_at) for s in act.spans.values() if s.node_id == SUSPENSION and s.ended_at]
    run = act.definition.process.load(act.case.state)
    waiting = run.waiting()
    limits = note_limits(act, run, waiting, moved=True)
    for one in waiting:
        if one.kind is Kind.USER:
            task = act.tasks[one.ref]
            limit = _own_limit(act, task, stopped) or inherited(one, waiting, limits)
            _reschedule(act, _resumed_task(act, task, limit))
    for timer in act.timers.values():
        act.emit(events.TimerRescheduled(_resumed_timer(act, timer, stopped)))
    act.change(state=run.dump(), status=status_of(act, waiting))
    _tell_all(act, "case_resumed", act.tasks.values())
    return act.close()


def _steered(desk: Desk, command: TerminateCase | SuspendCase | ResumeCase, what: str) -> Act:
    act = open_case(desk, command.actor, command.case_no)
    if not heads(act.actor, act.case.owner_org, act.world.directory):
        raise NotAllowed(f"只有承办单位的审批负责人和管理员可以{what}办件。", place=act.case.case_no)
    return act


#: characters of a basis or a reason
MAX_TEXT = 2000


def _need(text: str | None, message: str, place: str) -> str:
    said = (text or "").strip()
    if not said:
        raise OpinionRequired(message, place=place)
    if len(said) > MAX_TEXT:
        raise InvalidValue(f"不超过 {MAX_TEXT} 个字。", place=place)
    return said


def _end(act: Act, result: str | None) -> Decision:
    """Nothing of the case is waited for any more."""
    held = list(act.tasks.values())
    if act.case.status is CaseStatus.SUSPENDED:
        _end_suspension(act)
    act.change(result=result)
    move(act, lambda run: run.cancel())
    kind = "case_withdrawn" if result == "withdrawn" else "case_terminated"
    _tell_all(act, kind, held)
    return act.close()


def _end_suspension(act: Act) -> None:
    for span in list(act.spans.values()):
        if span.node_id == SUSPENSION and span.ended_at is None:
            act.spans[span.span_id] = ended = replace(span, ended_at=act.now)
            act.emit(events.SpanEnded(ended))


def _reschedule(act: Act, task: TaskRecord) -> None:
    act.tasks[task.task_id] = moved = replace(task, version=task.version + 1)
    act.emit(events.TaskRescheduled(moved))


def _own_limit(act: Act, task: TaskRecord, stopped: Sequence[Stop]) -> Moments | None:
    """The step's own limit, time in suspensions not counted."""
    limit = act.node(task.node_id).ext.limit
    calendar = act.world.calendars.of(task.org or act.case.owner_org)
    return reckoned(calendar, task.opened_at, limit, stopped) if limit else None


def _resumed_task(act: Act, task: TaskRecord, limit: Moments | None) -> TaskRecord:
    return replace(
        task,
        due_at=limit.due_at if limit else None,
        warn_at=limit.warn_at if limit else None,
        paused=act.case.clock is CaseClock.PAUSED,
        case_due_at=watched_due(act.case),
        provisional=act.case.provisional or bool(limit and limit.provisional),
    )


def _resumed_timer(act: Act, timer: TimerRecord, stopped: Sequence[Stop]) -> TimerRecord:
    limit = act.node(timer.node_id).ext.limit
    if limit is None or timer.started_at is None:
        # set before the start was kept: it waits as much longer as the case stood still
        since, until = stopped[-1]
        return replace(timer, due_at=timer.due_at + (until - since), held=False)
    return replace(timer, due_at=act.calendar.due(timer.started_at, limit, stopped).at, held=False)


def _tell_all(act: Act, template: str, tasks: Iterable[TaskRecord]) -> None:
    """The applicant, and whoever has a task of the case."""
    act.tell("applicant", act.case.applicant.phone, template)
    holders = {task.assignee_id or task.group: task.name for task in tasks if task.group != APPLICANT_GROUP}
    for address, step in holders.items():
        act.tell("assignee", address, template, step)
