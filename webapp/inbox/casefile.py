"""A case as staff read it: particulars, answers, materials, where it stands in the diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.calendar import WorkCalendar
from engine.ledger import Ledger, ledger
from engine.process import Node
from engine.records import Definition, FormRecord, TaskStatus
from engine.views import Attachment, CaseView
from processes.forms import Field
from processes.package import Package
from webapp.casework import org_name
from webapp.diagrams import Marks, marks
from webapp.formatting import mask_id, mask_name, mask_phone
from webapp.ledger_view import Cell, weeks
from webapp.services import services
from webapp.wording import CHANNELS, Line, timeline

_UNFINISHED = (TaskStatus.OPEN, TaskStatus.CLAIMED)


@dataclass(frozen=True, slots=True)
class Answers:
    """What was filled in on one form."""

    title: str
    by: str
    at: datetime
    fields: Sequence[Field]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Handed:
    """A file of the case."""

    attachment: Attachment
    #: the material or question it was handed in for
    name: str
    by_applicant: bool


@dataclass(frozen=True, slots=True)
class Casefile:
    """Built from what the queries return; ``full`` shows particulars unmasked."""

    view: CaseView
    definition: Definition
    package: Package
    full: bool = False

    # ---- who

    @property
    def particulars(self) -> Sequence[tuple[str, str]]:
        """Label → words about the applicant."""
        one, firm = self.view.case.applicant, self.view.case.applicant.kind == "organisation"
        rows = [
            ("单位名称" if firm else "姓名", one.name if self.full else mask_name(one.name, one.kind)),
            ("统一社会信用代码" if firm else "身份证号", one.id_number if self.full else mask_id(one.id_number)),
            ("手机号", one.phone if self.full else mask_phone(one.phone)),
        ]
        if one.agent_name:
            rows.append(("经办人", one.agent_name if self.full else mask_name(one.agent_name, "person")))
        return [*rows, ("收件方式", CHANNELS.get(self.view.case.channel, self.view.case.channel))]

    # ---- what was said and handed in

    @property
    def answers(self) -> Sequence[Answers]:
        """The forms filled in so far, the application first."""
        found = sorted(self.view.forms, key=lambda record: (record.task_id is not None, record.saved_at))
        return [answers for record in found if (answers := self._answers(record)).fields]

    @property
    def handed(self) -> Sequence[Handed]:
        """The files of the case, in the order in which they came."""
        staff = {task.assignee_id for task in self.view.tasks if task.org is not None}
        return [
            Handed(one, self._asked(one), one.uploaded_by not in staff)
            for one in sorted(self.view.attachments, key=lambda one: one.uploaded_at)
        ]

    # ---- where it stands

    @property
    def marks(self) -> Marks:
        """Steps done and waiting, for the diagram."""
        return marks(self.view, self.definition.process)

    @property
    def in_words(self) -> str:
        """The diagram's marks, said."""
        done = [task.name for task in self.view.tasks if task.status is TaskStatus.DONE]
        waiting = "、".join(dict.fromkeys(task.name for task in self.view.tasks if task.status in _UNFINISHED))
        passed = "、".join(dict.fromkeys(done)) or "还没有环节"
        return f"已完成：{passed}；" + (f"当前环节：{waiting}" if waiting else "没有等待办理的环节")

    @property
    def lines(self) -> Sequence[Line]:
        """What happened, newest first, what waits now on top."""
        return timeline(self.view, self.calendar, org_name, staff=True)

    @property
    def titles(self) -> Mapping[str, str]:
        """Titles of the notices of this version."""
        return {name: notice.title for name, notice in self.package.notices.items()}

    @property
    def weeks(self) -> Sequence[Sequence[Cell | None]]:
        """The day ledger as a calendar sheet."""
        return weeks(self.ledger)

    @property
    def ledger(self) -> Ledger:
        """The day ledger as of now."""
        return ledger(self.view.case, self.view.spans, services().clock.now(), self.calendar)

    @property
    def calendar(self) -> WorkCalendar:
        return services().calendars.of(self.view.case.owner_org)

    # ----

    def _answers(self, record: FormRecord) -> Answers:
        node: Node | None = self.definition.process.nodes.get(record.node_id)
        form = self.package.forms.get(node.ext.form or "") if node else None
        asked = [question for question in form.fields if question.key in record.values] if form else []
        by = next((task.assignee_name for task in self.view.tasks if task.task_id == record.task_id), None)
        title = form.title if form else record.node_id
        return Answers(title, by or "申请人", record.saved_at, asked, record.values)

    def _asked(self, one: Attachment) -> str:
        """What a file was handed in for: a material of the item, or a question of the form it came with."""
        if one.field in self.definition.item.materials:
            return self.definition.item.materials[one.field]
        task = next((task for task in self.view.tasks if task.task_id == one.task_id), None)
        node = self.definition.process.nodes.get(task.node_id) if task else self.definition.process.start_node
        form = self.package.forms.get(node.ext.form or "") if node else None
        question = form.field(one.field) if form else None
        return question.label if question else one.field
