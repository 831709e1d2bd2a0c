"""Incidents: what the engine could not do is not only raised to whoever asked for it, it stays to be seen."""

from __future__ import annotations

import logging
from datetime import datetime

from engine.commands import Command
from engine.errors import Fault
from engine.history import snake_case
from engine.ports import UnitOfWorkFactory
from engine.records import IncidentRecord

log = logging.getLogger(__name__)


def note(uow: UnitOfWorkFactory, command: Command, fault: Fault, now: datetime) -> None:
    """Keep an incident of ``command``, in a transaction of its own: the one that failed is rolled back.

    Only of commands that move a case on; opening one leaves no case to look at.  Never raises: the fault itself is
    what its caller must learn of.
    """
    ref = getattr(command, "task_id", None) or getattr(command, "timer_id", None)
    if ref is None:
        return
    try:
        with uow() as work:
            case_no = getattr(command, "case_no", None)
            if case_no is None:
                case = work.cases.lock_of_task(ref)
                case_no = case.case_no if case else None
            if case_no is not None:
                work.incidents.note(_incident(command, case_no, ref, fault, now))
                work.commit()
    except Exception:
        log.exception("an incident of %s could not be kept", ref)


def _incident(command: Command, case_no: str, ref: str, fault: Fault, now: datetime) -> IncidentRecord:
    return IncidentRecord(
        case_no=case_no,
        ref=ref,
        act=snake_case(type(command).__name__),
        code=fault.code,
        message=fault.message,
        place=fault.place,
        first_at=now,
        last_at=now,
    )
