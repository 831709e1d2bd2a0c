"""Having a colleague work a task, which comes back to be concluded (委派)."""

from __future__ import annotations

from dataclasses import replace

from engine.act import Act, Decision, Desk
from engine.commands import DelegateTask, HandBackTask, RecallTask
from engine.errors import InvalidForm, InvalidValue, NotAllowed, OpinionRequired, UnknownGrant
from engine.events import AttachmentsBound, FormSaved, TaskDelegated, TaskHandedBack, TaskRecalled
from engine.grants import GrantKind, GrantRecord
from engine.handlers.access import (
    check_in_hand,
    check_may_work,
    check_not_delegated,
    check_person,
    check_version,
    in_hands_of,
    open_task,
)
from engine.handlers.transfer import colleague
from engine.records import APPLICANT_GROUP, Actor, FormRecord, TaskRecord


def delegate_task(desk: Desk, command: DelegateTask) -> Decision:
    """Let a colleague of one's organisation work a task; the grant for it lasts until the task comes back.

    Who works under somebody else's grant cannot pass it on (行政许可法 第二十四条：受委托机关不得再委托).  Raises
    UnknownTask, TaskNotOpen, CaseSuspended, NotAllowed, AlreadyClaimed, StaleVersion, UnknownUser, InvalidValue.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    if task.group == APPLICANT_GROUP:
        raise NotAllowed("申请人的环节不能委派。", place=task.task_id)
    check_not_delegated(task)
    check_may_work(act, task)
    if act.mandate is not None:
        raise NotAllowed(f"您是代{act.mandate.principal_name}办理，不能再委派他人。", place=task.task_id)
    check_in_hand(act, task, command.version)
    person = colleague(act, command.to)
    grant = _grant(act, task, person)
    _check_candidate(act, task, person, grant)
    given = replace(in_hands_of(act, task, person, grant), delegated=True)
    act.emit(TaskDelegated(given, grant))
    act.remark("task_delegated", command.note, task.task_id)
    act.tell("assignee", person.user_id, "task_delegated", task.name)
    return act.close(given)


def hand_back_task(desk: Desk, command: HandBackTask) -> Decision:
    """Give a task worked for another back to him, with one's opinion and the form as far as it is filled in.

    Raises UnknownTask, TaskNotOpen, CaseSuspended, NotAllowed, StaleVersion, OpinionRequired, InvalidForm.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    if not task.delegated or task.assignee_id != act.actor.user_id:
        raise NotAllowed("这个环节不是委派给您办理的。", place=task.task_id)
    check_version(task, command.version)
    act.mandate = grant = _grant_of(act, task)
    node = act.node(task.node_id)
    if not (command.opinion or "").strip():
        raise OpinionRequired("交回时请写明办理意见。", place=node.id)
    if command.form and node.ext.form is None:
        raise InvalidForm({}, f"“{node.name}”没有表单。")
    principal = Actor(grant.principal_id, grant.principal_name)
    back = in_hands_of(act, task, principal)
    act.emit(TaskHandedBack(back, grant))
    act.remark("task_handed_back", command.opinion, task.task_id)
    if command.form:
        saved = FormRecord(task.case_no, node.id, task.task_id, dict(command.form), act.now, act.actor.user_id)
        act.emit(FormSaved(saved))
    if command.attachments:
        act.emit(AttachmentsBound(task.case_no, task.task_id, command.attachments))
    act.tell("assignee", principal.user_id, "task_handed_back", task.name)
    return act.close(back)


def recall_task(desk: Desk, command: RecallTask) -> Decision:
    """Take a delegated task back before it was handed back.

    Raises UnknownTask, TaskNotOpen, CaseSuspended, NotAllowed, StaleVersion.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    if not task.delegated or task.principal_id != act.actor.user_id:
        raise NotAllowed("这个环节不是由您委派出去的。", place=task.task_id)
    check_version(task, command.version)
    back = in_hands_of(act, task, act.actor)
    act.emit(TaskRecalled(back, _grant_of(act, task)))
    if task.assignee_id is not None:
        act.tell("assignee", task.assignee_id, "task_recalled", task.name)
    return act.close(back)


def _grant(act: Act, task: TaskRecord, person: Actor) -> GrantRecord:
    return GrantRecord(
        grant_id=act.world.new_id(),
        kind=GrantKind.TASK,
        principal_id=act.actor.user_id,
        principal_name=act.actor.name,
        agent_id=person.user_id,
        agent_name=person.name,
        groups=(task.group,),
        items=(task.item_key,),
        starts_at=act.now,
        ends_at=None,
        basis=None,
        given_by=act.actor.user_id,
        given_at=act.now,
        task_id=task.task_id,
    )


def _grant_of(act: Act, task: TaskRecord) -> GrantRecord:
    grant = act.uow.grants.get(task.grant_id) if task.grant_id else None
    if grant is None:
        raise UnknownGrant(place=task.task_id)
    return grant


def _check_candidate(act: Act, task: TaskRecord, person: Actor, grant: GrantRecord) -> None:
    if person.user_id == act.actor.user_id:
        raise InvalidValue("不能委派给自己。", place="to")
    offices = {person.org} | {group.rpartition(":")[0] for group in person.groups}
    if task.org not in offices:
        raise NotAllowed(f"{person.name}不是办理单位的工作人员，不能委派给他。", place="to")
    try:
        check_person(act, task, person, grant)
    except NotAllowed as error:
        raise NotAllowed(error.message.replace("您", person.name, 1), place="to") from error
