"""Which cases a staff member reaches, and how much of one he is shown (ASVS 8.2.2, 8.2.3).

Three circles, each within the one before:

* *involved*: the case belongs to one of his organisations, one of them has or had a task in it, he was sent a copy or
  asked a question about it, or he supervises one that has; sees where it stands, names and numbers masked.
* *has worked*: completed a task of it; may also open its materials and read its forms again.
* *works*: a task of one of his groups is open and free, or claimed by himself; is shown everything in full, because he
  decides on it.

Whoever acts for somebody else reaches what that person reaches, as far as the grant goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import g

from engine.errors import Refused, UnknownCase, UnknownTask
from engine.grants import GrantRecord
from engine.records import Actor, TaskRecord, TaskStatus
from engine.views import CaseView
from webapp.services import services
from webapp.supervision.scope import supervised_by

_UNFINISHED = (TaskStatus.OPEN, TaskStatus.CLAIMED)


def grants(actor: Actor) -> Sequence[GrantRecord]:
    """The powers that others have given the actor, in force now; asked for once a request."""
    if actor.org is None:
        return ()
    known: dict[str, Sequence[GrantRecord]] = g.setdefault("grants", {})
    if actor.user_id not in known:
        known[actor.user_id] = services().colleagues.held(actor.user_id, services().clock.now())
    return known[actor.user_id]


def groups(actor: Actor) -> frozenset[str]:
    """The actor's groups, and those in which he acts for somebody else."""
    return actor.groups | {group for grant in grants(actor) if grant.task_id is None for group in grant.groups}


def organisations(actor: Actor) -> frozenset[str]:
    """Codes of the organisations the actor belongs to, holds a role in or acts in for somebody else."""
    held = {group.rpartition(":")[0] for group in groups(actor)}
    return frozenset(held | {actor.org} if actor.org else held)


def is_involved(view: CaseView, actor: Actor) -> bool:
    """True when the case is some business of the actor's organisations, or he was brought in by a colleague."""
    mine, who = organisations(actor) | supervised_by(actor), actor.user_id
    return (
        view.case.owner_org in mine
        or any(task.org in mine or task.assignee_id == who for task in view.tasks)
        or any(copy.to_id == who for copy in view.copies)
        or any(question.to_id == who for question in view.questions)
    )


def has_worked(view: CaseView, actor: Actor) -> bool:
    """True when the actor completed a task of the case."""
    return any(task.status is TaskStatus.DONE and task.assignee_id == actor.user_id for task in view.tasks)


def may_work(task: TaskRecord, actor: Actor) -> bool:
    """True when the task waits for the actor, alone or among others of his group, or for one he acts for."""
    if task.status not in _UNFINISHED:
        return False
    if task.assignee_id == actor.user_id or (task.assignee_id is None and actor.may_work(task.group)):
        return True
    return any(
        grant.covers(task) and task.assignee_id in (None, grant.principal_id)
        for grant in (() if task.delegated else grants(actor))
    )


def works(view: CaseView, actor: Actor) -> bool:
    """True when some task of the case waits for the actor."""
    return any(may_work(task, actor) for task in view.tasks)


def may_read(view: CaseView, actor: Actor) -> bool:
    """True when the actor may read forms and open materials of the case."""
    return works(view, actor) or has_worked(view, actor)


def case_for(case_no: str, actor: Actor) -> CaseView:
    """The case; UnknownCase when there is none, Refused when it is no business of the actor's."""
    view = services().cases.view(case_no)
    if view is None:
        raise UnknownCase(place=case_no)
    if not is_involved(view, actor):
        raise Refused("这个办件不由您的单位办理。", place=case_no)
    return view


def reachable_task(task_id: str, actor: Actor) -> TaskRecord:
    """The task alone; raises like :func:`task_for`, and reads the case only where the task does not settle it."""
    task = services().inbox.task(task_id)
    if task is None:
        raise UnknownTask
    if task.org not in organisations(actor):
        case_for(task.case_no, actor)
    return task


def task_for(task_id: str, actor: Actor) -> tuple[TaskRecord, CaseView]:
    """The task and its case; UnknownTask when there is none, Refused when the case is no business of the actor's."""
    task = services().inbox.task(task_id)
    if task is None:
        raise UnknownTask
    return task, case_for(task.case_no, actor)
