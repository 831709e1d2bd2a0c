"""Incidents: acts that the engine could not carry out."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.records import IncidentRecord
from storage.rows import INCIDENT
from storage.statements import recount
from storage.tables import incidents


class Incidents:
    """:class:`engine.ports.Incidents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, incident: IncidentRecord) -> None:
        """Store an incident; one known at the same place is told anew and counted once more."""
        statement = recount(self._connection.dialect.name, incidents, "times", kept=("first_at",))
        self._connection.execute(statement, INCIDENT.values(incident))
