"""Asking those who have a case to hurry (催办)."""

from __future__ import annotations

from engine.act import Act, Decision, Desk
from engine.assignment import is_applicant
from engine.authority import supervises
from engine.commands import UrgeCase
from engine.contacts import TO_APPLICANT, UrgeRecord
from engine.errors import AlreadyUrged, CaseSuspended, NotAllowed, NothingToUrge
from engine.events import CaseUrged
from engine.handlers.access import open_case
from engine.records import APPLICANT_GROUP, CaseStatus


def urge_case(desk: Desk, command: UrgeCase) -> Decision:
    """Tell whoever has a task of the case that it is to be hurried; applicant and supervisor may, once a day each.

    Which day it is, the calendar of the case's owner says.  Raises UnknownCase, CaseClosed, CaseSuspended, NotAllowed,
    NothingToUrge, AlreadyUrged.
    """
    act = open_case(desk, command.actor, command.case_no)
    by_id = _urger(act)
    if act.case.status is CaseStatus.SUSPENDED:
        raise CaseSuspended("这个办件已挂起，恢复办理前不能催办。", place=act.case.case_no)
    waiting = [task for task in act.tasks.values() if task.group != APPLICANT_GROUP]
    if not waiting:
        raise NothingToUrge(place=act.case.case_no)
    urge = UrgeRecord(act.case.case_no, by_id, act.calendar.local_date(act.now), act.now)
    if not act.uow.urges.add(urge):
        raise AlreadyUrged(place=act.case.case_no)
    act.emit(CaseUrged(urge, tuple(task.task_id for task in waiting)))
    act.remark("case_urged", command.text)
    for address, step in {task.assignee_id or task.group: task.name for task in waiting}.items():
        act.tell("assignee", address, "case_urged", step)
    return act.close()


def _urger(act: Act) -> str:
    if is_applicant(act.actor, act.case):
        return TO_APPLICANT
    if supervises(act.actor, act.case.owner_org, act.world.directory):
        return act.actor.user_id
    raise NotAllowed("只有申请人和监察人员可以催办。", place=act.case.case_no)
