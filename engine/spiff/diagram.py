"""A BPMN file as a list of scopes, nodes and flows, before SpiffWorkflow sees it.

Only what is understood gets in: a whitelist of elements, each with a whitelist of what may stand in it.  SpiffWorkflow
itself passes over many elements in silence, and a step of a procedure must not be passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.errors import InvalidDefinition
from engine.expressions import RESERVED
from engine.extensions import ACTIVITIES, BPMN, CARRIED_EVENTS, EVENTS, GATEWAYS, place_of, read_xml
from engine.spiff.events import REFERENCES

NODES = ACTIVITIES | EVENTS | GATEWAYS

MAX_NODES = 200
_PLAIN = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})
_DRAWN = frozenset({"textAnnotation", "association", "group", "laneSet"})
#: what may stand in a node besides documentation and extension elements
_INSIDE: Mapping[str, frozenset[str]] = {
    "userTask": frozenset({"multiInstanceLoopCharacteristics"}),
    "callActivity": frozenset({"multiInstanceLoopCharacteristics"}),
    "subProcess": frozenset({"multiInstanceLoopCharacteristics", "sequenceFlow"}) | NODES | _DRAWN,
    **{kind: frozenset(f"{event}EventDefinition" for event in CARRIED_EVENTS[kind]) for kind in CARRIED_EVENTS},
}
_PROCESS = frozenset({"sequenceFlow"}) | NODES | _DRAWN | {"documentation", "extensionElements"}
#: attributes that would change what a node does, with the only value that is carried
_ATTRIBUTES = {
    "isForCompensation": "false",
    "triggeredByEvent": "false",
    "parallelMultiple": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "instantiate": "false",
    "eventGatewayType": "Exclusive",
}
#: what is said of attributes that change what a node does
_WHY = {
    "triggeredByEvent": "不能使用事件子流程：它没有写明何时开始听、何时不再听；请用子流程上的边界事件。",
    "instantiate": "办件由申请开始，不能由消息开始。",
}
_NAMES = {
    "task": "没有类型的任务",
    "manualTask": "人工任务",
    "scriptTask": "脚本任务",
    "serviceTask": "服务任务",
    "businessRuleTask": "业务规则任务",
    "sendTask": "发送任务",
    "receiveTask": "接收任务",
    "transaction": "事务子流程",
    "adHocSubProcess": "自由子流程",
    "complexGateway": "复杂网关",
    "dataObject": "数据对象",
    "dataObjectReference": "数据对象",
    "dataStoreReference": "数据存储",
    "ioSpecification": "输入输出定义",
    "property": "属性",
    "dataInputAssociation": "数据输入",
    "dataOutputAssociation": "数据输出",
    "dataInput": "数据输入",
    "dataOutput": "数据输出",
    "standardLoopCharacteristics": "循环标记",
    "messageEventDefinition": "消息事件",
    "signalEventDefinition": "信号事件",
    "errorEventDefinition": "错误事件",
    "escalationEventDefinition": "升级事件",
    "compensateEventDefinition": "补偿事件",
    "conditionalEventDefinition": "条件事件",
    "linkEventDefinition": "链接事件",
    "cancelEventDefinition": "取消事件",
    "timerEventDefinition": "定时事件",
    "terminateEventDefinition": "终止事件",
}
# "Start", "End" and "Root" are SpiffWorkflow's own specs; "typename" is its mark for typed objects
_RESERVED_IDS = RESERVED | {"Start", "End", "Root", "typename"}
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Problems:
    """Everything wrong with a definition, found in one go."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def add(self, element: etree._Element, message: str) -> None:
        """``element`` cannot be used as it is."""
        self._found.append((message, place_of(element)))

    def take(self, error: InvalidDefinition) -> None:
        """A problem that another reader has found."""
        self._found.append((error.message, error.place or ""))

    def raise_if_any(self) -> None:
        """Raise :class:`InvalidDefinition` with all of them, the first one up front."""
        if self._found:
            message, place = self._found[0]
            raise InvalidDefinition(message, place=place, problems=tuple(f"{p} {m}" for m, p in self._found))


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    element: etree._Element
    source: str
    target: str

    @property
    def condition(self) -> etree._Element | None:
        """Its conditionExpression."""
        return self.element.find(f"{{{BPMN}}}conditionExpression")


@dataclass(slots=True)
class Scope:
    """The inside of a process or of a sub-process."""

    element: etree._Element
    #: id of the process that it is drawn in
    process_id: str
    nodes: dict[str, etree._Element] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def incoming(self, node_id: str) -> list[Flow]:
        """Flows that end at the node, in the diagram's order."""
        return [flow for flow in self.flows if flow.target == node_id]

    def outgoing(self, node_id: str) -> list[Flow]:
        """Flows that begin at the node, in the diagram's order."""
        return [flow for flow in self.flows if flow.source == node_id]

    def of_kind(self, *kinds: str) -> list[etree._Element]:
        """Nodes of these kinds."""
        return [element for element in self.nodes.values() if kind_of(element) in kinds]


