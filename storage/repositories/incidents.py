"""Incidents: acts that the engine could not carry out."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from engine.records import IncidentRecord
from storage.rows import INCIDENT
from storage.statements import recount
from storage.tables import incidents, tasks, timers

#: the condition under which an incident is open: the process still waits at its task or timer
STILL_OPEN = or_(
    select(tasks.c.task_id).where(tasks.c.task_id == incidents.c.ref, tasks.c.urgent_at.is_not(None)).exists(),
    select(timers.c.timer_id).where(timers.c.timer_id == incidents.c.ref).exists(),
)


class Incidents:
    """:class:`engine.ports.Incidents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, incident: IncidentRecord) -> None:
        """Store an incident; one known at the same place is told anew and counted once more."""
        statement = recount(self._connection.dialect.name, incidents, "times", kept=("first_at",))
        self._connection.execute(statement, INCIDENT.values(incident))
