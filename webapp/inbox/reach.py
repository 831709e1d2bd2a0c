"""Which cases a staff member reaches, and how much of one he is shown (ASVS 8.2.2, 8.2.3).

Three circles, each within the one before:

* *involved*: the case belongs to one of his organisations, or one of them has or had a task in it; sees where it
  stands, names and numbers masked.
* *has worked*: completed a task of it; may also open its materials and read its forms again.
* *works*: a task of one of his groups is open and free, or claimed by himself; is shown everything in full, because he
  decides on it.
"""

from __future__ import annotations

from engine.errors import Refused, UnknownCase, UnknownTask
from engine.records import Actor, TaskRecord, TaskStatus
from engine.views import CaseView
from webapp.services import services

_UNFINISHED = (TaskStatus.OPEN, TaskStatus.CLAIMED)


def organisations(actor: Actor) -> frozenset[str]:
    """Codes of the organisations the actor belongs to or holds a role in."""
    held = {group.rpartition(":")[0] for group in actor.groups}
    return frozenset(held | {actor.org} if actor.org else held)


def is_involved(view: CaseView, actor: Actor) -> bool:
    """True when the case is some business of the actor's organisations."""
    mine = organisations(actor)
    return view.case.owner_org in mine or any(task.org in mine for task in view.tasks)


def has_worked(view: CaseView, actor: Actor) -> bool:
    """True when the actor completed a task of the case."""
    return any(task.status is TaskStatus.DONE and task.assignee_id == actor.user_id for task in view.tasks)


def may_work(task: TaskRecord, actor: Actor) -> bool:
    """True when the task waits for the actor, alone or among others of his group."""
    return task.status in _UNFINISHED and actor.may_work(task.group) and task.assignee_id in (None, actor.user_id)


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
