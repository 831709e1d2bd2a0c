"""The service guide of an item: ``item.yaml`` (see ``docs/packages.md``).

Facts are as published.  None means that the source leaves the field empty; nothing is invented in its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from engine import elements, records
from engine.elements import Unit
from processes.forms import MAX_UPLOAD_MB, read_accept
from processes.reading import Reading, Table, open_table


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes of the national catalog: 基本编码, 实施编码, 业务办理项编码."""

    base: str | None
    implementation: str | None
    business: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Span:
    """A limit as published, with what the source says about it."""

    value: int
    unit: Unit
    note: str | None = None

    @property
    def limit(self) -> elements.Limit:
        """As the engine counts it."""
        return elements.Limit(self.value, self.unit)

    @property
    def words(self) -> str:
        return limit_text(self)


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis: law, document number, article."""

    law: str
    number: str | None
    article: str | None

    @property
    def words(self) -> str:
        """《固定资产投资项目节能审查办法》（国家发展改革委令第2号）第三条"""
        law = self.law if self.law.startswith("《") or "》" in self.law else f"《{self.law}》"
        number = self.number.strip("()（）") if self.number else None
        return f"{law}{f'（{number}）' if number else ''}{self.article or ''}"


@dataclass(frozen=True, slots=True)
class Upload:
    """How a material is handed in online."""

    accept: tuple[str, ...]
    max_mb: int


#: words for Material.required
REQUIRED = {"always": "必要", "conditional": "符合条件时必要", "optional": "非必要"}


@dataclass(frozen=True, slots=True)
class Material:
    """One material to be handed in."""

    id: str
    name: str
    #: ``always`` ``conditional`` ``optional``
    required: str | None
    originals: int | None
    copies: int | None
    source: str | None
    form: str | None
    #: the source publishes a blank form
    template: bool | None
    basis: str | None
    sign: str | None
    accept_standard: str | None
    note: str | None
    #: None: not handed in online
    upload: Upload | None

    @property
    def required_words(self) -> str | None:
        return REQUIRED.get(self.required) if self.required else None


@dataclass(frozen=True, slots=True)
class Charge:
    """One row of the fee table."""

    name: str
    amount: str


@dataclass(frozen=True, slots=True)
class Fees:
    """Whether and what is charged."""

    charged: bool
    rows: tuple[Charge, ...] = ()
    note: str | None = None

    @property
    def words(self) -> str:
        """不收费 or 住宅类 80元/件；非住宅类 550元/件"""
        if not self.charged:
            return "不收费"
        return "；".join(f"{row.name} {row.amount}" for row in self.rows) or "收费"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the procedure as published."""

    name: str
    #: a span, or words such as 当场
    limit: Span | str | None
    role: str | None
    standard: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Special:
    """A special procedure (特别程序) as published."""

    name: str | None
    limit: Span | str | None
    #: whether its time counts towards the promise
    counts: bool | None
    agency: str | None
    basis: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Remedies:
    """Where to complain and how to contest a decision."""

    phone: str | None
    review: str | None
    litigation: str | None

    @property
    def sentences(self) -> tuple[str, ...]:
        """Review and litigation, for notices."""
        return tuple(f"{text.rstrip('。；')}。" for text in (self.review, self.litigation) if text)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the facts come from."""

    title: str
    url: str | None
    completeness: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A service item, as its guide tells it.  Lists are None where the source has none."""

    key: str
    #: organisation that handles it in this installation
    owner: str
    name: str
    codes: Codes
    type: str | None
    agency: str | None
    kind: str | None
    statutory: Span | None
    promised: Span | None
    level: str | None
    audience: tuple[str, ...] | None
    bases: tuple[Basis, ...] | None
    conditions: tuple[str, ...] | None
    materials: tuple[Material, ...] | None
    fees: Fees | None
    steps: tuple[Step, ...] | None
    special: tuple[Special, ...] | None
    result: str | None
    address: str | None
    hours: str | None
    contact: str | None
    remedies: Remedies | None
    #: the next six as published, of any shape: texts, numbers, lists (tuples), mappings
    joint: Any
    agent: Any
    conditional_acceptance: Any
    commitment: Any
    members: Any
    publicity: Any
    source: Source

    def material(self, id: str) -> Material | None:
        """The material with this id."""
        return next((m for m in self.materials or () if m.id == id), None)

    @property
    def bases_words(self) -> tuple[str, ...]:
        """The legal bases in words."""
        return tuple(basis.words for basis in self.bases or ())

    def facts(self) -> records.ItemFacts:
        """What the engine needs of it."""
        return records.ItemFacts(
            key=self.key,
            code=self.codes.implementation,
            name=self.name,
            type=self.type,
            kind=self.kind,
            owner_org=self.owner,
            promised=self.promised.limit if self.promised else None,
            statutory=self.statutory.limit if self.statutory else None,
            materials={m.id: m.name for m in self.materials or ()},
            remedies=self.remedies.sentences if self.remedies else (),
            bases=self.bases_words,
            result_name=self.result,
        )


