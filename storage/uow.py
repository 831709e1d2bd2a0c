"""The unit of work: one transaction, rolled back unless committed."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.database import Database, translated, translation
from storage.repositories.cases import Cases
from storage.repositories.contacts import Copies, Questions, Remarks, Urges
from storage.repositories.keys import Idempotency, Numbers
from storage.repositories.papers import Attachments, Drafts, Forms, History, Notices, Outbox
from storage.repositories.people import Grants, People
from storage.repositories.tasks import Tasks
from storage.repositories.timers import Spans, Timers
from storage.repositories.warnings import Warnings
from storage.statements import insert_unless_there
from storage.tables import case_orgs


class UnitOfWork:
    """:class:`engine.ports.UnitOfWork` on one connection.

    Raises :class:`storage.database.Busy` when other transactions were in the way for too long.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        with translated():
            connection = self._database.engine.connect()
            try:
                connection.begin()
            except DBAPIError:
                connection.close()
                raise
        self._open(connection)
        return self

    def _open(self, connection: Connection) -> None:
        self._connection = connection
        self.cases = Cases(connection)
        self.tasks = Tasks(connection, self.cases)
        self.timers = Timers(connection)
        self.spans = Spans(connection)
        self.history = History(connection)
        self.forms = Forms(connection)
        self.attachments = Attachments(connection)
        self.drafts = Drafts(connection)
        self.notices = Notices(connection)
        self.outbox = Outbox(connection)
        self.warnings = Warnings(connection)
        self.remarks = Remarks(connection)
        self.urges = Urges(connection)
        self.copies = Copies(connection)
        self.questions = Questions(connection)
        self.people = People(connection)
        self.grants = Grants(connection)
        self.numbers = Numbers(connection)
        self.idempotency = Idempotency(connection)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        known = translation(error)
        if known is not None:
            raise known from error

    def commit(self) -> None:
        """Make everything written so far last; nothing may follow in this unit of work."""
        self._list_in_organisations()
        self._connection.commit()

    def _list_in_organisations(self) -> None:
        # a case is in the lists of its owner, who was written with the case, and of everybody who had a task in it
        owners = self.cases.entered
        rows = []
        for case_no, org in sorted(owners | self.tasks.entered):
            case = self.cases.known(case_no)
            if case is not None and ((case_no, org) in owners or org != case.owner_org):
                rows.append({"case_no": case_no, "org": org, "submitted_at": case.submitted_at})
        if rows:
            self._connection.execute(insert_unless_there(self._connection, case_orgs), rows)


def unit_of_work(database: Database) -> Callable[[], UnitOfWork]:
    """A factory of units of work on ``database``."""
    return lambda: UnitOfWork(database)
