"""Alembic migrations, run from code: ``migrate(database)`` needs no alembic.ini.

A new revision is made against a migrated database::

    >>> draft(connect("sqlite:///var/yichuang.sqlite3"), "what changes")

and then edited by hand: what autogenerate writes is a draft.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database

#: key of the advisory lock that lets one process migrate at a time
_LOCK = 0x1C57_A62E


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up to ``revision``, in one transaction; a second process waits and finds nothing to do."""
    with database.writing() as connection:
        _lock(connection)
        command.upgrade(_config(connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the schema back to ``revision`` (``base``: empty), in one transaction.  Data of what is dropped is lost."""
    with database.writing() as connection:
        _lock(connection)
        command.downgrade(_config(connection), revision)


def draft(database: Database, message: str) -> None:
    """Write a revision file with what the tables have and the database has not."""
    with database.writing() as connection:
        command.revision(_config(connection), message, autogenerate=True)


def revision(database: Database) -> str | None:
    """The revision the database is at, None when it was never migrated."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision that this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic reads % in options as interpolation
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _lock(connection: Connection) -> None:
    # on SQLite the transaction holds the only write lock already
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
