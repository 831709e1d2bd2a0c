"""What handlers decide: facts, in order.  Projections write them; none is ever taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.records import (
    CaseRecord,
    FormRecord,
    MessageRecord,
    NoticeRecord,
    SpanRecord,
    TaskRecord,
    TimerRecord,
    WarningRecord,
)


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class CaseSubmitted(Event):
    case: CaseRecord


@dataclass(frozen=True, slots=True)
class MilestoneReached(Event):
    name: str
    result: str | None
    node_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockChanged(Event):
    """The case clock started, paused, resumed or stopped, or a deadline moved."""

    clock: str
    promised_due_at: datetime | None
    statutory_due_at: datetime | None
    node_id: str | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class CaseChanged(Event):
    """The case's row after the act; always the last word on it."""

    case: CaseRecord


@dataclass(frozen=True, slots=True)
class TaskOpened(Event):
    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TaskClaimed(Event):
    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TaskReleased(Event):
    task: TaskRecord
    former_assignee_id: str
    former_assignee_name: str


@dataclass(frozen=True, slots=True)
class TaskCompleted(Event):
    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TaskCancelled(Event):
    """The process no longer waits for this task (another branch or a timer ended it)."""

    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TimerScheduled(Event):
    timer: TimerRecord
    name: str


@dataclass(frozen=True, slots=True)
class TimerFired(Event):
    timer: TimerRecord
    name: str


@dataclass(frozen=True, slots=True)
class TimerCancelled(Event):
    timer: TimerRecord


@dataclass(frozen=True, slots=True)
class SpanStarted(Event):
    span: SpanRecord


@dataclass(frozen=True, slots=True)
class SpanEnded(Event):
    span: SpanRecord


@dataclass(frozen=True, slots=True)
class FormSaved(Event):
    form: FormRecord


@dataclass(frozen=True, slots=True)
class AttachmentsBound(Event):
    case_no: str
    task_id: str | None
    attachment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftUsed(Event):
    draft_id: str


@dataclass(frozen=True, slots=True)
class NoticeIssued(Event):
    notice: NoticeRecord


@dataclass(frozen=True, slots=True)
class MessageQueued(Event):
    message: MessageRecord


@dataclass(frozen=True, slots=True)
class WarningRaised(Event):
    warning: WarningRecord


@dataclass(frozen=True, slots=True)
class CaseConcluded(Event):
    result: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadlineMoved(Event):
    """A change of the calendar moved a deadline, or confirmed one that was provisional."""

    #: ``promised`` ``statutory`` ``task`` ``timer``
    deadline: str
    #: of the step or timer; empty for the case's own
    name: str
    before: datetime | None
    after: datetime | None
    #: still rests on a year that is not published
    provisional: bool
    #: number of the calendar's change, and what was changed
    change_id: int
    cause: str
    node_id: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRescheduled(Event):
    """Told by DeadlineMoved."""

    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TimerRescheduled(Event):
    """Told by DeadlineMoved."""

    timer: TimerRecord


HistoryFacts = Mapping[str, Any]
