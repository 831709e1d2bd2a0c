"""Showing a case to colleagues who have nothing to do in it (抄送)."""

from __future__ import annotations

from engine.act import Act, Decision, Desk
from engine.authority import supervises
from engine.commands import ReadCopy, SendCopy
from engine.contacts import CopyRecord
from engine.errors import InvalidValue, NotAllowed, UnknownCase, UnknownCopy
from engine.events import CopyRead, CopySent
from engine.handlers.transfer import colleague
from engine.records import Actor, TaskRecord

#: colleagues that one act may send copies to
MAX_COPIES = 50


def send_copy(desk: Desk, command: SendCopy) -> Decision:
    """Put a copy into each colleague's list; it brings no work.

    Allowed to those who have or had a task in the case, and to its supervisors; a case that is over may be copied, too.
    Raises UnknownCase, NotAllowed, UnknownUser, InvalidValue.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)
    check_takes_part(act)
    receivers = list(dict.fromkeys(command.to))
    if not 1 <= len(receivers) <= MAX_COPIES:
        raise InvalidValue(f"抄送对象应为 1 至 {MAX_COPIES} 人。", place="to")
    task = _step(act, command.task_id)
    for user_id in receivers:
        _send(act, colleague(act, user_id), task, (command.note or "").strip() or None)
    made = tuple(event.copy.copy_id for event in act.events if isinstance(event, CopySent))
    return act.close(made=made)


def read_copy(desk: Desk, command: ReadCopy) -> Decision:
    """Say that one's own copy has been read; saying it twice changes nothing.  Raises UnknownCopy."""
    copy = desk.uow.copies.get(command.copy_id)
    case = desk.uow.cases.lock(copy.case_no) if copy and copy.to_id == command.actor.user_id else None
    if copy is None or case is None:
        raise UnknownCopy(place=command.copy_id)
    act = desk.begin(command.actor, case)
    # looked at again behind the lock
    copy = desk.uow.copies.get(command.copy_id) or copy
    if copy.read_at is None:
        act.emit(CopyRead(copy))
    return act.close()


def check_takes_part(act: Act) -> None:
    """Let pass who works the case, has worked it or watches over it.  Raises NotAllowed."""
    actor, case = act.actor, act.case
    if actor.org is None:
        raise NotAllowed("只有办理这个办件的工作人员可以这样做。", place=case.case_no)
    if any(actor.may_work(task.group) or task.assignee_id == actor.user_id for task in act.tasks.values()):
        return
    if supervises(actor, case.owner_org, act.world.directory) or act.uow.tasks.took_part(case.case_no, actor.user_id):
        return
    raise NotAllowed("您没有办理过这个办件。", place=case.case_no)


def _step(act: Act, task_id: str | None) -> TaskRecord | None:
    """The open task that the copy is sent from; the case as a whole where it is none of them."""
    return act.tasks.get(task_id) if task_id else None


def _send(act: Act, person: Actor, task: TaskRecord | None, note: str | None) -> None:
    copy = CopyRecord(
        copy_id=act.world.new_id(),
        case_no=act.case.case_no,
        item_name=act.case.item_name,
        task_id=task.task_id if task else None,
        step=task.name if task else None,
        to_id=person.user_id,
        to_name=person.name,
        from_id=act.actor.user_id,
        from_name=act.actor.name,
        note=note,
        sent_at=act.now,
    )
    act.emit(CopySent(copy))
    act.tell("assignee", person.user_id, "copy_sent", copy.step)
