"""Forms: what start event and user tasks ask for, read from ``forms/*.yaml`` (see ``docs/packages.md``)."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Literal

import re2

from engine.expressions import RESERVED
from processes.reading import Reading, Table, open_table

#: a bound of a date field: a fixed day, or the day on which the form is filled in
Day = date | Literal["today"]


class FieldType(StrEnum):
    """What a field asks for."""

    TEXT = "text"
    TEXTAREA = "textarea"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    RADIO = "radio"
    SELECT = "select"
    CHECKBOXES = "checkboxes"
    CHECKBOX = "checkbox"
    REVIEW = "review"
    MATERIALS = "materials"
    UPLOADS = "uploads"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a radio, select or checkboxes field."""

    value: str
    label: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class ShowIf:
    """A field is asked only while another field has this value (of a checkboxes field: contains it)."""

    field: str
    equals: str | bool

    def holds(self, values: Mapping[str, Any]) -> bool:
        """True when the field is to be shown beside ``values``."""
        value = values.get(self.field)
        return self.equals in value if isinstance(value, (list, tuple)) else bool(value == self.equals)


@dataclass(frozen=True, slots=True)
class Field:
    """One question."""

    key: str
    type: FieldType
    label: str
    hint: str | None = None
    #: how the filled-in sample (填写样例) fills this field, as it would be typed; an option's value for a choice
    sample: str | None = None
    required: bool = False
    #: the value goes into engine data as ``<node id>.<key>``
    route: bool = False
    show_if: ShowIf | None = None
    min_length: int | None = None
    max_length: int | None = None
    #: RE2 syntax, matches the whole value; see :meth:`matches`
    pattern: str | None = None
    pattern_message: str | None = None
    #: ``cn_id`` ``credit_code`` ``mobile``
    check: str | None = None
    #: of numbers a Decimal, of dates a day
    min: Decimal | Day | None = None
    max: Decimal | Day | None = None
    unit: str | None = None
    #: decimal places allowed
    places: int | None = None
    options: tuple[Option, ...] = ()
    #: file name endings in lower case, with the dot
    accept: tuple[str, ...] = ()
    max_mb: int | None = None

    def matches(self, value: str) -> bool:
        """True when the field has no pattern or the whole value matches it, in time linear in its length."""
        return self.pattern is None or _compiled(self.pattern).fullmatch(value) is not None

    def option(self, value: str) -> Option | None:
        """The option with this value."""
        return next((o for o in self.options if o.value == value), None)


@dataclass(frozen=True, slots=True)
class Section:
    """A group of questions: one page of an application."""

    title: str
    hint: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A form as drawn up by the analyst."""

    #: file name without its ending; what ``yc:form ref`` names
    ref: str
    title: str
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, in order."""
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def routes(self) -> frozenset[str]:
        """Keys of the fields that enter engine data."""
        return frozenset(field.key for field in self.fields if field.route)

    def field(self, key: str) -> Field | None:
        """The field with this key."""
        return next((field for field in self.fields if field.key == key), None)


CHECKS = frozenset({"cn_id", "credit_code", "mobile"})
KEY = re.compile(r"[a-z][a-z0-9_]{0,49}")
ACCEPT = re.compile(r"\.[a-z0-9]{1,8}")
MAX_UPLOAD_MB = 200

#: keys a field may not have: the first breaks the engine's state, the second is the task's own in conditions
REFUSED_KEYS = frozenset({"typename", "outcome"})

