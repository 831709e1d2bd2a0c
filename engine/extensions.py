"""Reading a diagram's XML and the ``yc`` extension elements on its nodes.

The one place that knows how the vocabulary of ``docs/vocabulary.md`` is written down; the process engine and the linter
both read through it, so that nothing passes the one and fails in the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine import expressions
from engine.elements import Assign, ClockMode, ClockRule, Extensions, Limit, Milestone, Notify, Outcome, Unit
from engine.errors import InvalidDefinition, InvalidExpression

#: namespace of the platform's extension elements
YC = "urn:yichuang:bpmn:1"
#: namespace of BPMN 2.0
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

MAX_BYTES = 2 * 1024 * 1024
#: levels of elements; a sub-process four deep with a multi-instance task in it needs about ten
MAX_DEPTH = 64

ACTIVITIES = frozenset({"userTask", "subProcess", "callActivity"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
CATCHING = frozenset({"intermediateCatchEvent", "boundaryEvent"})
#: the event definitions that an event of each kind may have
CARRIED_EVENTS: Mapping[str, frozenset[str]] = {
    "boundaryEvent": frozenset({"timer", "message", "signal", "error", "escalation"}),
    "intermediateCatchEvent": frozenset({"timer", "message", "signal"}),
    "intermediateThrowEvent": frozenset({"signal", "escalation"}),
    "endEvent": frozenset({"terminate", "signal", "error", "escalation"}),
}
#: words that an event may carry only when it waits for this
_ONLY_ON: Mapping[str, tuple[str, str]] = {
    "limit": ("timer", "定时事件"),
    "clock": ("timer", "定时事件"),
    "assign": ("message", "消息事件"),
    "form": ("message", "消息事件"),
}

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# a form or a template is also a file name, so nothing that could climb out of its folder
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_COUNT = re.compile(r"[1-9][0-9]{0,4}")
_SHARE = re.compile(r"0?\.[0-9]{1,6}")
_ROLE = re.compile(r"[^\s:]{1,64}")


class _Wrong(Exception):
    """What is wrong with an extension element, in Chinese, not yet knowing where."""


def read_xml(content: bytes, name: str) -> etree._ElementTree:
    """Parse ``content``, which nobody has checked yet; ``name`` is the file's name for messages.

    Nothing is fetched, no entity is expanded.  Raises :class:`InvalidDefinition` naming file and line when ``content``
    is over 2 MB, is not well-formed XML, has a DOCTYPE, an entity or a processing instruction, or is nested deeper than
    64 levels.
    """
    if len(content) > MAX_BYTES:
        raise _invalid(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，不能读取。", name)
    # libxml2 would put a document without bytes down as an error without a line
    if not content.strip():
        raise _invalid("文件是空的。", f"{name}:1")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser, base_url=name)
    except etree.XMLSyntaxError as error:
        reason = (error.msg or "").partition(", line ")[0]
        raise _invalid(f"不是格式正确的 XML：{reason}", f"{name}:{error.lineno or 1}") from error
    except (ValueError, LookupError) as error:
        raise _invalid(f"不是能读取的 XML：{error}", f"{name}:1") from error
    tree = root.getroottree()
    _refuse_unsafe(tree, content, name)
    return tree


def _refuse_unsafe(tree: etree._ElementTree, content: bytes, name: str) -> None:
    if tree.docinfo.internalDTD is not None:
        before = content.decode(tree.docinfo.encoding or "utf-8", "replace").partition("<!DOCTYPE")[0]
        raise _invalid("文件含有 DOCTYPE 声明，不能接受。", f"{name}:{before.count(chr(10)) + 1}")
    depth = 0
    for event, node in etree.iterwalk(tree, events=("start", "end", "pi")):
        if event == "pi":
            raise _invalid("文件含有处理指令，不能接受。", f"{name}:{node.sourceline}")
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise _invalid(f"元素嵌套超过 {MAX_DEPTH} 层。", f"{name}:{node.sourceline}")


def place_of(element: etree._Element) -> str:
    """Where ``element`` stands: ``file:line element-id``, the file as :func:`read_xml` was told.

    An element without an id of its own is named by the nearest element around it that has one.
    """
    name = element.getroottree().docinfo.URL or "process.bpmn"
    around: etree._Element | None = element
    while around is not None and not around.get("id"):
        around = around.getparent()
    where = f"{name}:{element.sourceline}"
    return where if around is None else f"{where} {around.get('id')}"


def read_extensions(element: etree._Element) -> Extensions:
    """The ``yc`` elements of one flow node.

    Elements of other namespaces are left alone.  Raises :class:`InvalidDefinition` with the place of the first element,
    attribute or value that the vocabulary does not have, that does not belong on this node, or that stands twice.
    """
    found: dict[str, list[Any]] = {}
    _refuse_strays(element)
    for extension in element.iterfind(f"{{{BPMN}}}extensionElements/{{{YC}}}*"):
        key = etree.QName(extension).localname
        try:
            found.setdefault(key, []).append(_read(extension, key, element))
        except _Wrong as wrong:
            raise _invalid(str(wrong), f"{_line(extension)} {element.get('id', '')}".rstrip()) from None
        if len(found[key]) > 1 and not _VOCABULARY[key].repeated:
            raise _invalid(f"yc:{key} 在一个节点上只能有一个。", f"{_line(extension)} {element.get('id', '')}".rstrip())
    codes = [outcome.code for outcome in found.get("outcome", ())]
    if len(set(codes)) != len(codes):
        raise _invalid("yc:outcome 的 code 有重复。", place_of(element))
    return _gather(found)


def _gather(found: Mapping[str, list[Any]]) -> Extensions:
    single = {key: found[key][0] for key in ("limit", "clock", "stage", "milestone", "assign", "form") if key in found}
    return Extensions(
        **single,
        outcomes=tuple(found.get("outcome", ())),
        notices=tuple(found.get("notice", ())),
        notify=tuple(found.get("notify", ())),
    )


def _refuse_strays(element: etree._Element) -> None:
    """Refuse yc words outside the node's extensionElements: they would silently mean nothing."""
    for attribute in element.attrib:
        if etree.QName(attribute).namespace == YC:
            raise _invalid(f"yc 属性不能直接写在节点上：{etree.QName(attribute).localname}。", place_of(element))
    for child in element.iterchildren(tag=etree.Element):
        qname = etree.QName(child)
        if qname.namespace == YC or (
            qname.localname.endswith("Definition") and next(child.iter(f"{{{YC}}}*"), None) is not None
        ):
            raise _invalid(
                "yc 元素只能写在节点自己的 bpmn:extensionElements 里。",
                f"{_line(child)} {element.get('id', '')}".rstrip(),
            )


