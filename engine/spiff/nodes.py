"""SpiffWorkflow's task specs, changed where a government procedure needs something else.

Three things differ from the stock classes throughout:

* Nothing is predicted.  Stock specs grow the tree of everything that might still happen, which costs time in every act
  and grows exponentially behind nested splits.  Here a node gets its successors when it completes.
* No task carries data.  Routing data stands once per run (:mod:`engine.spiff.workflow`), so that a branch that finishes
  late cannot bring back what another branch has meanwhile changed.
* Boundary events need no join behind them: the activity and its timers settle each other when one of them completes.

A spec belongs to the definition and is shared by every case and thread: it keeps no state after parsing.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition


class Step:
    """Mixin of every spec: no look-ahead."""

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Do nothing: successors are made when they are reached."""


class Passing(Step):
    """Mixin of specs that hand their token on to every successor."""

    outputs: list[Any]

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)  # type: ignore[misc]
        my_task._sync_children(self.outputs, TaskState.FUTURE)


class Activity(Passing):
    """Mixin of user task, sub-process, call activity and multi-instance."""

    def _on_complete_hook(self, my_task: Any) -> None:
        back = carried(my_task, BACK)
        if back is None:
            super()._on_complete_hook(my_task)
        else:
            self._go_back(my_task, back)
        if isinstance(my_task.parent.task_spec, BoundarySplit):
            cancel_siblings(my_task)
        elif is_instance(my_task):
            my_task.parent.task_spec.instance_done(my_task.parent, my_task)

    def _go_back(self, my_task: Any, back: list[list[Any]]) -> None:
        """Leave to the node that sent the case here instead of along the flow."""
        super(Passing, self)._on_complete_hook(my_task)  # type: ignore[misc]
        (name, mark), *further = back
        child = my_task._add_child(my_task.workflow.spec.task_specs[name], TaskState.FUTURE)
        child.internal_data[MARK] = mark
        if further:
            child.internal_data[BACK] = further


#: internal data of a task that was sent back: the nodes that its end leads to, one after the other, instead of along
#: the flow, each with what it is then to carry as its mark
BACK = "back"
#: internal data: what whoever set the token here wants to find again
MARK = "mark"


def carried(task: Any, name: str) -> Any:
    """What was written on the token of an activity, which stands on its boundary split when it has one."""
    if name in task.internal_data:
        return task.internal_data[name]
    split = task.parent is not None and isinstance(task.parent.task_spec, BoundarySplit)
    return task.parent.internal_data.get(name) if split and not isinstance(task.task_spec, BoundaryEvent) else None


class InstanceHolder:
    """What the instances of a multi-instance know of it."""

    #: name of the spec of one instance
    task_spec: str

    def instance_done(self, my_task: Any, instance: Any) -> None:
        """``instance`` of ``my_task`` has completed."""
        raise NotImplementedError


def is_instance(task: Any) -> bool:
    """True for one instance of a multi-instance; a node that follows one has it as its parent, too."""
    parent = task.parent
    return (
        parent is not None
        and isinstance(parent.task_spec, InstanceHolder)
        and parent.task_spec.task_spec == task.task_spec.name
    )


def cancel_siblings(my_task: Any) -> None:
    """Cancel what still runs beside ``my_task`` under the same activity: its timers, or the activity itself."""
    for sibling in my_task.parent.children:
        if sibling is not my_task and sibling.has_state(TaskState.NOT_FINISHED_MASK):
            sibling.cancel()


class BoundarySplit(Passing, SimpleBpmnTask):
    """Stands before an activity with boundary events and starts them together with it."""


class UserTask(Activity, defaults.UserTask):
    """A person's task; waits READY until it is completed."""


class Container(Activity):
    """Mixin of activities with a process inside.  The process reads and writes the run's own data: nothing to copy."""

    #: name of the process inside
    spec: str

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing."""

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Nothing."""


class SubProcess(Container, defaults.SubWorkflowTask):
    """An embedded sub-process."""


class CallActivity(Container, defaults.CallActivity):
    """A called process."""


class StartEvent(Passing, defaults.StartEvent):
    """A none start event."""


class TimerDefinition(EventDefinition):
    """A timer that looks at no clock: it has fired when the platform said so, never before.

    How long it runs stands in the node's ``yc:limit`` and is counted in working time outside the engine.
    """

    def fire(self, my_task: Any) -> None:
        """Say that the moment has come."""
        my_task._set_internal_data(event_fired=True)

    def catches(self, my_task: Any, event: Any) -> bool:
        """Never: no event of the diagram is a moment in time."""
        return False


class IntermediateCatchEvent(Passing, defaults.IntermediateCatchEvent):
    """An intermediate timer."""


class BoundaryEvent(Passing, defaults.BoundaryEvent):
    """A boundary timer; an interrupting one ends its activity."""

    cancel_activity: bool

    def _on_complete_hook(self, my_task: Any) -> None:
        super()._on_complete_hook(my_task)
        if self.cancel_activity:
            cancel_siblings(my_task)


class _Silent(Passing):
    """Mixin of throwing events: none and terminate events have nobody to tell, and stock events pile up unheard."""

    def _run_hook(self, my_task: Any) -> bool:
        return True


class IntermediateThrowEvent(_Silent, defaults.IntermediateThrowEvent):
    """A fact without a task: carries a milestone, a notice or a message."""


class EndEvent(_Silent, defaults.EndEvent):
    """A none or terminate end event."""

    event_definition: Any

    @property
    def terminates(self) -> bool:
        """True when it ends all that runs in its process."""
        return isinstance(self.event_definition, TerminateEventDefinition)

    def _on_complete_hook(self, my_task: Any) -> None:
        if not self.terminates:
            super()._on_complete_hook(my_task)
            return
        workflow = my_task.workflow
        for task in list(workflow.tasks.values()):
            if task.has_state(TaskState.NOT_FINISHED_MASK):
                task.cancel()
        workflow._mark_complete(my_task)


class EndJoin(Passing, SimpleBpmnTask):
    """Behind every end event: the process is over when no token is left in it (BPMN 2.0.2, 13.5.6)."""

    def _update_hook(self, my_task: Any) -> bool:
        others = [
            task
            for task in my_task.workflow.tasks.values()
            if task is not my_task and task.has_state(TaskState.NOT_FINISHED_MASK)
        ]
        arrived = [task for task in others if task.task_spec is self and task.has_state(TaskState.WAITING)]
        for task in arrived:
            task.cancel()
        if len(arrived) < len(others):
            my_task._set_state(TaskState.WAITING)
            return False
        return True


class ProcessSpec(BpmnProcessSpec):
    """A process whose end is our own."""

    end: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        del self.task_specs[self.end.name], self.task_specs["End"]
        self.end = EndJoin(self, f"{self.name}.EndJoin")
        # the name by which a stock workflow knows that it is complete
        self.end.connect(_End(self, "End"))


class _End(Passing, SimpleBpmnTask):
    """The last task of a process."""