@dataclass(slots=True)
class Diagram:
    """One BPMN file's process."""

    process: etree._Element
    scopes: list[Scope] = field(default_factory=list)
    #: ``(message, signal, error or escalation; its id)`` → its name or code, ``""`` when it has none
    keys: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Id of the process."""
        return self.process.get("id", "")

    def key_of(self, definition: etree._Element) -> str | None:
        """The name or code that an event definition refers to; None when there is none, ``""`` when none is meant."""
        attribute, kind, _ = REFERENCES[kind_of(definition)]
        reference = definition.get(attribute)
        if reference is None:
            return ""
        return self.keys.get((kind, reference.rpartition(":")[2])) or None

    def nodes(self) -> Iterator[etree._Element]:
        """Every flow node, sub-processes' included."""
        for scope in self.scopes:
            yield from scope.nodes.values()


def kind_of(element: etree._Element) -> str:
    """The BPMN element's local name, ``""`` for an element of another namespace."""
    qname = etree.QName(element)
    return qname.localname if qname.namespace == BPMN else ""


def read_diagram(content: bytes, name: str, problems: Problems) -> Diagram:
    """The process drawn in ``content``; ``name`` is the file's name for messages.

    Raises :class:`InvalidDefinition` when there is no process to speak of; everything else goes to ``problems``.
    """
    root = read_xml(content, name).getroot()
    if kind_of(root) != "definitions":
        raise InvalidDefinition("不是 BPMN 流程图：根元素应为 bpmn:definitions。", place=place_of(root))
    processes = root.findall(f"{{{BPMN}}}process")
    if len(processes) != 1:
        raise InvalidDefinition("文件里应有且只有一个流程（bpmn:process）。", place=place_of(root))
    diagram = Diagram(processes[0], keys=dict(_keys(root)))
    if processes[0].get("isExecutable", "true") not in ("true", "1"):
        problems.add(processes[0], "流程没有标为可执行。")
    _check_ids(processes[0], problems)
    _read_scope(diagram, processes[0], problems)
    if sum(1 for _ in diagram.nodes()) > MAX_NODES:
        raise InvalidDefinition(f"流程图超过 {MAX_NODES} 个节点。", place=place_of(processes[0]))
    return diagram


def _keys(root: etree._Element) -> Iterator[tuple[tuple[str, str], str]]:
    for _, kind, attribute in REFERENCES.values():
        for element in root.findall(f"{{{BPMN}}}{kind}"):
            yield (kind, element.get("id", "")), (element.get(attribute) or "").strip()


def event_of(node: etree._Element) -> etree._Element | None:
    """The node's event definition, None when it has none or several."""
    found = [child for child in node.iterchildren(tag=etree.Element) if kind_of(child).endswith("EventDefinition")]
    return found[0] if len(found) == 1 else None


def _check_ids(process: etree._Element, problems: Problems) -> None:
    seen: set[str] = set()
    for element in process.iter(f"{{{BPMN}}}*"):
        key, kind = element.get("id"), kind_of(element)
        if key is not None and key in seen:
            problems.add(element, f"id “{key}”重复。")
        seen.add(key or "")
        if kind in NODES | {"process"} and not _ID.fullmatch(key or ""):
            problems.add(element, f"节点的 id “{(key or '')[:64]}”不能使用：应以字母开头，由字母、数字、下划线组成。")
        elif kind in NODES | {"process"} and key in _RESERVED_IDS:
            problems.add(element, f"节点的 id “{key}”不能使用：它是表达式或引擎自己的词。")
        if kind == "sequenceFlow" and not key:
            problems.add(element, "连线没有 id。")


def _read_scope(diagram: Diagram, element: etree._Element, problems: Problems) -> None:
    scope = Scope(element, diagram.id)
    diagram.scopes.append(scope)
    allowed = _PROCESS if element is diagram.process else _INSIDE["subProcess"] | _PLAIN
    for child in element.iterchildren(tag=etree.Element):
        kind = kind_of(child)
        if kind not in allowed:
            problems.add(child, _refusal(child))
        elif kind == "sequenceFlow":
            scope.flows.append(Flow(child, child.get("sourceRef", ""), child.get("targetRef", "")))
        elif kind in NODES:
            scope.nodes[child.get("id", "")] = child
            _read_node(diagram, child, problems)


def _read_node(diagram: Diagram, node: etree._Element, problems: Problems) -> None:
    for name, carried in _ATTRIBUTES.items():
        if node.get(name, carried) != carried:
            problems.add(node, _WHY.get(name, f"属性 {name} 不能使用。"))
    if kind_of(node) == "subProcess":
        _read_scope(diagram, node, problems)
        return
    allowed = _PLAIN | _INSIDE.get(kind_of(node), frozenset())
    for child in node.iterchildren(tag=etree.Element):
        if kind_of(child) not in allowed:
            problems.add(child, _refusal(child))


def _refusal(element: etree._Element) -> str:
    kind = kind_of(element) or etree.QName(element).localname
    return f"这里不能使用{_NAMES.get(kind, '这个元素')}（{kind}）。"
