"""Whose turn it is in a case, and what that means for the applicant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.deadlines import stops_clock
from engine.records import APPLICANT_GROUP, CaseStatus, TaskRecord, TaskStatus
from engine.views import CaseView
from webapp.wording import APPLICANT, RESULTS


@dataclass(frozen=True, slots=True)
class Turn:
    """The first thing a case page says."""

    #: 您, an organisation's name, or the state a finished case is in
    who: str
    #: what is being done, and whether the applicant has to do something
    what: str
    #: the applicant's task that waits
    task: TaskRecord | None = None
    over: bool = False


def turn_of(view: CaseView, org_name: Callable[[str], str]) -> Turn:
    """Whose turn it is now."""
    live = [task for task in view.tasks if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)]
    own = next((task for task in live if task.group == APPLICANT_GROUP), None)
    if own is not None and view.case.status is not CaseStatus.SUSPENDED:
        return Turn("您", f"请{own.name.removeprefix(APPLICANT)}。", own)
    if view.case.status is CaseStatus.CONCLUDED and not live:
        result = RESULTS.get(view.case.result or "")
        return Turn("已办结", f"结果：{result}。" if result else "您不需要再做什么。", over=True)
    if view.case.status is CaseStatus.SUSPENDED:
        return Turn(
            org_name(view.case.owner_org), "办件已挂起，暂停办理和计时；恢复办理时会通知您。您现在不需要做什么。"
        )
    steps = "、".join(dict.fromkeys(task.name for task in live))
    who = "、".join(dict.fromkeys(org_name(task.org) for task in live if task.org)) or org_name(view.case.owner_org)
    special = next((span.name for span in view.spans if span.ended_at is None and stops_clock(span)), None)
    doing = f"正在进行“{special}”，办理时限暂停计算。" if special else f"正在办理：{steps}。" if steps else "等待期满。"
    return Turn(who, f"{doing}您现在不需要做什么。")
