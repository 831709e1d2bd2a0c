"""What is examined, and what an examination finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.calendar import WorkCalendar
from engine.ports import Calendars
from engine.process import Run
from engine.records import (
    CaseRecord,
    Definition,
    FormRecord,
    HistoryEntry,
    IncidentRecord,
    NoticeRecord,
    SpanRecord,
    TaskRecord,
    TaskStatus,
    TimerRecord,
    WarningRecord,
)
from engine.views import Attachment

#: number of an invariant → its name in reports
INVARIANTS: Mapping[int, str] = {
    1: "办件有着落",
    2: "一个环节一次决定",
    3: "流程状态与各表一致",
    4: "留痕完整",
    5: "同一预警只发一次",
    6: "已确认的写入都在",
}
LIVE = frozenset({TaskStatus.OPEN, TaskStatus.CLAIMED})


@dataclass(frozen=True, slots=True)
class Violation:
    """A place at which an invariant does not hold."""

    #: 1 … 6, a key of :data:`INVARIANTS`
    invariant: int
    #: in words
    what: str
    case_no: str | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything stored of one case, as it stood at one moment; every sequence in the order of its key."""

    #: with its engine state
    case: CaseRecord
    tasks: Sequence[TaskRecord] = ()
    timers: Sequence[TimerRecord] = ()
    spans: Sequence[SpanRecord] = ()
    history: Sequence[HistoryEntry] = ()
    forms: Sequence[FormRecord] = ()
    notices: Sequence[NoticeRecord] = ()
    attachments: Sequence[Attachment] = ()
    warnings: Sequence[WarningRecord] = ()
    #: those not settled
    incidents: Sequence[IncidentRecord] = ()
    #: ids of the tasks that inboxes show
    listed: frozenset[str] = frozenset()
    #: the highest card that the ticker takes for raised: ``case`` or task id → level
    cards: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A case whose rows hold what no record can hold."""

    case_no: str
    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A case on the table: its records, and its state in memory under the definition that it is pinned to."""

    file: CaseFile
    calendars: Calendars
    #: None when the version cannot be had
    definition: Definition | None = None
    #: None when the state cannot be loaded
    run: Run | None = None
    #: why one of them is None
    fault: str | None = None

    @property
    def calendar(self) -> WorkCalendar:
        """The calendar that the case's own deadlines follow."""
        return self.calendars.of(self.file.case.owner_org)

    @property
    def live(self) -> Mapping[str, TaskRecord]:
        """Tasks open or claimed, by id."""
        return {task.task_id: task for task in self.file.tasks if task.status in LIVE}

    def violation(self, invariant: int, what: str, task_id: str | None = None) -> Violation:
        """A violation at this case."""
        return Violation(invariant, what, self.file.case.case_no, task_id)
