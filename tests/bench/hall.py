"""A service hall to measure: everything in ``bpmn/`` published, the sample people known, cases played by a script.

A script is the main path of an item, found once by trying: who completes which step with what.  Playing it afterwards
costs nothing but the acts themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import run
from engine.commands import CompleteTask, Receipt, SubmitCase
from engine.elements import Outcome
from engine.errors import NotAllowed
from engine.records import APPLICANT_GROUP, Actor, Applicant, Definition, TaskRecord
from processes.demo import read_applicants
from processes.forms import FieldType
from processes.simulate import DETOURS, sample_value

#: 排水验收: accept, written review, site check, decide, deliver
FIVE_TASKS = "guangming-drainage-acceptance"
#: 可行性研究报告: three agencies give their opinions side by side
PARALLEL = "lingshan-feasibility"
#: 节能审查: the decision may go back to the review any number of times
LOOP = "lingshan-energy-review"
CITIZEN = "company1"
OPINION = "材料齐全，内容真实，符合办理条件，同意。"


@dataclass(frozen=True)
class Step:
    """How one step of the main path is completed."""

    node_id: str
    actor: Actor
    outcome: str | None
    form: Mapping[str, Any]

    def command(self, task_id: str) -> CompleteTask:
        return CompleteTask(self.actor, task_id, self.outcome, OPINION if self.outcome else None, self.form)


@dataclass
class Hall:
    """A wired platform on one database."""

    platform: run.Platform
    _steps: dict[tuple[str, str], Step] = field(default_factory=dict)

    @classmethod
    def open(cls, home: Path, url: str, *, fill: bool = True) -> Hall:
        """The hall on the migrated database at ``url``; with ``fill`` procedures and people are brought in."""
        platform = run.build(replace(run.Settings(), home=home, database_url=url))
        if fill:
            run.prepare(platform)
            run.deploy_paths(platform, [run.BPMN], by="测量", note="测量")
            run.load_people(platform.services, run.BPMN)
        return cls(platform)

    def close(self) -> None:
        self.platform.database.close()

    @property
    def execute(self) -> Callable[[Any], Receipt]:
        return self.platform.engine.execute

    @cached_property
    def staff(self) -> Sequence[Actor]:
        accounts = self.platform.services.accounts.staff()
        return [Actor(user.user_id, user.name, user.org, user.groups) for user in accounts]

    @cached_property
    def applicant(self) -> Applicant:
        sample = next(one for one in read_applicants(run.BPMN) if one.username == CITIZEN)
        return sample.applicant(CITIZEN)

    def definition(self, item_key: str) -> Definition:
        return self.platform.services.definitions.current(item_key)

    def submit(self, item_key: str) -> Receipt:
        """Hand in an application."""
        form = self._form(item_key, self.definition(item_key).process.start_node.ext.form)
        command = SubmitCase(Actor(CITIZEN, self.applicant.name), item_key, self.applicant, form)
        return self.execute(command)

    def complete(self, item_key: str, task: TaskRecord) -> Receipt:
        """Complete a task the usual way, by the first colleague who may."""
        known = self._steps.get((item_key, task.node_id))
        if known is not None:
            return self.execute(known.command(task.task_id))
        for step in self._ways(item_key, task):
            try:
                receipt = self.execute(step.command(task.task_id))
            except NotAllowed:
                continue  # whoever accepted may not decide: the next colleague does
            self._steps[item_key, task.node_id] = step
            return receipt
        raise RuntimeError(f"nobody may complete {task.node_id}")

    def task(self, task_id: str) -> TaskRecord:
        task = self.platform.services.inbox.task(task_id)
        assert task is not None
        return task

    def script(self, item_key: str) -> Sequence[Step]:
        """The steps of the main path, one task after the other, found by playing it once."""
        receipt, steps = self.submit(item_key), list[Step]()
        waiting = list(receipt.opened)
        while waiting:
            task = self.task(waiting.pop(0))
            waiting += self.complete(item_key, task).opened
            steps.append(self._steps[item_key, task.node_id])
        return steps

    def play(self, item_key: str, steps: Sequence[Step]) -> None:
        """A whole case, from the application to its end."""
        receipt = self.submit(item_key)
        for step in steps:
            receipt = self.execute(step.command(receipt.opened[0]))
        assert receipt.finished

    def _ways(self, item_key: str, task: TaskRecord) -> Sequence[Step]:
        node = self.definition(item_key).process.nodes[task.node_id]
        outcome, form = _usual(node.ext.outcomes), self._form(item_key, node.ext.form)
        if task.group == APPLICANT_GROUP:
            return [Step(node.id, Actor(CITIZEN, self.applicant.name), outcome, form)]
        return [Step(node.id, actor, outcome, form) for actor in self.staff if actor.may_work(task.group)]

    def _form(self, item_key: str, ref: str | None) -> Mapping[str, Any]:
        package = self.platform.services.packages.get(self.definition(item_key).id)
        if ref is None:
            return {}
        today = self.platform.services.clock.now().date()
        values: dict[str, Any] = {}
        for question in package.forms[ref].fields:
            if question.show_if is not None and not question.show_if.holds(values):
                continue
            if question.type is not FieldType.FILE and (value := sample_value(question, today)) is not None:
                values[question.key] = value
        return values


def _usual(outcomes: Sequence[Outcome]) -> str | None:
    """The outcome that leads on."""
    ahead = [outcome for outcome in outcomes if outcome.code not in DETOURS] or list(outcomes)
    return ahead[0].code if ahead else None
