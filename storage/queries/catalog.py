"""The catalog of items in force, and the versions behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine.views import ItemRow, VersionRow
from storage.database import Database
from storage.rows import AnyRow, Rows, searchable
from storage.tables import cases, items, versions
from storage.types import storable

_ITEM = Rows(ItemRow, versions)
_IN_FORCE = and_(items.c.key == versions.c.key, items.c.version == versions.c.version)


class CatalogQueries:
    """:class:`engine.views.CatalogQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, text: str | None = None, audience: str | None = None) -> Sequence[ItemRow]:
        """Items in force, by name; ``text`` is searched in name, code and agency."""
        statement = select(*_ITEM.columns).join(items, _IN_FORCE)
        if text and text.strip():
            statement = statement.where(versions.c.search.contains(searchable(storable(text.strip())), autoescape=True))
        with self._database.reading() as connection:
            found = [_item_of(row) for row in connection.execute(statement)]
        wanted = (item for item in found if audience is None or audience in item.audience)
        return sorted(wanted, key=lambda item: (item.name, item.key))

    def item(self, key_or_code: str) -> ItemRow | None:
        """The item in force with this key or published code; a key goes before a code."""
        of_name = or_(versions.c.key == key_or_code, versions.c.code == key_or_code)
        statement = select(*_ITEM.columns).join(items, _IN_FORCE).where(of_name)
        with self._database.reading() as connection:
            found = [_item_of(row) for row in connection.execute(statement)]
        return min(found, key=lambda item: (item.key != key_or_code, item.key), default=None)

    def versions(self, key: str | None = None) -> Sequence[VersionRow]:
        """Newest first, of one definition or of all."""
        conditions = [versions.c.key == key] if key is not None else []
        with self._database.reading() as connection:
            rows = connection.execute(versions_statement(*conditions))
            return [VersionRow(*row) for row in rows]


def versions_statement(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Rows of :class:`engine.views.VersionRow`, newest first."""
    running = (
        select(func.count())
        .select_from(cases)
        .where(cases.c.definition_id == versions.c.definition_id, cases.c.concluded_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            versions.c.key,
            versions.c.version,
            versions.c.definition_id,
            versions.c.name,
            versions.c.published_at,
            versions.c.published_by,
            versions.c.note,
            items.c.version.is_not(None).label("in_force"),
            running.label("running_cases"),
        )
        .outerjoin(items, _IN_FORCE)
        .where(*conditions)
        .order_by(versions.c.published_at.desc(), versions.c.key, versions.c.version.desc())
    )


def _item_of(row: AnyRow) -> ItemRow:
    values = dict(zip(_ITEM.names, row, strict=True))
    return ItemRow(**values | {"audience": tuple(values["audience"])})
