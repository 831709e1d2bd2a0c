"""Projections write: what the handlers decided goes into the store, each table once per act where its port allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from engine import events
from engine.act import Act, Decision
from engine.deadlines import watched_due
from engine.history import entries
from engine.ports import UnitOfWork
from engine.records import CaseClock

E = TypeVar("E", bound=events.Event)
_OVERSIGHT = (
    events.WarningAcknowledged,
    events.WarningExplained,
    events.CorrectionOrdered,
    events.WarningClosed,
)


_TASK_CHANGES = (
    events.TaskClaimed,
    events.TaskReleased,
    events.TaskTransferred,
    events.TaskDelegated,
    events.TaskHandedBack,
    events.TaskRecalled,
    events.TaskReturned,
    events.TaskRescheduled,
    events.TaskCompleted,
    events.TaskCancelled,
)


def project(decision: Decision, uow: UnitOfWork) -> None:
    """Write what a handler decided."""
    for event in decision.register:
        if isinstance(event, events.GrantGiven):
            uow.grants.add(event.grant)
        if isinstance(event, events.GrantRevoked):
            uow.grants.revoke(event.grant.grant_id, event.at, event.by_id)
    if decision.act is not None:
        _project_act(decision.act)


def _project_act(act: Act) -> None:
    """Write every event of the act, its history and the case as it stands; nothing when nothing happened.

    The case comes first where it is new and last where it is not: other rows refer to it, and its row carries the head
    of the history.
    """
    if not act.events:
        return
    written, head = entries(act.events, act.case, act.actor, act.now, act.mandate)
    case = replace(act.case, history_seq=head.seq, history_hash=head.hash)
    if act.is_new:
        act.uow.cases.add(case)
    _write_tasks(act)
    _write_timers(act)
    _write_spans(act)
    _write_papers(act)
    _write_contacts(act)
    _write_grants(act)
    _write_oversight(act)
    act.uow.history.append(written)
    if not act.is_new:
        act.uow.cases.save(replace(case, version=case.version + 1))


def _of(act: Act, kind: type[E]) -> Iterator[E]:
    return (event for event in act.events if isinstance(event, kind))


def _write_tasks(act: Act) -> None:
    tasks = act.uow.tasks
    for event in act.events:
        if isinstance(event, _TASK_CHANGES):
            tasks.save(event.task)
    opened = [event.task for event in _of(act, events.TaskOpened)]
    if opened:
        tasks.add(opened)
    for dated in _of(act, events.TaskDated):
        tasks.reschedule(dated.task)
    if any(_clock_moved(event) for event in act.events) and len(act.tasks) > len(opened):
        tasks.set_case_clock(act.case.case_no, watched_due(act.case), act.case.clock is CaseClock.PAUSED)


def _clock_moved(event: events.Event) -> bool:
    """True for what changes the case's own deadline or clock, which its tasks carry copies of."""
    if isinstance(event, events.DeadlineMoved):
        return event.deadline in ("promised", "statutory")
    return isinstance(event, events.ClockChanged)


def _write_timers(act: Act) -> None:
    gone = [
        event.timer.timer_id for event in act.events if isinstance(event, events.TimerFired | events.TimerCancelled)
    ]
    if gone:
        act.uow.timers.remove(gone)
    for moved in _of(act, events.TimerRescheduled):
        act.uow.timers.save(moved.timer)
    scheduled = [event.timer for event in _of(act, events.TimerScheduled)]
    if scheduled:
        act.uow.timers.add(scheduled)


def _write_spans(act: Act) -> None:
    for ended in _of(act, events.SpanEnded):
        act.uow.spans.end(ended.span.span_id, act.now)
    started = [event.span for event in _of(act, events.SpanStarted)]
    if started:
        act.uow.spans.add(started)


def _write_oversight(act: Act) -> None:
    for event in act.events:
        if isinstance(event, _OVERSIGHT):
            act.uow.oversight.add(event.act)


def _write_papers(act: Act) -> None:
    uow = act.uow
    for form in _of(act, events.FormSaved):
        uow.forms.put(form.form)
    for bound in _of(act, events.AttachmentsBound):
        uow.attachments.bind(bound.attachment_ids, bound.case_no, bound.task_id, act.actor.user_id)
    for draft in _of(act, events.DraftUsed):
        uow.drafts.remove(draft.draft_id, act.actor.user_id)
    notices = [event.notice for event in _of(act, events.NoticeIssued)]
    if notices:
        uow.notices.add(notices)
    messages = [event.message for event in _of(act, events.MessageQueued)]
    if messages:
        uow.outbox.add(messages)


def _write_contacts(act: Act) -> None:
    uow = act.uow
    remarks = [event.remark for event in _of(act, events.RemarkMade)]
    if remarks:
        uow.remarks.add(remarks)
    for urged in _of(act, events.CaseUrged):
        uow.tasks.mark_urged(urged.task_ids, urged.urge.at)
    copies = [event.copy for event in _of(act, events.CopySent)]
    if copies:
        uow.copies.add(copies)
    for read in _of(act, events.CopyRead):
        uow.copies.mark_read(read.copy.copy_id, act.now)
    for asked in _of(act, events.QuestionAsked):
        uow.questions.add(asked.question)
    for answered in _of(act, events.QuestionAnswered):
        uow.questions.answer(answered.question)


def _write_grants(act: Act) -> None:
    """The delegation of a task begins and ends with it."""
    for event in act.events:
        if isinstance(event, events.TaskDelegated):
            act.uow.grants.add(event.grant)
        if isinstance(event, events.TaskHandedBack | events.TaskRecalled):
            act.uow.grants.revoke(event.grant.grant_id, act.now, act.actor.user_id)
        if isinstance(event, events.TaskTransferred | events.TaskReleased) and event.ended_grant_id:
            act.uow.grants.revoke(event.ended_grant_id, act.now, act.actor.user_id)
        if isinstance(event, events.TaskCancelled) and event.task.delegated and event.task.grant_id:
            act.uow.grants.revoke(event.task.grant_id, act.now, act.actor.user_id)
