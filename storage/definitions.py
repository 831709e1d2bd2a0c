"""The store of published packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, bindparam, func, select, text, tuple_

from engine.views import PublishedPackage, VersionRow
from storage.database import Database
from storage.queries.catalog import versions_statement
from storage.rows import searchable
from storage.statements import insert_unless_there, upsert
from storage.tables import contents, definition_files, items, versions

_FILES = (
    select(definition_files.c.path, contents.c.content)
    .join(contents, contents.c.sha256 == definition_files.c.sha256)
    .where(definition_files.c.definition_id == bindparam("key"))
    .order_by(definition_files.c.path)
)
_CURRENT = select(items.c.definition_id).where(items.c.key == bindparam("key"))
_VERSION = (
    select(versions.c.key, versions.c.version)
    .where(versions.c.definition_id == bindparam("key"))
    .order_by(versions.c.version.desc())
    .limit(1)
)
_LAST_VERSION = select(func.max(versions.c.version)).where(versions.c.key == bindparam("key"))


class DefinitionStore:
    """:class:`engine.views.DefinitionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def files(self, definition_id: str) -> Mapping[str, bytes] | None:
        """Relative path → content of everything the version is made of."""
        with self._database.reading() as connection:
            files = {path: bytes(content) for path, content in connection.execute(_FILES, {"key": definition_id})}
        return files or None

    def current(self, key: str) -> str | None:
        """Content hash of the version in force."""
        with self._database.reading() as connection:
            return connection.scalar(_CURRENT, {"key": key})

    def version(self, definition_id: str) -> tuple[str, int] | None:
        """``(key, version number)``; the newest number of a content that was published more than once."""
        with self._database.reading() as connection:
            row = connection.execute(_VERSION, {"key": definition_id}).first()
        return (row.key, row.version) if row is not None else None

    def publish(
        self, packages: Sequence[PublishedPackage], *, by: str, note: str, at: datetime
    ) -> Sequence[VersionRow]:
        """Store all packages or none, in one transaction; one whose content is in force already is left as it is.

        Returns the versions then in force, in the order of ``packages``.
        """
        with self._database.writing() as connection:
            _lock(connection)
            for package in packages:
                if connection.scalar(_CURRENT, {"key": package.row.key}) != package.definition_id:
                    _store_files(connection, package)
                    _put_in_force(connection, package, by, note, at)
            return _in_force(connection, [package.row.key for package in packages])


def _lock(connection: Connection) -> None:
    # two publications at once would give the same version number; readers are not held up
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE items IN SHARE ROW EXCLUSIVE MODE"))


def _store_files(connection: Connection, package: PublishedPackage) -> None:
    hashes = {path: sha256(content).hexdigest() for path, content in package.files.items()}
    if not hashes:
        raise ValueError(f"an empty package cannot be published: {package.row.key}")
    connection.execute(
        insert_unless_there(connection, contents),
        [{"sha256": hashes[path], "content": content} for path, content in package.files.items()],
    )
    connection.execute(
        insert_unless_there(connection, definition_files),
        [{"definition_id": package.definition_id, "path": path, "sha256": digest} for path, digest in hashes.items()],
    )


def _put_in_force(connection: Connection, package: PublishedPackage, by: str, note: str, at: datetime) -> None:
    row = package.row
    version = (connection.scalar(_LAST_VERSION, {"key": row.key}) or 0) + 1
    values = asdict(row) | {
        "definition_id": package.definition_id,
        "version": version,
        "search": searchable(row.name, row.code, row.agency),
        "published_at": at,
        "published_by": by,
        "note": note,
    }
    connection.execute(versions.insert(), values)
    in_force = {"key": row.key, "version": version, "definition_id": package.definition_id}
    connection.execute(upsert(connection, items), in_force)


def _in_force(connection: Connection, keys: Sequence[str]) -> Sequence[VersionRow]:
    in_force = select(items.c.key, items.c.version).where(items.c.key.in_(keys))
    rows = connection.execute(versions_statement(tuple_(versions.c.key, versions.c.version).in_(in_force)))
    by_key = {row.key: VersionRow(*row) for row in rows}
    return [by_key[key] for key in keys]
