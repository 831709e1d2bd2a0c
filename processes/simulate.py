"""Play cases through the real engine under a clock that is moved by hand.

Every act is a real command: applicants hand in what the forms' samples say, staff claim and complete what their groups
may work, timers fire and cards are raised on the way.  The same seed gives the same history.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any, Protocol

from engine.calendar import WorkCalendar
from engine.clock import ManualClock
from engine.commands import CompleteTask, Receipt, SubmitCase
from engine.elements import Outcome
from engine.errors import NotAllowed
from engine.ports import Definitions
from engine.records import APPLICANT_GROUP, Actor, Applicant, Definition, TaskRecord, TaskStatus
from engine.views import CaseQueries
from processes.forms import Field, FieldType
from processes.package import Package

#: outcomes that send a case back or end it early; chosen now and then
DETOURS = frozenset({"supplement", "not_accepted", "refused", "fail", "return", "objection", "disagree", "mismatch"})
OPINIONS: Mapping[str, str] = {
    "supplement": "申请书缺少签章，请补充后一次提交。",
    "not_accepted": "申请事项不属于本机关职权范围，请向有权机关提出。",
    "refused": "经审查，申请不符合本事项的办理条件。",
    "fail": "材料与审查标准不一致，建议不予批准。",
    "return": "请对审查意见再作核实。",
}
GOOD_OPINION = "材料齐全，内容真实，符合办理条件，同意。"


class Upload(Protocol):
    """Keep a file handed in; gives its attachment id."""

    def __call__(self, *, field: str, filename: str, owner: str) -> str: ...


class Execute(Protocol):
    def __call__(self, command: SubmitCase | CompleteTask) -> Receipt: ...


@dataclass(frozen=True, slots=True)
class Play:
    """One case to be played."""

    item_key: str
    applicant: Applicant
    #: when it is handed in
    at: datetime
    #: stop after so many tasks, so that the case is found open; None: play to the end
    acts: int | None = None
    #: outcomes to choose once each before the usual ones, such as ``supplement``
    detours: tuple[str, ...] = ()


@dataclass(slots=True)
class _Running:
    play: Play
    case_no: str
    definition: Definition
    package: Package
    left: int | None
    detours: list[str] = field(default_factory=list)


class Simulation:
    """Plays cases in the order of time."""

    def __init__(
        self,
        *,
        execute: Execute,
        sweep: Callable[[], object],
        clock: ManualClock,
        calendar: WorkCalendar,
        definitions: Definitions,
        packages: Callable[[str], Package],
        cases: CaseQueries,
        staff: Sequence[Actor],
        upload: Upload,
        seed: int = 1,
    ) -> None:
        self.execute, self.sweep, self.clock, self.calendar = execute, sweep, clock, calendar
        self.definitions, self.packages, self.cases = definitions, packages, cases
        self.staff, self.upload = staff, upload
        self.random = Random(seed)  # noqa: S311 -- a rehearsal, not a secret

    def run(self, plays: Sequence[Play], until: datetime, progress: Callable[[int, int], None] | None = None) -> int:
        """Play all cases up to ``until``; the number of acts carried out."""
        order = count()
        queue: list[tuple[datetime, int, Play | _Running]] = [(play.at, next(order), play) for play in plays]
        heapq.heapify(queue)
        acts = done = 0
        while queue:
            at, _, job = heapq.heappop(queue)
            if at > until:
                continue
            self.clock.set(max(at, self.clock.now()))
            self.sweep()
            running = self._submit(job) if isinstance(job, Play) else job
            if isinstance(job, Play):
                done += 1
                if progress:
                    progress(done, len(plays))
            else:
                self._work(running)
            acts += 1
            following = self._next_time(running)
            if following is not None:
                heapq.heappush(queue, (following, next(order), running))
        self.clock.set(max(until, self.clock.now()))
        self.sweep()
        return acts

    def _submit(self, play: Play) -> _Running:
        definition = self.definitions.current(play.item_key)
        package = self.packages(definition.id)
        owner = play.applicant.user_id or "guest"
        form, files = self._fill(package, definition.process.start_node.ext.form, owner, play.at)
        for material in package.item.materials or ():
            if material.upload is not None and material.required != "optional":
                files.append(self.upload(field=material.id, filename=f"{material.name[:40]}.pdf", owner=owner))
        receipt = self.execute(
            SubmitCase(
                actor=Actor(user_id=owner, name=play.applicant.name),
                item_key=play.item_key,
                applicant=play.applicant,
                form=form,
                attachments=tuple(files),
            )
        )
        return _Running(play, receipt.case_no, definition, package, play.acts, list(play.detours))

    def _work(self, running: _Running) -> None:
        """Complete one open task of the case, if anybody may."""
        task = self._open_task(running)
        if task is None:
            return
        node = running.definition.process.nodes[task.node_id]
        owner = running.play.applicant.user_id or "guest"
        outcome = self._choose(running, node.ext.outcomes)
        for actor in self._actors(running, task):
            form, files = self._fill(running.package, node.ext.form, actor.user_id, self.clock.now())
            if outcome and outcome.code == "supplement" and running.package.item.materials and "missing" in form:
                form = {**form, "missing": [running.package.item.materials[0].id]}
            if task.group == APPLICANT_GROUP and running.package.item.materials:
                first = running.package.item.materials[0]
                files.append(self.upload(field=first.id, filename=f"{first.name[:36]}（补正）.pdf", owner=owner))
            code = outcome.code if outcome else None
            try:
                self.execute(
                    CompleteTask(
                        actor=actor,
                        task_id=task.task_id,
                        outcome=code,
                        opinion=OPINIONS.get(code or "", GOOD_OPINION) if outcome else None,
                        form=form,
                        attachments=tuple(files),
                    )
                )
            except NotAllowed:
                continue  # whoever accepted may not decide: the next colleague does
            running.left = None if running.left is None else running.left - 1
            return

    def _open_task(self, running: _Running) -> TaskRecord | None:
        view = self.cases.view(running.case_no)
        open_tasks = [t for t in view.tasks if t.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)] if view else []
        return min(open_tasks, key=lambda task: (task.opened_at, task.node_id), default=None)

    def _actors(self, running: _Running, task: TaskRecord) -> Sequence[Actor]:
        if task.group == APPLICANT_GROUP:
            applicant = running.play.applicant
            return [Actor(applicant.user_id or "guest", applicant.name, proved_cases=frozenset({running.case_no}))]
        members = [person for person in self.staff if person.may_work(task.group)]
        return self.random.sample(members, len(members))

    def _choose(self, running: _Running, outcomes: Sequence[Outcome]) -> Outcome | None:
        if not outcomes:
            return None
        wanted = next((o for o in outcomes if o.code in running.detours), None)
        if wanted is not None:
            running.detours.remove(wanted.code)
            return wanted
        usual = [o for o in outcomes if o.code not in DETOURS]
        return (usual or list(outcomes))[0]

    def _next_time(self, running: _Running) -> datetime | None:
        """When somebody next looks at the case; None when it has ended or is to be left as it is."""
        if running.left is not None and running.left <= 0:
            return None
        view = self.cases.view(running.case_no)
        if view is None or view.case.concluded_at is not None:
            return None
        local = self.clock.now().astimezone(self.calendar.tz)
        moment = local + timedelta(minutes=self.random.choice((20, 45, 90, 180, 400, 900, 1500)))
        return self._in_hours(moment)

    def _in_hours(self, moment: datetime) -> datetime:
        """The moment itself, or a time soon after the offices open again."""
        day, calendar = moment.date(), self.calendar
        if calendar.is_workday(day) and calendar.opens(day) <= moment < calendar.closes(day):
            return moment
        if moment >= calendar.closes(day) or not calendar.is_workday(day):
            day = calendar.add_workdays(day, 1)
        return calendar.opens(day) + timedelta(minutes=self.random.randrange(5, 150))

    def _fill(self, package: Package, ref: str | None, owner: str, at: datetime) -> tuple[dict[str, Any], list[str]]:
        """Values for a form, and the ids of the files uploaded for it."""
        form = package.forms.get(ref) if ref else None
        if form is None:
            return {}, []
        today, files = at.astimezone(self.calendar.tz).date(), list[str]()
        values: dict[str, Any] = {}
        for question in form.fields:
            if question.show_if is not None and not question.show_if.holds(values):
                continue
            if question.type is FieldType.FILE:
                files.append(self.upload(field=question.key, filename=f"{question.label[:40]}.pdf", owner=owner))
                values[question.key] = files[-1]
            else:
                value = sample_value(question, today)
                if value is not None:
                    values[question.key] = value
        return values, files


def sample_value(question: Field, today: date) -> Any:
    """The value of the field's sample, or the plainest value that its rules allow; None to leave it empty."""
    match question.type:
        case FieldType.REVIEW:
            return "ok"
        case FieldType.CHECKBOX:
            return True
        case FieldType.CHECKBOXES:
            return [question.options[0].value]
        case FieldType.RADIO | FieldType.SELECT:
            return question.sample or question.options[0].value
        case FieldType.DECIMAL | FieldType.INTEGER:
            return _number(question)
        case FieldType.DATE:
            return question.sample or _day(question, today).isoformat()
        case FieldType.MATERIALS | FieldType.UPLOADS:
            return []
        case _:
            return question.sample or (question.label[: question.max_length] if question.required else None)


def _number(question: Field) -> float | int | None:
    low = question.min if isinstance(question.min, Decimal) else Decimal(1)
    value = Decimal(question.sample) if question.sample else low
    if not question.sample and not question.required:
        return None
    return int(value) if question.type is FieldType.INTEGER else float(value)


def _day(question: Field, today: date) -> date:
    bounds = [bound for bound in (question.min, question.max) if isinstance(bound, date)]
    return bounds[0] if bounds else today
