"""Taking a task into one's own hands and giving it back."""

from __future__ import annotations

from dataclasses import replace

from engine.act import Decision, Desk
from engine.commands import ClaimTask, ReleaseTask
from engine.errors import NotAllowed, StaleVersion
from engine.events import TaskClaimed, TaskReleased
from engine.handlers.access import check_in_hand, check_may_work, open_task
from engine.records import APPLICANT_GROUP, TaskStatus


def claim_task(desk: Desk, command: ClaimTask) -> Decision:
    """Claim an open task of one's group; one's own claimed task stays as it is (a button pressed twice).

    Raises UnknownTask, TaskNotOpen, NotAllowed, AlreadyClaimed, StaleVersion.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    check_may_work(act, task)
    if task.group == APPLICANT_GROUP:
        raise NotAllowed("申请人的环节不需要认领。", place=task.task_id)
    if task.status is TaskStatus.CLAIMED and task.assignee_id == command.actor.user_id:
        return act.close(task)
    check_in_hand(act, task, command.version)
    claimed = replace(
        task,
        status=TaskStatus.CLAIMED,
        assignee_id=command.actor.user_id,
        assignee_name=command.actor.name,
        claimed_at=act.now,
        version=task.version + 1,
    )
    act.emit(TaskClaimed(claimed))
    return act.close(claimed)


def release_task(desk: Desk, command: ReleaseTask) -> Decision:
    """Give one's own claimed task back to its group.

    Raises UnknownTask, TaskNotOpen, NotAllowed when it is not in the actor's hands, StaleVersion.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    if task.status is not TaskStatus.CLAIMED or task.assignee_id != command.actor.user_id:
        raise NotAllowed("这个环节没有被您认领，不能退回。", place=task.task_id)
    if command.version is not None and command.version != task.version:
        raise StaleVersion(place=task.task_id, version=task.version)
    released = replace(
        task,
        status=TaskStatus.OPEN,
        assignee_id=None,
        assignee_name=None,
        claimed_at=None,
        version=task.version + 1,
    )
    act.emit(TaskReleased(released, command.actor.user_id, command.actor.name))
    return act.close(released)
