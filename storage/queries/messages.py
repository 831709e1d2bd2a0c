"""The messages that an account sees in its list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from engine.records import MessageRecord
from engine.views import Page
from storage.database import Database
from storage.queries.paging import after, clamp, cursor_of, key_of, merged
from storage.rows import MESSAGE
from storage.tables import outbox

_NEWEST = (outbox.c.created_at, outbox.c.message_id)


class Messages:
    """:class:`engine.views.Messages`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, readers: frozenset[str], limit: int = 20, cursor: str | None = None) -> Page[MessageRecord]:
        """Messages to these accounts and groups, newest first.  Raises InvalidValue for a forged cursor."""
        limit = clamp(limit)
        if not readers:
            return Page([])
        with self._database.reading() as connection:
            rows = connection.execute(page_statement(readers, limit + 1, cursor)).all()
        found = [MESSAGE.read(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(found)
        return Page(found, cursor_of((found[-1].created_at, found[-1].message_id)))


def page_statement(readers: frozenset[str], limit: int, cursor: str | None = None) -> Select[Any]:
    """The statement for ``limit`` messages."""
    later = after(_NEWEST, key_of(cursor, datetime, str), descending=True)
    return merged(
        lambda of_reader: select(*MESSAGE.columns).where(of_reader, *later),
        outbox.c.reader,
        sorted(readers),
        _NEWEST,
        limit,
        descending=True,
    )
