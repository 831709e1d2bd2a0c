"""What the core asks of the outside: storage, definitions, directory, calendars.

Each protocol is small; ``storage`` answers them with SQLAlchemy, the unit tests with dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from engine.calendar import WorkCalendar
from engine.commands import IdempotencyKey, Receipt
from engine.contacts import CopyRecord, QuestionRecord, RemarkRecord, UrgeRecord
from engine.grants import GrantRecord
from engine.oversight import WarningAct, WarningCard, WarningKey
from engine.records import (
    Actor,
    CaseRecord,
    Definition,
    Delivery,
    FormRecord,
    HistoryEntry,
    IncidentRecord,
    MessageRecord,
    NoticeRecord,
    Organisation,
    SpanRecord,
    TaskRecord,
    TimerRecord,
    WarningRecord,
)


class Cases(Protocol):
    def lock(self, case_no: str) -> CaseRecord | None:
        """The case with its engine state, locked until the transaction ends."""

    def lock_of_task(self, task_id: str) -> CaseRecord | None:
        """The case that a task belongs to, like :meth:`lock`; None when there is no such task.

        Every act takes the case's lock first and touches its tasks, timers and spans only under it, so that two acts
        on one case never wait for each other in a circle.
        """

    def add(self, case: CaseRecord) -> None: ...

    def save(self, case: CaseRecord) -> None:
        """Write the case; ``case.version`` is one above the stored one, otherwise StaleVersion is raised."""

    def applicant_group_case(self, case_no: str) -> CaseRecord | None:
        """The case without its engine state, unlocked."""


class Tasks(Protocol):
    def lock(self, task_id: str) -> TaskRecord | None:
        """The task, locked until the transaction ends."""

    def open_of(self, case_no: str) -> Sequence[TaskRecord]:
        """Tasks of the case that are open or claimed."""

    def handlers(self, case_no: str, node_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
        """``(node id, user id)`` of everybody who completed one of these nodes in the case: himself, for somebody
        else, through somebody else, or as the colleague to whom it was delegated."""

    def of_case(self, case_no: str) -> Sequence[TaskRecord]:
        """Every task that the case has or had, in the order in which they were opened."""

    def took_part(self, case_no: str, user_id: str) -> bool:
        """True when the person completed a task of the case, or holds one."""

    def mark_urged(self, task_ids: Sequence[str], at: datetime) -> None:
        """Keep when tasks were last asked to be hurried; their versions stay."""

    def add(self, tasks: Sequence[TaskRecord]) -> None: ...

    def save(self, task: TaskRecord) -> None:
        """Write the task; ``task.version`` is one above the stored one, otherwise StaleVersion is raised."""

    def set_case_clock(self, case_no: str, case_due_at: datetime | None, paused: bool) -> None:
        """Copy the case's deadline into its open tasks."""

    def reschedule(self, task: TaskRecord) -> None:
        """Write the task's own deadline, its warning and whether they are provisional; its version stays."""

    def warnable(self, now: datetime, limit: int) -> Sequence[tuple[TaskRecord, str]]:
        """Open tasks with a card due and not yet raised, each with its level, locked, those in other hands skipped."""


class Timers(Protocol):
    def of_case(self, case_no: str) -> Sequence[TimerRecord]: ...

    def add(self, timers: Sequence[TimerRecord]) -> None: ...

    def remove(self, timer_ids: Sequence[str]) -> None: ...

    def save(self, timer: TimerRecord) -> None:
        """Write when a timer is due and whether it is held."""

    def due(self, now: datetime, limit: int) -> Sequence[TimerRecord]:
        """Timers due at ``now`` and not held, earliest first, save those whose incident puts them off; not locked: the
        firing command locks the case and looks again."""


class Spans(Protocol):
    def of_case(self, case_no: str) -> Sequence[SpanRecord]: ...

    def add(self, spans: Sequence[SpanRecord]) -> None: ...

    def end(self, span_id: str, at: datetime) -> None: ...


class History(Protocol):
    def append(self, entries: Sequence[HistoryEntry]) -> None: ...


class Forms(Protocol):
    def put(self, form: FormRecord) -> None: ...

    def of_case(self, case_no: str) -> Sequence[FormRecord]: ...


class Attachments(Protocol):
    def bind(self, attachment_ids: Sequence[str], case_no: str, task_id: str | None, owner: str) -> None:
        """Give uploaded files to the case; UnknownAttachment when one is not ``owner``'s or is already bound."""

    def names(self, attachment_ids: Sequence[str]) -> dict[str, str]:
        """File names by id."""


class Drafts(Protocol):
    def remove(self, draft_id: str, owner: str) -> None: ...


class Notices(Protocol):
    def add(self, notices: Sequence[NoticeRecord]) -> None: ...

    def issued_at(self, case_no: str, at: datetime) -> bool:
        """True when a notice of the case was issued at just this moment."""


