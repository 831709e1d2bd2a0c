"""Sending a case back to an earlier step (退回), and taking back what one has just sent on (拿回)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.act import Act, Decision, Desk
from engine.assignment import APPLICANT_ROLE
from engine.commands import ReturnTask, TakeBackTask
from engine.errors import CaseClosed, CaseSuspended, NotAllowed, NoWayBack, OpinionRequired, UnknownTask
from engine.events import TaskOpened, TaskReturned, TaskTakenBack
from engine.handlers.access import check_in_hand, check_may_work, check_not_delegated, open_task
from engine.process import Node, Target
from engine.records import APPLICANT_GROUP, RETURNED, Actor, CaseStatus, TaskRecord, TaskStatus
from engine.settle import move

#: words that may stand for a step: the one before, the applicant's
PREVIOUS, TO_APPLICANT = "previous", "applicant"


@dataclass(frozen=True, slots=True)
class WayBack:
    """A step that a task may be sent back to."""

    node_id: str
    name: str
    #: the applicant works there
    applicant: bool
    #: the step, once done, can lead straight back to who sent the case there
    returns: bool
    #: who did it last, None when nobody has
    handler_id: str | None
    handler_name: str | None
    #: the step done last before this one
    previous: bool = False


def ways_back(desk: Desk, actor: Actor, task_id: str) -> Sequence[WayBack]:
    """The steps that ``actor`` may send the task back to, those done last first.  Raises like :func:`return_task`."""
    act, task = _in_hand(desk, actor, task_id, None)
    return _ways(act, task)


def return_task(desk: Desk, command: ReturnTask) -> Decision:
    """Send the case back from a task to a step that the diagram can lawfully reach again.

    The step goes to whoever did it last, if he still may; the case then walks forward again, or with ``returns`` comes
    straight back to the actor.  Raises UnknownTask, TaskNotOpen, CaseSuspended, NotAllowed, AlreadyClaimed,
    StaleVersion, OpinionRequired, NoWayBack, ProcessFault.
    """
    act, task = _in_hand(desk, command.actor, command.task_id, command.version)
    reason = (command.reason or "").strip()
    if not reason:
        raise OpinionRequired("退回时必须说明理由。", place=task.node_id)
    way = _chosen(_ways(act, task), command.to)
    if command.returns and not way.returns:
        raise NoWayBack(f"从“{way.name}”不能直接回到“{task.name}”，只能依次办理。", place=way.node_id)
    act.done = _returned(act, task, way, reason)
    del act.tasks[task.task_id]
    act.emit(TaskReturned(act.done, way.node_id, way.name, command.returns))
    back = command.actor.user_id if command.returns else None
    move(
        act,
        lambda run: run.move(task.task_id, way.node_id, returns=command.returns, mark=way.handler_id, back_mark=back),
    )
    _tell(act, reason)
    return act.close(act.done)


def take_back_task(desk: Desk, command: TakeBackTask) -> Decision:
    """Take back a task that one has completed, while nobody has acted on what followed.

    What has reached the outside (a milestone, a notice) is not taken back.  Raises UnknownTask, CaseClosed,
    CaseSuspended, NotAllowed, NoWayBack, ProcessFault.
    """
    case = desk.uow.cases.lock_of_task(command.task_id)
    if case is None:
        raise UnknownTask(place=command.task_id)
    if case.status is CaseStatus.CONCLUDED:
        raise CaseClosed(place=case.case_no)
    if case.status is CaseStatus.SUSPENDED:
        raise CaseSuspended(place=case.case_no)
    act = desk.begin(command.actor, case)
    done = _own_last(act, command.task_id)
    followed = [task for task in act.tasks.values() if task.opened_at == done.done_at]
    if any(task.status is not TaskStatus.OPEN for task in followed):
        raise NoWayBack("下一环节已有人办理，不能拿回。", place=done.task_id)
    _check_inside(act, done)
    act.emit(TaskTakenBack(done))
    refs = {task.task_id for task in followed}
    try:
        move(act, lambda run: run.take_back(done.node_id, refs, command.actor.user_id))
    except NoWayBack as error:
        raise NoWayBack("后面的环节已经在办理，不能拿回。", place=done.task_id) from error
    return act.close(next((event.task for event in act.events if isinstance(event, TaskOpened)), None))


# -- returning


def _in_hand(desk: Desk, actor: Actor, task_id: str, version: int | None) -> tuple[Act, TaskRecord]:
    act, task = open_task(desk, actor, task_id)
    if task.group == APPLICANT_GROUP:
        raise NotAllowed("申请人的环节不能退回。", place=task.task_id)
    check_not_delegated(task)
    check_may_work(act, task)
    check_in_hand(act, task, version)
    return act, task


def _ways(act: Act, task: TaskRecord) -> Sequence[WayBack]:
    """What is both lawful and proved: steps done before this one was first reached, and those of the applicant.

    After the decision only steps that came after it: a decision is undone by another procedure.
    """
    run = act.definition.process.load(act.case.state)
    past = act.uow.tasks.of_case(act.case.case_no)
    reached_at = min(one.opened_at for one in past if one.node_id == task.node_id)
    found = []
    for target in run.targets(task.task_id):
        node = act.node(target.node_id)
        done = [one for one in past if one.node_id == node.id and one.status is TaskStatus.DONE and one.done_at]
        after = act.case.decided_at
        if after is not None and not any(one.opened_at >= after for one in done):
            continue
        if _is_applicants(node) or any(one.done_at and one.done_at <= reached_at for one in done):
            found.append((_done_at(done), _way(node, target, done)))
    ways = [way for _, way in sorted(found, key=lambda pair: pair[0], reverse=True)]
    last = next((way for way in ways if not way.applicant), None)
    return [replace(way, previous=way is last) for way in ways]


def _done_at(done: Sequence[TaskRecord]) -> float:
    return max((one.done_at.timestamp() for one in done if one.done_at), default=0.0)


def _way(node: Node, target: Target, done: Sequence[TaskRecord]) -> WayBack:
    last = max(done, key=lambda one: _done_at([one]), default=None)
    applicant = _is_applicants(node)
    return WayBack(
        node_id=node.id,
        name=node.name,
        applicant=applicant,
        returns=target.returns,
        handler_id=last.assignee_id if last and not applicant else None,
        handler_name=last.assignee_name if last and not applicant else None,
    )


def _is_applicants(node: Node) -> bool:
    """Targets that are no user tasks are there because the applicant works inside."""
    return node.type != "userTask" or (node.ext.assign is not None and node.ext.assign.role == APPLICANT_ROLE)


def _chosen(ways: Sequence[WayBack], to: str) -> WayBack:
    for way in ways:
        if way.node_id == to or (to == PREVIOUS and way.previous) or (to == TO_APPLICANT and way.applicant):
            return way
    names = "、".join(f"{way.name}（{way.node_id}）" for way in ways)
    raise NoWayBack(f"不能退回到那里。可以退回到：{names}。" if names else "这个环节没有可以退回的地方。", place="to")


def _returned(act: Act, task: TaskRecord, way: WayBack, reason: str) -> TaskRecord:
    mandate = act.mandate
    return replace(
        task,
        status=TaskStatus.DONE,
        assignee_id=act.actor.user_id,
        assignee_name=act.actor.name,
        principal_id=mandate.principal_id if mandate else None,
        principal_name=mandate.principal_name if mandate else None,
        grant_id=mandate.grant_id if mandate else None,
        claimed_at=task.claimed_at or act.now,
        done_at=act.now,
        outcome=RETURNED,
        outcome_name=f"退回至{way.name}",
        opinion=reason,
        version=task.version + 1,
    )


def _tell(act: Act, reason: str) -> None:
    """Those who have it now; the applicant is told why, too."""
    for event in list(act.events):
        if isinstance(event, TaskOpened) and event.task.group == APPLICANT_GROUP:
            act.tell("applicant", act.case.applicant.phone, "task_returned", event.task.name, reason=reason)
        elif isinstance(event, TaskOpened):
            act.tell("assignee", event.task.assignee_id or event.task.group, "task_returned", event.task.name)


# -- taking back


def _own_last(act: Act, task_id: str) -> TaskRecord:
    """The actor's completed task, if his was the last word on that step."""
    past = act.uow.tasks.of_case(act.case.case_no)
    done = next((one for one in past if one.task_id == task_id), None)
    if done is None or done.status is not TaskStatus.DONE or done.group == APPLICANT_GROUP:
        raise NotAllowed("只能拿回自己办结的环节。", place=task_id)
    if act.actor.user_id not in (done.assignee_id, done.principal_id):
        raise NotAllowed("这个环节不是您办结的，不能拿回。", place=task_id)
    if any(one.node_id == done.node_id and one.opened_at >= (done.done_at or act.now) for one in past):
        raise NoWayBack("这个环节后来又办理过，不能拿回。", place=task_id)
    return done


def _check_inside(act: Act, done: TaskRecord) -> None:
    case = act.case
    moments = (case.accepted_at, case.decided_at, case.delivered_at, case.concluded_at)
    outside = done.done_at is None or done.done_at in moments
    if outside or act.uow.notices.issued_at(case.case_no, done.done_at or act.now):
        raise NoWayBack("这一步已经对外生效（受理、决定或发出文书），不能拿回。", place=done.task_id)
