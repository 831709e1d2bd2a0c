"""Putting a task into a colleague's hands for good (转办)."""

from __future__ import annotations

from engine.act import Act, Decision, Desk
from engine.authority import administers
from engine.commands import TransferTask
from engine.errors import InvalidValue, NotAllowed, UnknownUser
from engine.events import TaskTransferred
from engine.handlers.access import (
    check_in_hand,
    check_may_work,
    check_not_delegated,
    check_person,
    check_version,
    in_hands_of,
    open_task,
)
from engine.records import APPLICANT_GROUP, Actor, TaskRecord, TaskStatus


def transfer_task(desk: Desk, command: TransferTask) -> Decision:
    """Give a task to a colleague of its group, who holds it from then on as if he had claimed it.

    Allowed to whoever has the task in hand, to every member of the group while nobody has claimed it, and to
    administrators of its organisation.  Separation of duties and same-person rules hold for the colleague.  Raises
    UnknownTask, TaskNotOpen, NotAllowed, AlreadyClaimed, StaleVersion, UnknownUser, InvalidValue.
    """
    act, task = open_task(desk, command.actor, command.task_id, to_work=False)
    if task.group == APPLICANT_GROUP:
        raise NotAllowed("申请人的环节不能转办。", place=task.task_id)
    _check_may_give(act, task, command.version)
    person = colleague(act, command.to)
    if task.status is TaskStatus.CLAIMED and task.assignee_id == person.user_id:
        raise InvalidValue(f"“{task.name}”已经在{person.name}手上。", place="to")
    if not person.may_work(task.group):
        raise NotAllowed(f"{person.name}不在“{task.name}”的办理岗位上，不能转给他。", place="to")
    _check_candidate(act, task, person)
    given = in_hands_of(act, task, person)
    act.emit(TaskTransferred(given, task.assignee_id, task.grant_id if task.delegated else None))
    act.remark("task_transferred", command.reason, task.task_id)
    act.tell("assignee", person.user_id, "task_transferred", task.name)
    return act.close(given)


def colleague(act: Act, user_id: str) -> Actor:
    """The active staff member with this account.  Raises UnknownUser."""
    person = act.uow.people.find(user_id)
    if person is None:
        raise UnknownUser("没有这位工作人员，或者账号已停用。", place="to")
    return person


def governs(act: Act, task: TaskRecord) -> bool:
    """True for an administrator of the task's organisation: he moves what others hold, delegated or not."""
    return task.org is not None and administers(act.actor, task.org, act.world.directory)


def _check_may_give(act: Act, task: TaskRecord, version: int | None) -> None:
    if governs(act, task):
        check_version(task, version)
        return
    check_not_delegated(task)
    check_may_work(act, task)
    check_in_hand(act, task, version)


def _check_candidate(act: Act, task: TaskRecord, person: Actor) -> None:
    """What would refuse the colleague later refuses the transfer now, in words about him."""
    try:
        check_person(act, task, person)
    except NotAllowed as error:
        raise NotAllowed(error.message.replace("您", person.name, 1), place="to") from error
