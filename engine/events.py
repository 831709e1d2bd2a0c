"""What handlers decide: facts, in order.  Projections write them; none is ever taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.contacts import CopyRecord, QuestionRecord, RemarkRecord, UrgeRecord
from engine.grants import GrantRecord
from engine.oversight import WarningAct
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
    #: the grant of a delegation that ends with it
    ended_grant_id: str | None = None


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
class MessageReceived(Event):
    """A message came from outside; what it says stands in the forms."""

    #: the message's name
    message: str
    node_id: str
    node_name: str


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
class WarningAcknowledged(Event):
    act: WarningAct


@dataclass(frozen=True, slots=True)
class WarningExplained(Event):
    act: WarningAct


@dataclass(frozen=True, slots=True)
class CorrectionOrdered(Event):
    act: WarningAct


@dataclass(frozen=True, slots=True)
class WarningClosed(Event):
    act: WarningAct


@dataclass(frozen=True, slots=True)
class CaseConcluded(Event):
    result: str | None
    at: datetime


# -- among colleagues --


@dataclass(frozen=True, slots=True)
class RemarkMade(Event):
    """The reason given for the act; told by the act itself."""

    remark: RemarkRecord


@dataclass(frozen=True, slots=True)
class TaskTransferred(Event):
    task: TaskRecord
    #: None when nobody had claimed it
    former_assignee_id: str | None
    #: the grant of a delegation that ends with it
    ended_grant_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaskDelegated(Event):
    task: TaskRecord
    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class TaskHandedBack(Event):
    """A delegated task came back; its grant ends."""

    task: TaskRecord
    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class TaskRecalled(Event):
    """A delegated task was taken back; its grant ends."""

    task: TaskRecord
    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class GrantGiven(Event):
    """Belongs to no case: the grant's own row tells who gave it, and when."""

    grant: GrantRecord


@dataclass(frozen=True, slots=True)
class GrantRevoked(Event):
    """Belongs to no case: the grant's own row tells who took it away, and when."""

    grant: GrantRecord
    by_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseUrged(Event):
    urge: UrgeRecord
    #: the tasks that are to be hurried
    task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopySent(Event):
    copy: CopyRecord


@dataclass(frozen=True, slots=True)
class CopyRead(Event):
    copy: CopyRecord


@dataclass(frozen=True, slots=True)
class QuestionAsked(Event):
    question: QuestionRecord


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    question: QuestionRecord


# -- back and out --


@dataclass(frozen=True, slots=True)
class TaskReturned(Event):
    """The task ended by sending the case back."""

    task: TaskRecord
    to_node_id: str
    to_name: str
    #: the step leads straight back here
    returns: bool


@dataclass(frozen=True, slots=True)
class TaskTakenBack(Event):
    """A completed task was taken back; what followed is cancelled, and the step is open again."""

    task: TaskRecord


@dataclass(frozen=True, slots=True)
class CaseWithdrawn(Event):
    pass


@dataclass(frozen=True, slots=True)
class CaseTerminated(Event):
    pass


@dataclass(frozen=True, slots=True)
class CaseSuspended(Event):
    basis: str


@dataclass(frozen=True, slots=True)
class CaseResumed(Event):
    pass


@dataclass(frozen=True, slots=True)
class TaskRescheduled(Event):
    """A task's limit stands still or runs again; told by what caused it."""

    task: TaskRecord


@dataclass(frozen=True, slots=True)
class TimerRescheduled(Event):
    """A timer stands still or runs again; told by what caused it."""

    timer: TimerRecord


@dataclass(frozen=True, slots=True)
class DeadlineMoved(Event):
    """A change of the calendar moved a deadline, or confirmed one that was provisional."""

    #: ``promised`` ``statutory`` ``task`` ``timer`` ``scope`` (an activity that has a process inside)
    deadline: str
    #: of the step, timer or activity; empty for the case's own
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
class TaskDated(Event):
    """A task's deadline was worked out anew, nothing else of it changed; told by DeadlineMoved."""

    task: TaskRecord


HistoryFacts = Mapping[str, Any]