class Outbox(Protocol):
    def add(self, messages: Sequence[MessageRecord]) -> None:
        """Store messages, due at once."""

    def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Messages due at ``now``, the longest waiting first; until ``until`` nobody else is given them."""

    def delivered(self, delivery: Delivery, channel: str, at: datetime) -> None:
        """The claimed message has gone out through ``channel``; nothing when it was claimed again meanwhile."""

    def failed(self, delivery: Delivery, reason: str, again_at: datetime | None) -> None:
        """It has not, for ``reason``; None gives it up.  Nothing when it was claimed again meanwhile."""


class Sender(Protocol):
    """What carries messages out of the platform."""

    @property
    def channel(self) -> str:
        """What it is called in the outbox."""

    def send(self, message: MessageRecord) -> None:
        """Hand the message over, its id being the key by which a second one of the same is known.

        Raises :class:`engine.delivery.NotSent` when it was not taken.
        """


class Warnings(Protocol):
    def add(self, warning: WarningRecord) -> bool:
        """True when it was new; a second one for the same (case, deadline, level) is not stored."""

    def cases_due(self, now: datetime, limit: int) -> Sequence[tuple[CaseRecord, str]]:
        """Running cases (without engine state) with a card due and not yet raised, each with its level, locked."""


class Remarks(Protocol):
    def add(self, remarks: Sequence[RemarkRecord]) -> None: ...


class Urges(Protocol):
    def add(self, urge: UrgeRecord) -> bool:
        """True when it was the first of its day; a second one for the same (case, who, day) is not stored."""


class Copies(Protocol):
    def add(self, copies: Sequence[CopyRecord]) -> None: ...

    def get(self, copy_id: str) -> CopyRecord | None: ...

    def mark_read(self, copy_id: str, at: datetime) -> None: ...


class Questions(Protocol):
    def add(self, question: QuestionRecord) -> None: ...

    def get(self, question_id: str) -> QuestionRecord | None: ...

    def answer(self, question: QuestionRecord) -> None:
        """Write the answer."""


class People(Protocol):
    def find(self, user_id: str) -> Actor | None:
        """The staff member with this account, as an actor; None when there is none or the account is not active."""


class Grants(Protocol):
    def add(self, grant: GrantRecord) -> None: ...

    def get(self, grant_id: str) -> GrantRecord | None:
        """The grant, locked until the transaction ends."""

    def held(self, agent_id: str, now: datetime) -> Sequence[GrantRecord]:
        """Grants in force that give ``agent_id`` somebody's powers, oldest first."""

    def revoke(self, grant_id: str, at: datetime, by: str) -> None: ...


class Oversight(Protocol):
    """What is done about cards; read and written under the lock of their case."""

    def get(self, key: WarningKey) -> WarningCard | None: ...

    def add(self, act: WarningAct) -> None:
        """Store the act and where the card stands after it; WarningMoved when one with its number is there."""


class Numbers(Protocol):
    def next(self, series: str) -> int:
        """1, 2, 3 … within ``series``, without a number given twice."""


class Incidents(Protocol):
    def note(self, incident: IncidentRecord) -> int:
        """Store an incident and tell how often it has come; one known at the same place is told anew, open again."""

    def put_off(self, case_no: str, ref: str, until: datetime) -> None:
        """Keep the incident's timer from being due before ``until``."""

    def settle(self, case_no: str, ref: str, at: datetime, by: Actor, remark: str) -> None:
        """Settle the incident if it is open; its timer is due again."""

    def settle_overcome(self, at: datetime, by: Actor, remark: str) -> int:
        """Settle every open incident whose task or timer is no longer waited for; returns how many."""


class Idempotency(Protocol):
    def find(self, key: IdempotencyKey) -> Receipt | None:
        """The receipt stored for the key; IdempotencyConflict when the request was another one."""

    def keep(self, key: IdempotencyKey, receipt: Receipt, at: datetime) -> None: ...


class UnitOfWork(Protocol):
    """One transaction; rolled back unless committed."""

    cases: Cases
    tasks: Tasks
    timers: Timers
    spans: Spans
    history: History
    forms: Forms
    attachments: Attachments
    drafts: Drafts
    notices: Notices
    outbox: Outbox
    warnings: Warnings
    remarks: Remarks
    urges: Urges
    copies: Copies
    questions: Questions
    people: People
    grants: Grants
    oversight: Oversight
    numbers: Numbers
    incidents: Incidents
    idempotency: Idempotency

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def commit(self) -> None: ...


UnitOfWorkFactory = Callable[[], UnitOfWork]


class Definitions(Protocol):
    """Published versions, parsed and cached by content hash."""

    def current(self, item_key: str) -> Definition:
        """The version in force; UnknownItem when there is none."""

    def get(self, definition_id: str) -> Definition:
        """The version with this content hash; UnknownDefinition when there is none."""


class Directory(Protocol):
    """The organisation tree."""

    def organisation(self, code: str) -> Organisation | None: ...


class Calendars(Protocol):
    """Which calendar holds for an organisation."""

    def of(self, org: str | None) -> WorkCalendar: ...