_COMMON = frozenset({"key", "type", "label", "hint", "sample", "required", "route", "show_if"})
_TEXT_KEYS = frozenset({"min_length", "max_length", "pattern", "pattern_message", "check"})
_NUMBER_KEYS = frozenset({"min", "max", "unit", "places"})
_CHOICE = frozenset({FieldType.RADIO, FieldType.SELECT, FieldType.CHECKBOXES})
#: fields of these types can show how a sample fills them in
_SAMPLED = _CHOICE - {FieldType.CHECKBOXES} | {
    FieldType.TEXT,
    FieldType.TEXTAREA,
    FieldType.DECIMAL,
    FieldType.INTEGER,
    FieldType.DATE,
}
_OWN: Mapping[FieldType, frozenset[str]] = {
    FieldType.TEXT: _TEXT_KEYS,
    FieldType.TEXTAREA: _TEXT_KEYS,
    FieldType.DECIMAL: _NUMBER_KEYS,
    FieldType.INTEGER: _NUMBER_KEYS - {"places"},
    FieldType.DATE: frozenset({"min", "max"}),
    FieldType.FILE: frozenset({"accept", "max_mb"}),
    **{kind: frozenset({"options"}) for kind in _CHOICE},
}
_ALL_KEYS = _COMMON.union(*_OWN.values())
#: long texts, files and lists of materials have no place in engine data
_UNROUTABLE = frozenset({FieldType.TEXTAREA, FieldType.MATERIALS, FieldType.UPLOADS, FieldType.FILE})


def read_form(content: bytes, name: str) -> Form:
    """The form in ``content``; ``name`` is its path, such as ``forms/apply.yaml``.

    Raises :class:`engine.errors.InvalidDefinition` whose ``problems`` name every mistake with line and key.
    """
    reading = Reading(name, "form")
    top = open_table(content, reading, frozenset({"title", "sections"}))
    sections = top.tables("sections", frozenset({"title", "hint", "fields"}))
    if not sections and top.has("sections"):
        top.report("sections", "“sections”至少要有一节")
    top.require("sections")
    seen: dict[str, Field] = {}
    form = Form(
        ref=PurePosixPath(name).stem,
        title=top.text("title", limit=100),
        sections=tuple(_section(table, seen) for table in sections or ()),
    )
    reading.refuse()
    return form


def _section(table: Table, seen: dict[str, Field]) -> Section:
    table.require("fields")
    rows = table.tables("fields", _ALL_KEYS)
    if not rows and table.has("fields"):
        table.report("fields", "“fields”至少要有一项")
    fields = []
    for row in rows or ():
        field = _field(row, seen)
        if field is not None:
            seen[field.key] = field
            fields.append(field)
    return Section(table.text("title", limit=100), table.text_or_none("hint"), tuple(fields))


def _field(table: Table, seen: Mapping[str, Field]) -> Field | None:
    kind = table.choice("type", frozenset(FieldType))
    key = _key(table, seen)
    label = table.text("label", limit=200)
    if not kind or not key:
        return None
    type_ = FieldType(kind)
    for name in table:
        if name in _ALL_KEYS and name not in _COMMON | _OWN.get(type_, frozenset()):
            table.report(name, f"{kind} 类型的字段没有“{name}”")
    if type_ in _UNROUTABLE and table.boolean("route"):
        table.report("route", f"{kind} 类型的字段不能进入流程数据")
    if type_ not in _SAMPLED and table.has("sample"):
        table.report("sample", f"{kind} 类型的字段没有样例")
    low, high = _bounds(table, type_)
    shortest, longest = _lengths(table)
    pattern = _pattern(table)
    return Field(
        key=key,
        type=type_,
        label=label,
        hint=table.text_or_none("hint"),
        sample=table.text_or_none("sample", limit=2000),
        required=table.boolean("required"),
        route=table.boolean("route"),
        show_if=_show_if(table, seen),
        min_length=shortest,
        max_length=longest,
        pattern=pattern,
        pattern_message=table.text_or_none("pattern_message"),
        check=table.choice("check", CHECKS) or None if table.has("check") else None,
        min=low,
        max=high,
        unit=table.text_or_none("unit", limit=20),
        places=table.integer("places", 0, 10),
        options=_options(table) if type_ in _CHOICE else (),
        accept=read_accept(table),
        max_mb=table.integer("max_mb", 1, MAX_UPLOAD_MB),
    )


