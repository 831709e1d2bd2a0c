"""Taking a task into one's own hands and giving it back."""

from __future__ import annotations

from engine.act import Decision, Desk
from engine.commands import ClaimTask, ReleaseTask
from engine.errors import NotAllowed
from engine.events import TaskClaimed, TaskReleased
from engine.handlers.access import (
    check_in_hand,
    check_may_work,
    check_not_delegated,
    check_not_suspended,
    check_version,
    in_hands_of,
    open_task,
)
from engine.handlers.transfer import governs
from engine.records import APPLICANT_GROUP, TaskStatus


def claim_task(desk: Desk, command: ClaimTask) -> Decision:
    """Claim an open task of one's group; one's own claimed task stays as it is (a button pressed twice).

    A stand-in may also claim what is in the hands of the absent person.  Raises UnknownTask, TaskNotOpen,
    CaseSuspended, NotAllowed, AlreadyClaimed, StaleVersion.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    check_may_work(act, task)
    if task.group == APPLICANT_GROUP:
        raise NotAllowed("申请人的环节不需要认领。", place=task.task_id)
    if task.status is TaskStatus.CLAIMED and task.assignee_id == command.actor.user_id:
        return act.close(task)
    check_in_hand(act, task, command.version)
    claimed = in_hands_of(act, task, command.actor, act.mandate)
    act.emit(TaskClaimed(claimed))
    return act.close(claimed)


def release_task(desk: Desk, command: ReleaseTask) -> Decision:
    """Give one's own claimed task back to its group; administrators of its organisation also what others hold.

    Raises UnknownTask, TaskNotOpen, CaseSuspended, NotAllowed when it is not in the actor's hands, StaleVersion.
    """
    act, task = open_task(desk, command.actor, command.task_id, to_work=False)
    holder = task.assignee_id if task.status is TaskStatus.CLAIMED else None
    if holder is None or not (holder == command.actor.user_id or governs(act, task)):
        raise NotAllowed("这个环节没有被您认领，不能退回。", place=task.task_id)
    if not governs(act, task):
        check_not_suspended(act)
        check_not_delegated(task)
    check_version(task, command.version)
    released = in_hands_of(act, task, None)
    ended = task.grant_id if task.delegated else None
    act.emit(TaskReleased(released, holder, task.assignee_name or "", ended))
    return act.close(released)