def _line(element: etree._Element) -> str:
    return place_of(element).partition(" ")[0]


def _invalid(message: str, place: str) -> InvalidDefinition:
    return InvalidDefinition(message, place=place, problems=(f"{place} {message}",))


# -- one reader per element --


@dataclass(frozen=True, slots=True)
class _Word:
    """One element of the vocabulary: who may carry it, its attributes, how it is read."""

    on: frozenset[str]
    attributes: frozenset[str]
    read: Callable[[Mapping[str, str]], Any]
    repeated: bool = False


def _read(extension: etree._Element, key: str, element: etree._Element) -> Any:
    if key in _NOT_CARRIED:
        raise _Wrong(f"yc:{key} 暂不支持。")
    word = _VOCABULARY.get(key)
    if word is None:
        raise _Wrong(f"没有 yc:{key} 这个扩展元素。")
    kind = etree.QName(element).localname
    if kind not in word.on:
        raise _Wrong(f"yc:{key} 不能用在 {kind} 上。")
    if kind in CATCHING and key in _ONLY_ON:
        waits_for, words = _ONLY_ON[key]
        if element.find(f"{{{BPMN}}}{waits_for}EventDefinition") is None:
            raise _Wrong(f"事件上的 yc:{key} 只能用在{words}上。")
    if key == "assign" and kind != "userTask" and {"sameAs", "notSameAs"} & set(map(str, extension.attrib)):
        raise _Wrong("消息事件的 yc:assign 不能有 sameAs 和 notSameAs：它们只对人工任务起作用。")
    unknown = sorted(set(map(str, extension.attrib)) - word.attributes)
    if unknown:
        raise _Wrong(f"yc:{key} 没有属性 {unknown[0]}。")
    if len(extension) or (extension.text or "").strip():
        raise _Wrong(f"yc:{key} 里面不能有内容。")
    return word.read({str(name): str(value) for name, value in extension.attrib.items()})


def _required(key: str, attributes: Mapping[str, str], name: str) -> str:
    value = attributes.get(name, "").strip()
    if not value:
        raise _Wrong(f"yc:{key} 缺少属性 {name}。")
    return value


