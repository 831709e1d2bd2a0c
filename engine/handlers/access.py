"""Finding a task or a case under the case's lock, and letting through only who may act on it."""

from __future__ import annotations

from dataclasses import replace

from engine.act import Act, Desk
from engine.assignment import check, watched_nodes
from engine.errors import (
    AlreadyClaimed,
    CaseClosed,
    CaseSuspended,
    NotAllowed,
    StaleVersion,
    TaskNotOpen,
    UnknownCase,
    UnknownTask,
)
from engine.grants import GrantRecord
from engine.records import APPLICANT_GROUP, Actor, CaseStatus, TaskRecord, TaskStatus


def open_case(desk: Desk, actor: Actor, case_no: str) -> Act:
    """Lock a case that is not over.  Raises UnknownCase and CaseClosed."""
    case = desk.uow.cases.lock(case_no)
    if case is None:
        raise UnknownCase(place=case_no)
    if case.status is CaseStatus.CONCLUDED:
        raise CaseClosed(place=case_no)
    return desk.begin(actor, case)


def open_task(desk: Desk, actor: Actor, task_id: str, *, to_work: bool = True) -> tuple[Act, TaskRecord]:
    """Lock the task's case and find the task among its open ones.

    Raises UnknownTask, TaskNotOpen, and ``to_work`` it CaseSuspended while no task of the case may be worked.
    """
    case = desk.uow.cases.lock_of_task(task_id)
    if case is None:
        raise UnknownTask(place=task_id)
    act = desk.begin(actor, case)
    task = act.tasks.get(task_id)
    if task is None:
        raise TaskNotOpen(place=task_id)
    if to_work:
        check_not_suspended(act)
    return act, task


def check_not_suspended(act: Act) -> None:
    """Raises CaseSuspended while no task of the case may be worked."""
    if act.case.status is CaseStatus.SUSPENDED:
        raise CaseSuspended(place=act.case.case_no)


def check_may_work(act: Act, task: TaskRecord) -> None:
    """Let the actor pass when the task is his to work, in his own right or under a grant, which the act then rests on.

    Raises NotAllowed or WrongApplicant.
    """
    act.mandate = _mandate(act, task)
    check_person(act, task, act.actor, act.mandate)


def check_person(act: Act, task: TaskRecord, person: Actor, mandate: GrantRecord | None = None) -> None:
    """Raises NotAllowed or WrongApplicant when the task is not ``person``'s to work."""
    nodes = watched_nodes(act.node(task.node_id))
    handlers = act.uow.tasks.handlers(act.case.case_no, nodes) if nodes else ()
    check(person, task, act.case, handlers, act.definition.process.nodes, mandate)


def check_in_hand(act: Act, task: TaskRecord, version: int | None) -> None:
    """Raises AlreadyClaimed when somebody else holds the task, StaleVersion when it changed since it was seen.

    Who stands in for its holder has it in hand, too; so has the principal what his stand-in holds for him.
    """
    holders = {act.actor.user_id} | ({act.mandate.principal_id} if act.mandate else set())
    own = task.assignee_id in holders or (task.principal_id == act.actor.user_id and not task.delegated)
    if task.status is TaskStatus.CLAIMED and not own:
        raise AlreadyClaimed(f"这个环节已被{task.assignee_name}认领。", place=task.task_id)
    check_version(task, version)


def check_version(task: TaskRecord, version: int | None) -> None:
    """Raises StaleVersion when the task is no longer the one that was seen."""
    if version is not None and version != task.version:
        raise StaleVersion(place=task.task_id, version=task.version)


def check_not_delegated(task: TaskRecord) -> None:
    """Raises NotAllowed while somebody works the task for another, to whom it must go back first."""
    if task.delegated:
        raise NotAllowed(
            f"“{task.name}”由{task.principal_name}委派{task.assignee_name}办理，须先交回{task.principal_name}。",
            place=task.task_id,
        )


def in_hands_of(act: Act, task: TaskRecord, person: Actor | None, mandate: GrantRecord | None = None) -> TaskRecord:
    """The task claimed by ``person``, for the principal of ``mandate`` if there is one; by nobody for None."""
    return replace(
        task,
        status=TaskStatus.OPEN if person is None else TaskStatus.CLAIMED,
        assignee_id=person.user_id if person else None,
        assignee_name=person.name if person else None,
        claimed_at=act.now if person else None,
        principal_id=mandate.principal_id if mandate else None,
        principal_name=mandate.principal_name if mandate else None,
        grant_id=mandate.grant_id if mandate else None,
        delegated=False,
        version=task.version + 1,
    )


def _mandate(act: Act, task: TaskRecord) -> GrantRecord | None:
    """The grant under which the actor may work the task; None when he needs none or has none.

    He needs one for a task of a group that is not his, and for one in the hands of somebody who is away.
    """
    actor = act.actor
    holder = task.assignee_id if task.status is TaskStatus.CLAIMED else None
    if task.group == APPLICANT_GROUP or task.delegated or actor.org is None:
        return None
    if actor.may_work(task.group) and holder in (None, actor.user_id):
        return None
    for grant in act.uow.grants.held(actor.user_id, act.now):
        reaches = holder in (None, actor.user_id, grant.principal_id) and grant.covers(task)
        if reaches and _still_holds(act, grant, task):
            return grant
    return None


def _still_holds(act: Act, grant: GrantRecord, task: TaskRecord) -> bool:
    """Nobody gives what he has not: the principal must still be in the group himself."""
    principal = act.uow.people.find(grant.principal_id)
    return principal is not None and principal.may_work(task.group)
