"""Dropping the finished part of a case's task tree.

SpiffWorkflow hangs every task under the one before it, so the tree of a case that goes back and forth grows for ever
and its walks stop silently at a depth of 1000.  What comes next depends on the unfinished tasks alone, with two
exceptions: a token waiting at a gateway is known by the node it came from, and an activity with boundary events, like
the events behind an event-based gateway, stands under a task that ties them together.  Everything else goes; what
stays hangs directly under the root.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow import TaskState

from engine.spiff.gateways import Join
from engine.spiff.nodes import BoundarySplit, EventGateway
from engine.spiff.workflow import CaseWorkflow


def prune(case: CaseWorkflow) -> None:
    """Keep of ``case`` only what its next steps depend on.  To be called when nothing can run by itself."""
    for workflow in case.workflows():
        _prune_tree(workflow)
    case.last_task = None
    live = {task.id for workflow in case.workflows() for task in workflow.tasks.values()}
    # what runs inside a task that has gone goes with it, one level after the other
    while gone := [task_id for task_id, inside in case.subprocesses.items() if inside.completed or task_id not in live]:
        for task_id in gone:
            live -= set(case.subprocesses.pop(task_id).tasks)
    case.scopes = {task_id: scope for task_id, scope in case.scopes.items() if task_id in live}


def _prune_tree(workflow: Any) -> None:
    root = workflow.task_tree
    kept = {root.id: root}
    for task in workflow.tasks.values():
        if task is root or not task.has_state(TaskState.NOT_FINISHED_MASK):
            continue
        holder = _holder(task)
        if holder is None:
            task._parent = root.id
        elif holder.has_state(TaskState.FINISHED_MASK) and holder is not root:
            holder._parent = root.id
            kept[holder.id] = holder
        kept[task.id] = task
    for task in kept.values():
        task._children = []
    for task in kept.values():
        if task is not root:
            kept[task._parent]._children.append(task.id)
    workflow.tasks = kept
    workflow.last_task = None


def _holder(task: Any) -> Any | None:
    """The parent without which ``task`` could not go on, None when it can."""
    parent = task.parent
    needed = (
        parent.has_state(TaskState.NOT_FINISHED_MASK)
        or isinstance(parent.task_spec, BoundarySplit | EventGateway)
        or isinstance(task.task_spec, Join)
    )
    return parent if needed else None