_UNIT_WORDS = {Unit.WORKDAY: "个工作日", Unit.DAY: "日", Unit.WORKHOUR: "个工作小时", Unit.HOUR: "小时"}


def limit_text(limit: Span | elements.Limit) -> str:
    """A limit in words: 5个工作日, 7日, 4个工作小时, 24小时."""
    return f"{limit.value}{_UNIT_WORDS[limit.unit]}"


KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
MATERIAL_ID = re.compile(r"[a-z][a-z0-9_]{0,49}")
MAX_VALUE = 9999


def _names(record: type[Any]) -> frozenset[str]:
    """The keys of a mapping are the fields of its record."""
    return frozenset(field.name for field in fields(record))


def read_item(content: bytes, name: str = "item.yaml") -> Item:
    """The guide in ``content``.

    Raises :class:`engine.errors.InvalidDefinition` whose ``problems`` name every unknown, missing or mistyped key
    with its line.
    """
    reading = Reading(name, "item")
    top = open_table(content, reading, _names(Item))
    top.require_all()
    item = Item(
        key=_key(top),
        owner=top.text("owner", limit=50),
        name=top.text("name", limit=200),
        codes=_codes(top),
        type=top.text_or_none("type"),
        agency=top.text_or_none("agency"),
        kind=top.text_or_none("kind"),
        statutory=_span(top, "statutory"),
        promised=_span(top, "promised"),
        level=top.text_or_none("level"),
        audience=top.texts("audience"),
        bases=_bases(top),
        conditions=top.texts("conditions"),
        materials=_materials(top),
        fees=_fees(top),
        steps=_steps(top),
        special=_special(top),
        result=top.text_or_none("result"),
        address=top.text_or_none("address"),
        hours=top.text_or_none("hours"),
        contact=top.text_or_none("contact"),
        remedies=_remedies(top),
        joint=top.data("joint"),
        agent=top.data("agent"),
        conditional_acceptance=top.data("conditional_acceptance"),
        commitment=top.data("commitment"),
        members=top.data("members"),
        publicity=top.data("publicity"),
        source=_source(top),
    )
    reading.refuse()
    return item


def _key(top: Table) -> str:
    key = top.text("key", limit=80)
    if key and not KEY.fullmatch(key):
        top.report("key", "key应为“机构-事项”，只含小写字母、数字和连字符，如 lingshan-energy-review")
    return key


def _codes(top: Table) -> Codes:
    table = top.table("codes", _names(Codes))
    if table is None:
        top.report("codes", "“codes”必须填写，来源没有的编码写null")
        return Codes(None, None, None, None)
    table.require_all()
    base, implementation, business = (table.text_or_none(k, limit=60) for k in ("base", "implementation", "business"))
    return Codes(base, implementation, business, table.integer("version", 1, MAX_VALUE))


def _span(top: Table, key: str) -> Span | None:
    table = top.table(key, _names(Span))
    if table is None:
        return None
    value = table.integer("value", 1, MAX_VALUE)
    if value is None and not table.has("value"):
        table.report("value", "“value”必须填写")
    unit = table.choice("unit", frozenset(Unit))
    return Span(value, Unit(unit), table.text_or_none("note")) if value and unit else None


