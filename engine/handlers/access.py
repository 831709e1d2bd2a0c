"""Finding a task under its case's lock, and letting through only who may work it."""

from __future__ import annotations

from engine.act import Act, Desk
from engine.assignment import check, watched_nodes
from engine.errors import AlreadyClaimed, StaleVersion, TaskNotOpen, UnknownTask
from engine.records import Actor, TaskRecord, TaskStatus


def open_task(desk: Desk, actor: Actor, task_id: str) -> tuple[Act, TaskRecord]:
    """Lock the task's case and find the task among its open ones.  Raises UnknownTask and TaskNotOpen."""
    case = desk.uow.cases.lock_of_task(task_id)
    if case is None:
        raise UnknownTask(place=task_id)
    act = desk.begin(actor, case)
    task = act.tasks.get(task_id)
    if task is None:
        raise TaskNotOpen(place=task_id)
    return act, task


def check_may_work(act: Act, task: TaskRecord) -> None:
    """Raises NotAllowed or WrongApplicant when the task is not the actor's to work."""
    nodes = watched_nodes(act.node(task.node_id))
    handlers = act.uow.tasks.handlers(act.case.case_no, nodes) if nodes else ()
    check(act.actor, task, act.case, handlers, act.definition.process.nodes)


def check_in_hand(act: Act, task: TaskRecord, version: int | None) -> None:
    """Raises AlreadyClaimed when somebody else holds the task, StaleVersion when it changed since it was seen."""
    if task.status is TaskStatus.CLAIMED and task.assignee_id != act.actor.user_id:
        raise AlreadyClaimed(f"这个环节已被{task.assignee_name}认领。", place=task.task_id)
    if version is not None and version != task.version:
        raise StaleVersion(place=task.task_id, version=task.version)
