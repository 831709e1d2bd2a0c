"""Inserts that meet a row that is there already; both databases say it alike, SQLAlchemy has a construct for each."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_CONSTRUCTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_unless_there(connection: Connection, table: Table) -> Any:
    """INSERT that leaves a row alone that has the same primary key; the row count says whether it was new."""
    return _unless_there(connection.dialect.name, table)


def upsert(connection: Connection, table: Table, *, only_if_same: str | None = None) -> Any:
    """INSERT, or UPDATE of the row with the same primary key; with ``only_if_same``, of one with that column equal.

    The row count is 0 when the row that is there has another value in that column.
    """
    return _upsert(connection.dialect.name, table, only_if_same)


@cache
def _unless_there(dialect: str, table: Table) -> Any:
    insert = _CONSTRUCTS[dialect](table)
    return _counted(insert.on_conflict_do_nothing(index_elements=list(table.primary_key.columns)))


@cache
def _upsert(dialect: str, table: Table, only_if_same: str | None) -> Any:
    insert = _CONSTRUCTS[dialect](table)
    keys = list(table.primary_key.columns)
    given = {column.name: insert.excluded[column.name] for column in table.c if column not in keys}
    same = None if only_if_same is None else table.c[only_if_same] == insert.excluded[only_if_same]
    return _counted(insert.on_conflict_do_update(index_elements=keys, set_=given, where=same))


def _counted(statement: Any) -> Any:
    # SQLAlchemy forgets the row count of an INSERT unless it is told to keep it
    return statement.execution_options(preserve_rowcount=True)


@cache
def count_up(dialect: str, table: Table, key: str, counter: str) -> Any:
    """INSERT of a row with its counter at what is given, or one more in the row that is there; returns the counter."""
    insert = _CONSTRUCTS[dialect](table)
    raised = insert.on_conflict_do_update(index_elements=[key], set_={counter: table.c[counter] + 1})
    return raised.returning(table.c[counter])


@cache
def recount(dialect: str, table: Table, counter: str, kept: tuple[str, ...]) -> Any:
    """INSERT, or UPDATE of the row with the same primary key with its counter one more, save the columns ``kept``."""
    insert = _CONSTRUCTS[dialect](table)
    keys = list(table.primary_key.columns)
    given = {c.name: insert.excluded[c.name] for c in table.c if c not in keys and c.name not in kept}
    return insert.on_conflict_do_update(index_elements=keys, set_=given | {counter: table.c[counter] + 1})
