"""The task page: what is decided here, with everything that is needed to decide it beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.calendar import WorkCalendar
from engine.elements import Limit, Outcome
from engine.process import Node
from engine.records import Actor, Definition, TaskRecord, TaskStatus
from engine.settle.limits import drawn_limit
from engine.views import CaseView
from processes.forms import Form
from processes.package import Package
from webapp.identity import actor
from webapp.inbox import reach
from webapp.services import services


@dataclass(frozen=True, slots=True)
class Workplace:
    """A task with its case, as the clerk in front of it finds it."""

    task: TaskRecord
    view: CaseView
    definition: Definition
    package: Package
    who: Actor
    now: datetime
    calendar: WorkCalendar = field(repr=False)

    @classmethod
    def of(cls, task_id: str) -> Workplace:
        """The workplace of this request; UnknownTask, or Refused when the case is no business of the caller's."""
        who = actor()
        task, view = reach.task_for(task_id, who)
        case = view.case
        return cls(
            task=task,
            view=view,
            definition=services().definitions.get(case.definition_id),
            package=services().packages.get(case.definition_id),
            who=who,
            now=services().clock.now(),
            calendar=services().calendars.of(case.owner_org),
        )

    @property
    def node(self) -> Node:
        return self.definition.process.nodes[self.task.node_id]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        return self.node.ext.outcomes

    @property
    def form(self) -> Form | None:
        """The form of the step, None when it asks for nothing but outcome and opinion."""
        ref = self.node.ext.form
        return self.package.forms[ref] if ref else None

    @property
    def uploads_key(self) -> str:
        """What files of an unfinished task are kept under until it is completed."""
        return f"task-{self.task.task_id}"

    @property
    def limit(self) -> Limit | None:
        """The step's own limit, or that of the activity around it."""
        return drawn_limit(self.node, self.definition.process.nodes)

    @property
    def is_mine(self) -> bool:
        """The task waits for this clerk alone: the form is open to him."""
        return self.task.status is TaskStatus.CLAIMED and self.task.assignee_id == self.who.user_id

    @property
    def is_claimable(self) -> bool:
        """The task is free, and this clerk is of the group that works it."""
        return self.task.status is TaskStatus.OPEN and self.task.group in reach.groups(self.who)

    @property
    def shows_all(self) -> bool:
        """Names, numbers and phones stand in full: only before whoever may work the task."""
        return reach.may_work(self.task, self.who)
