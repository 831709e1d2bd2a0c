"""Alembic's entry: runs the revisions on the connection that :mod:`storage.migrations` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from storage.tables import metadata


def _plain_types(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    # a revision names the database's types, not ours: it must still run when storage.types has moved on
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_item=_plain_types)
context.run_migrations()
