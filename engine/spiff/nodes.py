"""SpiffWorkflow's task specs, changed where a government procedure needs something else.

Three things differ from the stock classes throughout:

* Nothing is predicted.  Stock specs grow the tree of everything that might still happen, which costs time in every act
  and grows exponentially behind nested splits.  Here a node gets its successors when it completes.
* No task carries data.  Routing data stands once per run (:mod:`engine.spiff.workflow`), so that a branch that finishes
  late cannot bring back what another branch has meanwhile changed.
* Boundary events need no join behind them: the activity and its events settle each other when one of them completes.

A spec belongs to the definition and is shared by every case and thread: it keeps no state after parsing.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin

from engine.process import Kind
from engine.spiff.events import Definition, ErrorDefinition, TerminateEventDefinition, TimerDefinition


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
    """Cancel what still runs beside ``my_task``: an activity's events, the activity itself, an event's rivals.

    An event that has been heard already goes on.
    """
    for sibling in my_task.parent.children:
        heard = isinstance(sibling.task_spec, Catching) and sibling.has_state(TaskState.READY)
        if sibling is not my_task and sibling.has_state(TaskState.NOT_FINISHED_MASK) and not heard:
            sibling.cancel()


def waits_for(task: Any) -> Kind | None:
    """What an unfinished task waits for; None when only the case's own tokens can move it."""
    if task.has_state(TaskState.READY):
        return Kind.USER if isinstance(task.task_spec, UserTask) else None
    if task.has_state(TaskState.STARTED):
        return Kind.SCOPE
    if task.has_state(TaskState.WAITING) and isinstance(task.task_spec, Catching):
        return task.task_spec.event_definition.waits_for
    return None


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


class EventGateway(Passing, BpmnSpecMixin):
    """An exclusive event-based gateway: starts all events behind it; the first to come ends the others (13.4.4)."""


class Catching:
    """Mixin of events that wait."""

    event_definition: Definition

    def hear(self, my_task: Any) -> None:
        """The event has come: end at once what it ends, and let ``my_task`` go on."""
        self.event_definition.fire(my_task)
        self._on_heard(my_task)
        self._update(my_task)  # type: ignore[attr-defined]

    def _on_heard(self, my_task: Any) -> None:
        raise NotImplementedError


class IntermediateCatchEvent(Catching, Passing, defaults.IntermediateCatchEvent):
    """Waits for a timer, a message or a signal."""

    def _on_heard(self, my_task: Any) -> None:
        if isinstance(my_task.parent.task_spec, EventGateway):
            cancel_siblings(my_task)


class BoundaryEvent(Catching, Passing, defaults.BoundaryEvent):
    """An event on the edge of an activity; an interrupting one ends the activity.

    One that does not interrupt goes on listening as long as the activity runs (13.5.3), save a timer, which has a
    single moment.
    """

    cancel_activity: bool

    def _on_heard(self, my_task: Any) -> None:
        if self.cancel_activity:
            cancel_siblings(my_task)
        elif not isinstance(self.event_definition, TimerDefinition):
            my_task.parent._add_child(self, TaskState.WAITING)


class Throwing(Passing):
    """Mixin of events that tell.  What is thrown is delivered once the event has completed: see :func:`listeners`.

    Stock events pile up unheard, those with nobody to tell included.
    """

    event_definition: Any

    def _run_hook(self, my_task: Any) -> bool:
        return True

    @property
    def thrown(self) -> Definition | None:
        """What is thrown; None when there is nothing to tell."""
        return self.event_definition if isinstance(self.event_definition, Definition) else None


class IntermediateThrowEvent(Throwing, defaults.IntermediateThrowEvent):
    """A signal, an escalation, or a fact without a task that carries a milestone, a notice or a message."""


class EndEvent(Throwing, defaults.EndEvent):
    """An end: plain, with a signal, an escalation or an error, or of everything on its level."""

    @property
    def terminates(self) -> bool:
        """True when it ends all that runs in its process."""
        return isinstance(self.event_definition, TerminateEventDefinition)

    def _on_complete_hook(self, my_task: Any) -> None:
        if isinstance(self.event_definition, ErrorDefinition):
            # nothing follows: whoever catches the error ends this level before anything else happens
            return
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
