"""The unit of work: one transaction, rolled back unless committed."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine import ports
from engine.errors import Unconfirmed
from storage.database import Database, is_lost
from storage.repositories.cases import Cases
from storage.repositories.contacts import Copies, Questions, Remarks, Urges
from storage.repositories.incidents import Incidents
from storage.repositories.keys import Idempotency, Numbers
from storage.repositories.outbox import Outbox
from storage.repositories.oversight import Oversight
from storage.repositories.papers import Attachments, Drafts, Forms, History, Notices
from storage.repositories.people import Grants, People
from storage.repositories.tasks import Tasks
from storage.repositories.timers import Spans, Timers
from storage.repositories.warnings import Warnings
from storage.statements import insert_unless_there
from storage.tables import case_orgs


class UnitOfWork:
    """:class:`engine.ports.UnitOfWork` on one connection.

    Raises :class:`storage.database.Busy` when other transactions were in the way for too long, and
    :class:`engine.errors.Unavailable` when the database does not answer or its disk is full.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        self._transaction = self._database.transaction()
        self._open(self._transaction.__enter__())
        return self

    def _open(self, connection: Connection) -> None:
        self._connection = connection
        self._cases = Cases(connection)
        self._tasks = Tasks(connection, self._cases)
        self.cases: ports.Cases = self._cases
        self.tasks: ports.Tasks = self._tasks
        self.timers: ports.Timers = Timers(connection)
        self.spans: ports.Spans = Spans(connection)
        self.history: ports.History = History(connection)
        self.forms: ports.Forms = Forms(connection)
        self.attachments: ports.Attachments = Attachments(connection)
        self.drafts: ports.Drafts = Drafts(connection)
        self.notices: ports.Notices = Notices(connection)
        self.outbox: ports.Outbox = Outbox(connection)
        self.warnings: ports.Warnings = Warnings(connection)
        self.remarks: ports.Remarks = Remarks(connection)
        self.urges: ports.Urges = Urges(connection)
        self.copies: ports.Copies = Copies(connection)
        self.questions: ports.Questions = Questions(connection)
        self.people: ports.People = People(connection)
        self.grants: ports.Grants = Grants(connection)
        self.oversight: ports.Oversight = Oversight(connection)
        self.numbers: ports.Numbers = Numbers(connection)
        self.incidents: ports.Incidents = Incidents(connection)
        self.idempotency: ports.Idempotency = Idempotency(connection)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transaction.__exit__(kind, error, trace)

    def commit(self) -> None:
        """Make everything written so far last; nothing may follow in this unit of work.

        Raises :class:`engine.errors.Unconfirmed` when the connection broke on the way: to repeat the act under its
        Idempotency-Key is then the one way to be sure.
        """
        self._list_in_organisations()
        try:
            self._connection.commit()
        except DBAPIError as error:
            if is_lost(error):
                # the server may have committed and died before it could say so
                raise Unconfirmed from error
            raise

    def _list_in_organisations(self) -> None:
        # a case is in the lists of its owner, who was written with the case, and of everybody who had a task in it
        owners = self._cases.entered
        rows = []
        for case_no, org in sorted(owners | self._tasks.entered):
            case = self._cases.known(case_no)
            if case is not None and ((case_no, org) in owners or org != case.owner_org):
                rows.append({"case_no": case_no, "org": org, "submitted_at": case.submitted_at})
        if rows:
            self._connection.execute(insert_unless_there(self._connection, case_orgs), rows)


def unit_of_work(database: Database) -> Callable[[], UnitOfWork]:
    """A factory of units of work on ``database``."""
    return lambda: UnitOfWork(database)
