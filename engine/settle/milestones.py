"""Milestones: the facts of a case that start and stop its clock."""

from __future__ import annotations

from datetime import datetime

from engine.act import Act
from engine.errors import ProcessFault
from engine.events import MilestoneReached
from engine.process import Node
from engine.records import CaseRecord
from engine.settle.clock import reckon

#: milestone → field of the case that keeps its moment; ``submitted`` is set as the case is opened
_MOMENTS = {
    "submitted": "submitted_at",
    "accepted": "accepted_at",
    "decided": "decided_at",
    "concluded": "concluded_at",
    "delivered": "delivered_at",
}


def reach_milestone(act: Act, node: Node) -> bool:
    """Record the milestone of a node that completed; False when it was reached before.

    A case is accepted once and decided once: in a loop the first time stays, and its papers are not issued again.
    ``submitted`` is told each time it is passed, which is once, at the start.
    """
    milestone = node.ext.milestone
    if milestone is None:
        return True
    field = _MOMENTS.get(milestone.name)
    if field is None:
        raise ProcessFault(f"流程图中有未知的里程碑“{milestone.name}”。", place=f"{node.name}（{node.id}）")
    if milestone.name != "submitted" and _moment(act.case, field) is not None:
        return False
    if milestone.name != "submitted":
        act.change(**{field: act.now})
    if milestone.result is not None:
        act.change(result=milestone.result)
    act.emit(MilestoneReached(milestone.name, milestone.result, node.id, act.now))
    reckon(act, node.id)
    return True


def _moment(case: CaseRecord, field: str) -> datetime | None:
    moment: datetime | None = getattr(case, field)
    return moment
