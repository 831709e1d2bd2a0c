"""One case's SpiffWorkflow: its tasks, its routing data, and the loop that moves it to the next wait."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow

from engine import expressions
from engine.errors import InvalidExpression, ProcessFault
from engine.process import Kind
from engine.spiff.gateways import InclusiveGateway
from engine.spiff.hearing import deliver, thrown_by
from engine.spiff.nodes import EndJoin, is_instance, waits_for

# each of them, not only the parent: SpiffWorkflow looks at a logger's own level before it collects what it would log
for _name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
    logging.getLogger(_name).setLevel(logging.WARNING)

#: gateways and events run by the engine itself in one act; a diagram needs a few dozen, SpiffWorkflow's own walks over
#: the task tree stop without a word at a depth of 1000
MAX_STEPS = 300

Namespace = dict[str, Any]


class ExpressionEngine:
    """Stands where SpiffWorkflow would put its eval()-based script engine."""

    def evaluate(self, task: Any, expression: str, external_context: Mapping[str, Any] | None = None) -> Any:
        """The value of ``expression`` over the data that ``task`` sees."""
        try:
            return expressions.evaluate(expression, self._names(task, external_context))
        except InvalidExpression as error:
            raise _fault(task, error) from error

    def holds(self, task: Any, expression: str, more: Mapping[str, Any] | None = None) -> bool:
        """Whether the condition ``expression`` is true."""
        try:
            return expressions.holds(expression, self._names(task, more))
        except InvalidExpression as error:
            raise _fault(task, error) from error

    def _names(self, task: Any, more: Mapping[str, Any] | None) -> Mapping[str, Any]:
        visible: Mapping[str, Any] = task.workflow.top_workflow.visible(task)
        return {**visible, **more} if more else visible


def _fault(task: Any, error: InvalidExpression) -> ProcessFault:
    spec = task.task_spec
    return ProcessFault(f"“{spec.bpmn_name or spec.bpmn_id}”的条件不能判断：{error.message}", place=spec.bpmn_id)


@dataclass(slots=True)
class Scope:
    """What one instance of a multi-instance sees besides the rest of the run."""

    #: its element of the collection and ``loopCounter``
    own: Namespace
    #: what nodes inside it have written
    data: Namespace = field(default_factory=dict)


class _Flat:
    """Mixin: waiting tasks are looked at once the engine stands still, not after every single completion."""

    def update_waiting_tasks(self) -> None:
        """Nothing; see :meth:`CaseWorkflow.advance`."""


class SubWorkflow(_Flat, BpmnSubWorkflow):
    """The inside of a sub-process or of a called process."""

    top_workflow: CaseWorkflow

    def _task_removed_notify(self, task: Any) -> None:
        super()._task_removed_notify(task)
        self.top_workflow.forget(task.id)


class CaseWorkflow(_Flat, BpmnWorkflow):
    """The main process of one case."""

    tasks: dict[UUID, Any]
    subprocesses: dict[UUID, Any]
    completed: bool

    def __init__(self, spec: Any, subs: Mapping[str, Any], *, deserializing: bool = False) -> None:
        #: ``{node id: {field: value}}``; replaced when something is written, never changed in place, so that what was
        #: handed out stays what it was
        self.routing: Namespace = {}
        self.scopes: dict[UUID, Scope] = {}
        #: instances of multi-instances opened since start or load
        self.opened = 0
        #: nodes entered so far; numbers what is waiting in the order in which it was entered
        self.entered = 0
        super().__init__(spec, subs, script_engine=ExpressionEngine(), deserializing=deserializing)

    # -- sub-processes --

    def create_subprocess(self, my_task: Any, spec_name: str) -> SubWorkflow:
        """The workflow inside ``my_task``; called by SpiffWorkflow when the activity is entered."""
        inside = SubWorkflow(self.subprocess_specs[spec_name], parent_task_id=my_task.id, top_workflow=self)
        self.subprocesses[my_task.id] = inside
        return inside

    def _task_removed_notify(self, task: Any) -> None:
        super()._task_removed_notify(task)
        self.forget(task.id)

    def workflows(self) -> list[Any]:
        """This and every sub-workflow that still runs."""
        return [self, *(inside for inside in self.subprocesses.values() if not inside.completed)]

    def forget(self, task_id: UUID) -> None:
        """Drop what ran inside a task that is gone; SpiffWorkflow would go on running it."""
        inside = self.subprocesses.pop(task_id, None)
        for inner in [] if inside is None else list(inside.tasks):
            self.forget(inner)

    def unfinished(self) -> Iterator[Any]:
        """Every task that has been entered and has not finished, outer ones first."""
        for workflow in self.workflows():
            for task in workflow.tasks.values():
                if task.has_state(TaskState.NOT_FINISHED_MASK):
                    yield task

    def find(self, task_id: UUID) -> Any | None:
        """The task with this id, None when there is none."""
        return next((w.tasks[task_id] for w in self.workflows() if task_id in w.tasks), None)

    # -- data --

    def scope_of(self, task: Any) -> UUID | None:
        """Id of the innermost instance of a multi-instance around ``task``, ``task`` included."""
        while True:
            if is_instance(task):
                return cast(UUID, task.id)
            if task.workflow.parent_task_id is None:
                return None
            task = self.find(task.workflow.parent_task_id)

    def visible(self, task: Any) -> Namespace:
        """All data that ``task`` sees; not to be changed."""
        scope_id = self.scope_of(task)
        if scope_id is None:
            return self.routing
        scope = self.scopes[scope_id]
        return {**self.visible(self._instance(scope_id).parent), **scope.data, **scope.own}

    def write(self, task: Any, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Write what ``task`` was completed with.

        What its own node said in an earlier round is gone; what it says of another node amends that node's values.
        """
        seen = self.visible(task)
        for node_id, values in data.items():
            earlier = {} if node_id == task.task_spec.bpmn_id else seen.get(node_id) or {}
            self.put(task, node_id, {**earlier, **values})

    def put(self, task: Any, name: str, value: Any) -> None:
        """Give ``name`` its value where ``task`` writes."""
        self._merge(self.scope_of(task), {name: value})

    def open_scope(self, instance: Any, own: Namespace) -> None:
        """Begin an instance of a multi-instance."""
        self.scopes[instance.id] = Scope(own)

    def close_scope(self, instance: Any) -> None:
        """End an instance: what it wrote is now seen around it."""
        scope = self.scopes.pop(instance.id)
        self._merge(self.scope_of(instance.parent), scope.data)

    def _merge(self, scope_id: UUID | None, data: Namespace) -> None:
        if scope_id is None:
            self.routing = {**self.routing, **data}
        else:
            self.scopes[scope_id].data = {**self.scopes[scope_id].data, **data}

    def _instance(self, scope_id: UUID) -> Any:
        return self.find(scope_id)

    # -- moving --

    def advance(self) -> Iterator[Any]:
        """Run to the next wait, yielding every task that the engine ran.

        Raises :class:`ProcessFault` after :data:`MAX_STEPS` tasks, and when tokens are left that nothing can move.
        """
        steps = 0
        while (task := self._next_ready()) is not None or self._release_joins():
            if task is None:
                continue
            steps += 1
            if steps > MAX_STEPS:
                raise ProcessFault("流程在没有人办理的环节之间不停循环。", place=task.task_spec.bpmn_id)
            task.run()
            yield task
            deliver(self, task)
        self._refuse_standstill()

    def _next_ready(self) -> Any | None:
        """A task that the engine can run; one that throws only when there is no other.

        So a branch that begins to listen in the same act as another one throws has heard it, in whatever order the
        two are drawn.
        """
        throwing = None
        for workflow in self.workflows():
            for task in workflow.tasks.values():
                if task.has_state(TaskState.READY) and not task.task_spec.manual:
                    if thrown_by(task) is None:
                        return task
                    throwing = throwing or task
        return throwing

    def _release_joins(self) -> bool:
        """Look again at joins that wait until nothing else can come; True when one of them may go on."""
        for task in list(self.unfinished()):
            if task.has_state(TaskState.WAITING) and isinstance(task.task_spec, InclusiveGateway | EndJoin):
                task.task_spec._update(task)
                if task.has_state(TaskState.READY):
                    return True
        return False

    def _refuse_standstill(self) -> None:
        if self.completed:
            return
        stuck = None
        for task in self.unfinished():
            if task.has_state(TaskState.READY) or waits_for(task) in (Kind.TIMER, Kind.MESSAGE):
                return
            stuck = task.task_spec.bpmn_id or stuck
        raise ProcessFault("流程停住了：没有任何环节可以继续。", place=stuck)