def _span_or_words(table: Table, key: str) -> Span | str | None:
    return table.text_or_none(key) if table.is_text(key) else _span(table, key)


def _bases(top: Table) -> tuple[Basis, ...] | None:
    rows = top.tables("bases", _names(Basis))
    if rows is None:
        return None
    for row in rows:
        row.require_all()
    return tuple(Basis(row.text("law"), row.text_or_none("number"), row.text_or_none("article")) for row in rows)


def _materials(top: Table) -> tuple[Material, ...] | None:
    rows = top.tables("materials", _names(Material))
    if rows is None:
        return None
    seen: set[str] = set()
    return tuple(_material(row, seen) for row in rows)


def _material(row: Table, seen: set[str]) -> Material:
    row.require_all()
    id = row.text("id")
    if id and not MATERIAL_ID.fullmatch(id):
        row.report("id", "材料的id应以小写字母开头，只含小写字母、数字和下划线")
    elif id in seen:
        row.report("id", f"材料“{id}”重复")
    seen.add(id)
    return Material(
        id=id,
        name=row.text("name", limit=500),
        required=row.choice("required", frozenset(REQUIRED)) if row.has("required") else None,
        originals=row.integer("originals", 0, MAX_VALUE),
        copies=row.integer("copies", 0, MAX_VALUE),
        source=row.text_or_none("source"),
        form=row.text_or_none("form"),
        template=row.boolean_or_none("template"),
        basis=row.text_or_none("basis"),
        sign=row.text_or_none("sign"),
        accept_standard=row.text_or_none("accept_standard"),
        note=row.text_or_none("note"),
        upload=_upload(row),
    )


def _upload(row: Table) -> Upload | None:
    table = row.table("upload", _names(Upload))
    if table is None:
        return None
    accept, max_mb = read_accept(table), table.integer("max_mb", 1, MAX_UPLOAD_MB)
    if not accept:
        table.report("accept", "“accept”至少要有一种文件扩展名")
    if max_mb is None and not table.has("max_mb"):
        table.report("max_mb", "“max_mb”必须填写")
    return Upload(accept, max_mb or 1)


def _fees(top: Table) -> Fees | None:
    table = top.table("fees", _names(Fees))
    if table is None:
        return None
    table.require("charged")
    charged = table.boolean("charged")
    rows = table.tables("rows", _names(Charge)) or ()
    if rows and not charged:
        table.report("rows", "不收费的事项不应有收费项目")
    charges = tuple(Charge(row.text("name"), row.text("amount")) for row in rows)
    return Fees(charged, charges, table.text_or_none("note"))


def _steps(top: Table) -> tuple[Step, ...] | None:
    rows = top.tables("steps", _names(Step))
    if rows is None:
        return None
    for row in rows:
        row.require_all()
    return tuple(
        Step(
            row.text("name"),
            _span_or_words(row, "limit"),
            row.text_or_none("role"),
            row.text_or_none("standard"),
            row.text_or_none("result"),
        )
        for row in rows
    )


def _special(top: Table) -> tuple[Special, ...] | None:
    rows = top.tables("special", _names(Special))
    if rows is None:
        return None
    for row in rows:
        row.require_all()
    return tuple(
        Special(
            row.text_or_none("name"),
            _span_or_words(row, "limit"),
            row.boolean_or_none("counts"),
            row.text_or_none("agency"),
            row.text_or_none("basis"),
            row.text_or_none("note"),
        )
        for row in rows
    )


def _remedies(top: Table) -> Remedies | None:
    table = top.table("remedies", _names(Remedies))
    if table is None:
        return None
    table.require_all()
    return Remedies(table.text_or_none("phone"), table.text_or_none("review"), table.text_or_none("litigation"))


def _source(top: Table) -> Source:
    table = top.table("source", _names(Source))
    if table is None:
        top.report("source", "“source”必须填写：事实从哪里来")
        return Source("", None, None)
    table.require_all()
    return Source(table.text("title"), table.text_or_none("url"), table.text_or_none("completeness"))
