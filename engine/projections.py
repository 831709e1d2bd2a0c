"""Projections write: what the handlers decided goes into the store, each table once per act where its port allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from engine import events
from engine.act import Act
from engine.deadlines import watched_due
from engine.history import entries
from engine.records import CaseClock

E = TypeVar("E", bound=events.Event)


def project(act: Act) -> None:
    """Write every event of the act, its history and the case as it stands; nothing when nothing happened.

    The case comes first where it is new and last where it is not: other rows refer to it, and its row carries the head
    of the history.
    """
    if not act.events:
        return
    written, head = entries(act.events, act.case, act.actor, act.now)
    case = replace(act.case, history_seq=head.seq, history_hash=head.hash)
    if act.is_new:
        act.uow.cases.add(case)
    _write_tasks(act)
    _write_timers(act)
    _write_spans(act)
    _write_papers(act)
    act.uow.history.append(written)
    if not act.is_new:
        act.uow.cases.save(replace(case, version=case.version + 1))


def _of(act: Act, kind: type[E]) -> Iterator[E]:
    return (event for event in act.events if isinstance(event, kind))


def _write_tasks(act: Act) -> None:
    tasks = act.uow.tasks
    changed = (events.TaskClaimed, events.TaskReleased, events.TaskCompleted, events.TaskCancelled)
    for event in act.events:
        if isinstance(event, changed):
            tasks.save(event.task)
    opened = [event.task for event in _of(act, events.TaskOpened)]
    if opened:
        tasks.add(opened)
    for moved in _of(act, events.TaskRescheduled):
        tasks.reschedule(moved.task)
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
    scheduled = [event.timer for event in _of(act, events.TimerScheduled)]
    if scheduled:
        act.uow.timers.add(scheduled)
    for moved in _of(act, events.TimerRescheduled):
        act.uow.timers.reschedule(moved.timer)


def _write_spans(act: Act) -> None:
    for ended in _of(act, events.SpanEnded):
        act.uow.spans.end(ended.span.span_id, act.now)
    started = [event.span for event in _of(act, events.SpanStarted)]
    if started:
        act.uow.spans.add(started)


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
