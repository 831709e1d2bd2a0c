"""The organisation tree."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock

from sqlalchemy import select

from engine.records import Organisation
from storage.database import Database
from storage.rows import ORGANISATION
from storage.statements import upsert
from storage.tables import organisations

#: seconds after which a change made by another process is seen
MAX_AGE = 10.0


class Directory:
    """:class:`engine.ports.Directory`.

    The tree is small, is asked for in every act and hardly ever changes: it is kept in memory.  A change made through
    :meth:`put` is seen at once in this process, one made elsewhere within :data:`MAX_AGE` seconds; an organisation that
    memory does not know is always looked up.
    """

    def __init__(self, database: Database, timer: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._timer = timer
        self._lock = Lock()
        self._tree: Mapping[str, Organisation] = {}
        self._read_at = float("-inf")

    def organisation(self, code: str) -> Organisation | None:
        """The organisation with this code, None when there is none."""
        return self.all().get(code) or self._read().get(code)

    def all(self) -> Mapping[str, Organisation]:
        """Every organisation by code, in the order of codes."""
        with self._lock:
            tree, age = self._tree, self._timer() - self._read_at
        return tree if age < MAX_AGE else self._read()

    def put(self, organisation: Organisation) -> None:
        """Store an organisation, or what changed of it."""
        with self._database.writing() as connection:
            connection.execute(upsert(connection, organisations), ORGANISATION.values(organisation))
        self._read()

    def _read(self) -> Mapping[str, Organisation]:
        # reading inside the lock: an older answer must not overwrite a newer one
        with self._lock, self._database.reading() as connection:
            rows = connection.execute(select(*ORGANISATION.columns).order_by(organisations.c.code))
            self._tree = {row.code: ORGANISATION.read(row) for row in rows}
            self._read_at = self._timer()
            return self._tree
