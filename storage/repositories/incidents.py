"""Incidents: acts that the engine could not carry out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from engine.records import Actor, IncidentRecord
from storage.rows import INCIDENT
from storage.statements import recount
from storage.tables import incidents, tasks, timers
from storage.types import Moment

#: the condition under which the process still waits at an incident's task or timer
WAITING = or_(
    select(tasks.c.task_id)
    .where(tasks.c.task_id == incidents.c.ref, tasks.c.urgent_at.is_not(None))
    .correlate(incidents)
    .exists(),
    select(timers.c.timer_id).where(timers.c.timer_id == incidents.c.ref).correlate(incidents).exists(),
)
#: the condition under which an incident is open: the process still waits, and nobody has settled it
STILL_OPEN = and_(incidents.c.settled_at.is_(None), WAITING)

_ONE = and_(incidents.c.case_no == bindparam("of_case"), incidents.c.ref == bindparam("of_ref"))
_TIMES = select(incidents.c.times).where(_ONE)
_PUT_OFF = update(incidents).where(_ONE).values(retry_at=bindparam("until", type_=Moment))
_SETTLED = {
    "settled_at": bindparam("at", type_=Moment),
    "settled_by": bindparam("by"),
    "settled_by_name": bindparam("by_name"),
    "remark": bindparam("said"),
    "retry_at": None,
}
_SETTLE = update(incidents).where(_ONE, incidents.c.settled_at.is_(None)).values(_SETTLED)
_SETTLE_OVERCOME = update(incidents).where(incidents.c.settled_at.is_(None), ~WAITING).values(_SETTLED)


class Incidents:
    """:class:`engine.ports.Incidents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, incident: IncidentRecord) -> int:
        """Store an incident; one known at the same place is told anew, counted once more and open again."""
        statement = recount(self._connection.dialect.name, incidents, "times", kept=("first_at",))
        self._connection.execute(statement, INCIDENT.values(incident))
        key = {"of_case": incident.case_no, "of_ref": incident.ref}
        return int(self._connection.execute(_TIMES, key).scalar_one())

    def put_off(self, case_no: str, ref: str, until: datetime) -> None:
        """Keep the incident's timer from being due before ``until``."""
        self._connection.execute(_PUT_OFF, {"of_case": case_no, "of_ref": ref, "until": until})

    def settle(self, case_no: str, ref: str, at: datetime, by: Actor, remark: str) -> None:
        """Settle the incident if it is open; its timer is due again."""
        self._connection.execute(_SETTLE, {"of_case": case_no, "of_ref": ref} | _said(at, by, remark))

    def settle_overcome(self, at: datetime, by: Actor, remark: str) -> int:
        """Settle every open incident whose task or timer is no longer waited for."""
        return self._connection.execute(_SETTLE_OVERCOME, _said(at, by, remark)).rowcount


def _said(at: datetime, by: Actor, remark: str) -> dict[str, object]:
    return {"at": at, "by": by.user_id, "by_name": by.name, "said": remark}