def _key(table: Table, seen: Mapping[str, Field]) -> str:
    key = table.text("key")
    if not key:
        return ""
    if key in REFUSED_KEYS or keyword.iskeyword(key):
        table.report("key", f"字段不能叫“{key}”，这个名字系统已占用")
    elif not KEY.fullmatch(key):
        table.report("key", "字段的key应以小写字母开头，只含小写字母、数字和下划线，不超过50个字符")
    elif key in seen:
        table.report("key", f"字段“{key}”重复")
    elif key in RESERVED and table.boolean("route"):
        table.report("key", f"进入流程数据的字段不能叫“{key}”，条件里读不到")
    else:
        return key
    return ""


def _lengths(table: Table) -> tuple[int | None, int | None]:
    shortest, longest = table.integer("min_length", 0, 100_000), table.integer("max_length", 1, 100_000)
    if shortest is not None and longest is not None and shortest > longest:
        table.report("min_length", "min_length 不能大于 max_length")
    return shortest, longest


def _bounds(table: Table, kind: FieldType) -> tuple[Decimal | Day | None, Decimal | Day | None]:
    if kind is FieldType.DATE:
        first, last = _day(table, "min"), _day(table, "max")
        if isinstance(first, date) and isinstance(last, date) and first > last:
            table.report("min", "min 不能晚于 max")
        return first, last
    if kind not in (FieldType.DECIMAL, FieldType.INTEGER):
        return None, None
    low, high = table.decimal("min"), table.decimal("max")
    for key, bound in (("min", low), ("max", high)):
        if kind is FieldType.INTEGER and bound is not None and bound != bound.to_integral_value():
            table.report(key, "整数字段的上下限应为整数")
    if low is not None and high is not None and low > high:
        table.report("min", "min 不能大于 max")
    return low, high


def _day(table: Table, key: str) -> Day | None:
    text = table.date_text(key)
    if text is None or text == "today":
        return "today" if text else None
    try:
        return date.fromisoformat(text)
    except ValueError:
        table.report(key, "应为 today 或日期，如 2026-01-31")
        return None


def _options(table: Table) -> tuple[Option, ...]:
    rows = table.tables("options", frozenset({"value", "label", "hint"}))
    if not rows:
        table.report("options" if table.has("options") else None, "“options”至少要有一项")
    found: dict[str, Option] = {}
    for row in rows or ():
        option = Option(row.text("value", limit=100), row.text("label", limit=200), row.text_or_none("hint"))
        if option.value in found:
            row.report("value", f"选项“{option.value}”重复")
        found[option.value] = option
    return tuple(found.values())


def _show_if(table: Table, seen: Mapping[str, Field]) -> ShowIf | None:
    condition = table.table("show_if", frozenset({"field", "equals"}))
    if condition is None:
        return None
    condition.require("equals")
    key = condition.text("field")
    other = seen.get(key)
    if other is None:
        if key:
            condition.report("field", f"show_if 指向的字段“{key}”不在本字段之前")
        return None
    if other.type is FieldType.CHECKBOX:
        return ShowIf(key, condition.boolean("equals"))
    value = condition.text("equals")
    if other.type is FieldType.REVIEW and value not in ("", "ok", "not_ok"):
        condition.report("equals", "审查项只有 ok 和 not_ok")
    if other.type in _CHOICE and value and other.option(value) is None:
        condition.report("equals", f"字段“{key}”没有选项“{value}”")
    return ShowIf(key, value)


def _pattern(table: Table) -> str | None:
    pattern = table.text_or_none("pattern", limit=500)
    if pattern is None:
        return None
    try:
        _compiled(pattern)
    except re2.error:
        table.report("pattern", f"“{pattern}”不是可用的正则表达式（RE2语法，没有回顾和反向引用）")
        return None
    return pattern


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(pattern, options)


def read_accept(table: Table, key: str = "accept") -> tuple[str, ...]:
    """File name endings such as ``.pdf``."""
    endings = table.texts(key) or ()
    for ending in endings:
        if not ACCEPT.fullmatch(ending):
            table.report(key, f"“{ending}”不是文件扩展名，应如 .pdf（小写）")
    return endings
