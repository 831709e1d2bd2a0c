"""One command at work: what it has read and what it has decided so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from engine.calendar import WorkCalendar
from engine.commands import Receipt
from engine.contacts import RemarkRecord
from engine.events import CaseChanged, CaseConcluded, Event, MessageQueued, RemarkMade, TaskOpened
from engine.grants import GrantRecord
from engine.ports import Calendars, Definitions, Directory, UnitOfWork
from engine.process import Node
from engine.records import (
    Actor,
    CaseRecord,
    Definition,
    MessageRecord,
    SpanRecord,
    TaskRecord,
    TimerRecord,
)


@dataclass(frozen=True, slots=True)
class World:
    """What stays the same from act to act."""

    definitions: Definitions
    directory: Directory
    calendars: Calendars
    #: a new id, 32 hex digits
    new_id: Callable[[], str]


@dataclass
class Act:
    """The working set of one command.

    Handlers read through ``uow`` and decide; every decision becomes an event and shows in the records held here, so
    that a later decision of the same act sees it.  Nothing is written before :func:`engine.projections.project`.
    Tasks, timers and spans are read when first asked for: few acts need all of them.
    """

    world: World
    uow: UnitOfWork
    actor: Actor
    now: datetime
    case: CaseRecord
    definition: Definition
    #: the act opens the case
    is_new: bool = False
    #: the task that the act completes, and the values of its form
    done: TaskRecord | None = None
    form: Mapping[str, Any] = field(default_factory=dict)
    #: the grant that the act rests on, when it is done for somebody else
    mandate: GrantRecord | None = None
    events: list[Event] = field(default_factory=list)

    @cached_property
    def tasks(self) -> dict[str, TaskRecord]:
        """The case's tasks that are open or claimed, by id."""
        return {} if self.is_new else {task.task_id: task for task in self.uow.tasks.open_of(self.case.case_no)}

    @cached_property
    def timers(self) -> dict[str, TimerRecord]:
        """The case's timers, by id."""
        return {} if self.is_new else {timer.timer_id: timer for timer in self.uow.timers.of_case(self.case.case_no)}

    @cached_property
    def spans(self) -> dict[str, SpanRecord]:
        """The case's spans, ended ones too, by id."""
        return {} if self.is_new else {span.span_id: span for span in self.uow.spans.of_case(self.case.case_no)}

    @property
    def calendar(self) -> WorkCalendar:
        """The calendar that the case's own deadlines follow."""
        return self.world.calendars.of(self.case.owner_org)

    def node(self, node_id: str) -> Node:
        return self.definition.process.nodes[node_id]

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def tell(self, to: str, address: str, template: str, step: str | None = None, **facts: Any) -> None:
        """Queue a message about the case and the ``step`` that it is at."""
        case = self.case
        message = MessageRecord(
            message_id=self.world.new_id(),
            case_no=case.case_no,
            to=to,
            address=address,
            reader=case.applicant.user_id if to == "applicant" else address,
            template=template,
            facts={"item": case.item_name, "case_no": case.case_no, "status": str(case.status), "step": step, **facts},
            created_at=self.now,
        )
        self.emit(MessageQueued(message))

    def remark(self, kind: str, text: str | None, task_id: str | None = None) -> None:
        """Keep the reason given for the act, if one was given."""
        said = (text or "").strip()
        if said:
            by = self.actor
            remark = RemarkRecord(
                self.world.new_id(), self.case.case_no, task_id, kind, said, by.user_id, by.name, self.now
            )
            self.emit(RemarkMade(remark))

    def change(self, **fields: Any) -> None:
        """Change the case; it is written once, at the end of the act."""
        self.case = replace(self.case, **fields)

    def close(self, task: TaskRecord | None = None, made: tuple[str, ...] = ()) -> Decision:
        """End the act with what its client learns of it; ``task`` is the one that was acted on."""
        if self.events:
            self.emit(CaseChanged(self.case))
        receipt = Receipt(
            case_no=self.case.case_no,
            case_status=str(self.case.status),
            task_id=task.task_id if task else None,
            task_status=str(task.status) if task else None,
            task_version=task.version if task else None,
            opened=tuple(event.task.task_id for event in self.events if isinstance(event, TaskOpened)),
            finished=any(isinstance(event, CaseConcluded) for event in self.events),
            made=made,
        )
        return Decision(self, receipt)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a handler gives back."""

    #: None when the command belongs to no case
    act: Act | None
    receipt: Receipt
    #: what changes outside cases
    register: tuple[Event, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything decided, in order."""
        return (*self.register, *(self.act.events if self.act else ()))


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a handler works: one transaction at one moment."""

    world: World
    uow: UnitOfWork
    now: datetime

    def begin(self, actor: Actor, case: CaseRecord) -> Act:
        """An act on ``case`` under the definition version it is pinned to."""
        return Act(self.world, self.uow, actor, self.now, case, self.world.definitions.get(case.definition_id))