def _matching(key: str, attributes: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> str:
    value = _required(key, attributes, name)
    if not pattern.fullmatch(value):
        raise _Wrong(f"yc:{key} 的 {name} 不能是“{value[:64]}”。")
    return value


def _one_of(key: str, attributes: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str = "") -> str:
    value = attributes.get(name, default) or _required(key, attributes, name)
    if value not in allowed:
        raise _Wrong(f"yc:{key} 的 {name} 不能是“{value[:64]}”，应为 {'、'.join(allowed)}。")
    return value


def _limit(attributes: Mapping[str, str]) -> Limit:
    value = _matching("limit", attributes, "value", _COUNT)
    unit = _one_of("limit", attributes, "unit", tuple(Unit), Unit.WORKDAY)
    if "warn" not in attributes:
        return Limit(int(value), Unit(unit))
    warn = float(_matching("limit", attributes, "warn", _SHARE))
    if not 0 < warn < 1:
        raise _Wrong("yc:limit 的 warn 应大于 0、小于 1。")
    return Limit(int(value), Unit(unit), warn)


def _clock(attributes: Mapping[str, str]) -> ClockRule:
    mode = _one_of("clock", attributes, "mode", tuple(ClockMode), ClockMode.COUNTS)
    basis = _required("clock", attributes, "basis") if "basis" in attributes else None
    return ClockRule(ClockMode(mode), basis, _one_of("clock", attributes, "party", ("agency", "applicant"), "agency"))


def _stage(attributes: Mapping[str, str]) -> str:
    return _one_of("stage", attributes, "name", ("accept", "review", "decide", "deliver", "special"))


def _milestone(attributes: Mapping[str, str]) -> Milestone:
    name = _one_of("milestone", attributes, "name", ("submitted", "accepted", "decided", "concluded", "delivered"))
    if "result" not in attributes:
        return Milestone(name)
    if name not in ("decided", "concluded"):
        raise _Wrong("yc:milestone 的 result 只能用在 decided 和 concluded 上。")
    results = ("granted", "refused", "not_accepted", "withdrawn", "lapsed")
    return Milestone(name, _one_of("milestone", attributes, "result", results))


def _assign(attributes: Mapping[str, str]) -> Assign:
    policy = attributes.get("policy", "claim")
    if policy in _NOT_CARRIED_POLICIES:
        raise _Wrong(f"yc:assign 的 policy “{policy}”暂不支持。")
    return Assign(
        role=_matching("assign", attributes, "role", _ROLE),
        org=_org(attributes),
        policy=_one_of("assign", attributes, "policy", ("claim",), "claim"),
        same_as=_ids(attributes, "sameAs"),
        not_same_as=_ids(attributes, "notSameAs"),
    )


def _org(attributes: Mapping[str, str]) -> str:
    org = _required("assign", attributes, "org") if "org" in attributes else "owner"
    if org.startswith("="):
        try:
            expressions.parse(org[1:])
        except InvalidExpression as error:
            raise _Wrong(f"yc:assign 的 org 不能使用：{error.message}") from error
    elif not _ROLE.fullmatch(org):
        raise _Wrong(f"yc:assign 的 org 不能是“{org[:64]}”。")
    return org


def _ids(attributes: Mapping[str, str], name: str) -> tuple[str, ...]:
    ids = tuple(attributes.get(name, "").split())
    for node_id in ids:
        if not _CODE.fullmatch(node_id):
            raise _Wrong(f"yc:assign 的 {name} 不能是“{node_id[:64]}”。")
    return ids


def _form(attributes: Mapping[str, str]) -> str:
    return _matching("form", attributes, "ref", _FILE)


def _outcome(attributes: Mapping[str, str]) -> Outcome:
    opinion = _one_of("outcome", attributes, "opinion", ("required", "optional"), "optional")
    code = _matching("outcome", attributes, "code", _CODE)
    return Outcome(code, _required("outcome", attributes, "name"), opinion == "required")


def _notice(attributes: Mapping[str, str]) -> str:
    return _matching("notice", attributes, "template", _FILE)


def _notify(attributes: Mapping[str, str]) -> Notify:
    to = _one_of("notify", attributes, "to", ("applicant", "assignee", "supervisor"))
    return Notify(to, _matching("notify", attributes, "template", _FILE))


_NOT_CARRIED = frozenset({"countersign", "handoff"})
_NOT_CARRIED_POLICIES = frozenset({"least-loaded", "round-robin"})

_VOCABULARY: Mapping[str, _Word] = {
    "limit": _Word(ACTIVITIES | CATCHING, frozenset({"value", "unit", "warn"}), _limit),
    "clock": _Word(ACTIVITIES | {"intermediateCatchEvent"}, frozenset({"mode", "basis", "party"}), _clock),
    "stage": _Word(ACTIVITIES, frozenset({"name"}), _stage),
    "milestone": _Word(ACTIVITIES | EVENTS | GATEWAYS, frozenset({"name", "result"}), _milestone),
    "assign": _Word(CATCHING | {"userTask"}, frozenset({"role", "org", "policy", "sameAs", "notSameAs"}), _assign),
    "form": _Word(CATCHING | {"userTask", "startEvent"}, frozenset({"ref"}), _form),
    "outcome": _Word(frozenset({"userTask"}), frozenset({"code", "name", "opinion"}), _outcome, repeated=True),
    "notice": _Word(ACTIVITIES | EVENTS, frozenset({"template"}), _notice, repeated=True),
    "notify": _Word(ACTIVITIES | EVENTS, frozenset({"to", "template"}), _notify, repeated=True),
}
