"""Keyset paging: a page starts after the last row of the one before, wherever that row has got to meanwhile.

Pages neither repeat nor miss rows that stay where they are, and the last page costs no more than the first.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Column, ColumnElement, Select, literal, select, tuple_, union

from engine.errors import InvalidValue
from storage.types import storable

MAX_LIMIT = 200
#: SQLite compounds at most 500 selects
MAX_WALKS = 100

Key = tuple[Any, ...]


def clamp(limit: int) -> int:
    """``limit`` within 1 … :data:`MAX_LIMIT`."""
    return max(1, min(limit, MAX_LIMIT))


def cursor_of(key: Key) -> str:
    """An opaque text for the key of a page's last row."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def key_of(cursor: str | None, *types: type) -> Key | None:
    """The key that :func:`cursor_of` was given, each part of the type named; None for the first page.

    Raises :class:`engine.errors.InvalidValue` for anything else.
    """
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(_part(part, kind) for part, kind in zip(parts, types, strict=True))
    except (ValueError, TypeError, binascii.Error, UnicodeError) as error:
        raise InvalidValue("翻页位置不正确，请从第一页重新查看。", place="cursor") from error


def _part(part: Any, kind: type) -> Any:
    value = datetime.fromisoformat(part) if kind is datetime else part
    if not isinstance(value, kind) or (isinstance(value, datetime) and value.tzinfo is None):
        raise ValueError(part)
    return storable(value) if isinstance(value, str) else value


def after(columns: Sequence[Column[Any]], key: Key | None, *, descending: bool = False) -> list[ColumnElement[bool]]:
    """The condition under which a row comes after ``key`` in the order of ``columns``."""
    if key is None:
        return []
    row = tuple_(*columns)
    bound = tuple_(*(literal(part, column.type) for part, column in zip(key, columns, strict=True)))
    return [row < bound if descending else row > bound]


def ordered(columns: Sequence[ColumnElement[Any]], *, descending: bool = False) -> list[ColumnElement[Any]]:
    """The ORDER BY that goes with :func:`after`."""
    return [column.desc() if descending else column.asc() for column in columns]


def merged(
    branch: Callable[[ColumnElement[bool]], Select[Any]],
    column: Column[Any],
    values: Sequence[str],
    order: Sequence[Column[Any]],
    limit: int,
    *,
    descending: bool = False,
) -> Select[Any]:
    """The first ``limit`` rows in ``order`` whose ``column`` has one of ``values``, equal rows once.

    Each value is one walk along an index that starts with ``column`` and goes on in ``order``, stopped after ``limit``
    rows; with ``IN`` both databases would fetch and sort every row of every value instead.
    """
    sorting = ordered(order, descending=descending)
    if len(values) == 1:
        return branch(column == values[0]).order_by(*sorting).limit(limit)
    if len(values) > MAX_WALKS:
        rows = branch(column.in_(values)).distinct().subquery()
    else:
        walks = (branch(column == value).order_by(*sorting).limit(limit) for value in values)
        # SQLite takes LIMIT inside a compound only in a sub-select
        rows = union(*(select(walk.subquery()) for walk in walks)).subquery()
    return select(rows).order_by(*ordered([rows.c[part.name] for part in order], descending=descending)).limit(limit)
