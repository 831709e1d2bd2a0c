"""Incidents: what the engine could not do is not only raised to whoever asked for it, it stays to be seen.

An incident is open while the process still waits at its task or timer: whatever moves the case on settles it, and an
administrator can settle it by hand.  A timer that failed is tried again ever more seldom, so that it holds up no other.
"""

from __future__ import annotations

import logging
from datetime import datetime

from engine.backoff import delay_after
from engine.commands import Command, FireTimer
from engine.errors import ProcessFault, YichuangError
from engine.history import snake_case
from engine.ports import UnitOfWork, UnitOfWorkFactory
from engine.records import IncidentRecord

log = logging.getLogger(__name__)


def note(uow: UnitOfWorkFactory, command: Command, fault: YichuangError, now: datetime) -> None:
    """Keep an incident of ``command``, in a transaction of its own: the one that failed is rolled back.

    Only of commands that move a case on; opening one leaves no case to look at.  Never raises: the fault itself is
    what its caller must learn of.
    """
    ref = getattr(command, "task_id", None) or getattr(command, "timer_id", None)
    if ref is None:
        return
    try:
        with uow() as work:
            place = _place(work, command, ref)
            if place is not None:
                _keep(work, command, _incident(command, *place, ref, fault, now))
                work.commit()
    except Exception:
        log.exception("an incident of %s could not be kept", ref)


def unforeseen(error: Exception) -> YichuangError:
    """An exception that nobody has foreseen, as an incident tells it; what it says itself is for the log."""
    if isinstance(error, YichuangError):
        return error
    return ProcessFault(f"系统内部错误（{type(error).__name__}），详情见系统日志。")


def _place(work: UnitOfWork, command: Command, ref: str) -> tuple[str, str | None] | None:
    """Case number and node of the task or timer; None when there is no such case."""
    case_no: str | None = getattr(command, "case_no", None)
    if case_no is None:
        case = work.cases.lock_of_task(ref)
        if case is None:
            return None
        nodes = {task.task_id: task.node_id for task in work.tasks.open_of(case.case_no)}
        return case.case_no, nodes.get(ref)
    return case_no, {timer.timer_id: timer.node_id for timer in work.timers.of_case(case_no)}.get(ref)


def _keep(work: UnitOfWork, command: Command, incident: IncidentRecord) -> None:
    times = work.incidents.note(incident)
    if isinstance(command, FireTimer):
        work.incidents.put_off(incident.case_no, incident.ref, incident.last_at + delay_after(times))


def _incident(
    command: Command, case_no: str, node_id: str | None, ref: str, fault: YichuangError, now: datetime
) -> IncidentRecord:
    return IncidentRecord(
        case_no=case_no,
        ref=ref,
        act=snake_case(type(command).__name__),
        code=fault.code,
        message=fault.message,
        place=fault.place,
        first_at=now,
        last_at=now,
        node_id=node_id,
    )
