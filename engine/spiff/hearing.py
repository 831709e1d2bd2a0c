"""Who hears what a diagram throws.

Seen from the tasks that wait at this moment, so that a case restored from its stored state hears as well as one that
never left memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from SpiffWorkflow import TaskState

from engine.errors import ProcessFault
from engine.spiff.events import Definition, ErrorDefinition, SignalDefinition
from engine.spiff.nodes import BoundaryEvent, BoundarySplit, Catching, Throwing, is_instance

if TYPE_CHECKING:
    from engine.spiff.workflow import CaseWorkflow


def thrown_by(task: Any) -> Definition | None:
    """What ``task`` throws when it runs; None when nothing."""
    return task.task_spec.thrown if isinstance(task.task_spec, Throwing) else None


def deliver(case: CaseWorkflow, thrower: Any) -> None:
    """Let what ``thrower`` has thrown be heard.

    Everybody hears a signal.  An error or an escalation is heard by the innermost activity around the thrower that has
    a boundary event for it, and by no other; an escalation that nobody hears changes nothing.  Raises
    :class:`ProcessFault` for an error that nobody hears.
    """
    thrown = thrown_by(thrower)
    if thrown is None:
        return
    for listener in list(_listeners(case, thrower, thrown)):
        # an earlier listener may have ended what a later one waits in
        if listener.has_state(TaskState.WAITING):
            listener.task_spec.hear(listener)


def _listeners(case: CaseWorkflow, thrower: Any, thrown: Definition) -> Iterator[Any]:
    if isinstance(thrown, SignalDefinition):
        yield from (task for task in case.unfinished() if _hears(task, thrown))
        return
    for activity in _around(case, thrower):
        events = activity.parent.children if isinstance(activity.parent.task_spec, BoundarySplit) else ()
        heard = [event for event in events if isinstance(event.task_spec, BoundaryEvent) and _hears(event, thrown)]
        if heard:
            # one that names the code comes before one that takes any
            yield max(heard, key=lambda event: event.task_spec.event_definition.key == thrown.key)
            return
    if isinstance(thrown, ErrorDefinition):
        raise ProcessFault(f"没有边界事件接住错误“{thrown.key}”。", place=thrower.task_spec.bpmn_id)


def _hears(task: Any, thrown: Definition) -> bool:
    spec = task.task_spec
    return isinstance(spec, Catching) and task.has_state(TaskState.WAITING) and spec.event_definition.answers(thrown)


def _around(case: CaseWorkflow, task: Any) -> Iterator[Any]:
    """The activities around ``task``, inner ones first; a multi-instance once, as a whole."""
    while task.workflow.parent_task_id is not None:
        task = case.find(task.workflow.parent_task_id)
        if is_instance(task):
            task = task.parent
        yield task
