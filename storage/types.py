"""Column types that behave the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator

from engine.errors import InvalidValue


class Unstorable(InvalidValue, DontWrapMixin):
    """填写的内容不能保存。"""


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC to the microsecond.

    PostgreSQL keeps it as ``timestamptz``, SQLite as ISO text that sorts by time.  A naive one is a programming error.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored datetime must be aware: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON kept as the text it was written as: PostgreSQL's ``jsonb`` would lose the order of keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


class Word(TypeDecorator[StrEnum]):
    """A member of a StrEnum, kept as its value."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class Typed(TypeDecorator[str]):
    """Text that a person typed.

    NUL and lone surrogates are refused as :class:`engine.errors.InvalidValue` on both databases; left to themselves,
    the one would store them and the other would fail.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


#: engine state and file contents
Bytes = LargeBinary


def storable(text: str) -> str:
    """``text`` itself; raises :class:`Unstorable` when a database could not keep it."""
    if "\x00" in text:
        raise Unstorable("填写的内容含有不能保存的字符（空字符）。")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unstorable("填写的内容含有不能保存的字符。") from error
    return text


def dumps(value: Any) -> str:
    """JSON text of ``value``, keys in their order; raises :class:`Unstorable` for what JSON cannot hold."""
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError as error:
        raise Unstorable(f"填写的内容不能保存：{error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        # digit for digit, not by way of a float
        return orjson.Fragment(str(value))
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
