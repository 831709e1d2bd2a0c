"""Messages: who is told what through the outbox as a node completes."""

from __future__ import annotations

from collections.abc import Iterable

from engine.act import Act
from engine.errors import ProcessFault
from engine.events import MessageQueued
from engine.process import Node
from engine.records import APPLICANT_GROUP, MessageRecord, group_of

SUPERVISOR_ROLE = "supervisor"


def queue_messages(act: Act, node: Node) -> None:
    """Queue the messages of a node that completed, once the tasks that follow are known."""
    for notify in node.ext.notify:
        for address in _addresses(act, node, notify.to):
            message = MessageRecord(
                message_id=act.world.new_id(),
                case_no=act.case.case_no,
                to=notify.to,
                address=address,
                reader=act.case.applicant.user_id if notify.to == "applicant" else address,
                template=notify.template,
                facts=_facts(act, node),
                created_at=act.now,
            )
            act.emit(MessageQueued(message))


def _addresses(act: Act, node: Node, to: str) -> Iterable[str]:
    """A phone number for the applicant; accounts for people, the group where nobody has claimed the task."""
    if to == "applicant":
        return [act.case.applicant.phone]
    if to == "supervisor":
        return [group_of(act.case.owner_org, SUPERVISOR_ROLE)]
    if to == "assignee":
        waiting = (task for task in act.tasks.values() if task.group != APPLICANT_GROUP)
        return list(dict.fromkeys(task.assignee_id or task.group for task in waiting))
    raise ProcessFault(f"流程图中有未知的消息接收人“{to}”。", place=f"{node.name}（{node.id}）")


def _facts(act: Act, node: Node) -> dict[str, str | None]:
    return {
        "item": act.case.item_name,
        "case_no": act.case.case_no,
        "status": str(act.case.status),
        "step": node.name,
        "outcome": act.done.outcome_name if act.done else None,
    }
