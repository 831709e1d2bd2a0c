"""A diagram as a graph, read with lxml alone: what the linter and the guide look at.

Unlike the engine's own parser it takes any BPMN file, supported or not, and never loops: it reads every element once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from lxml import etree

from engine.elements import Extensions
from engine.errors import InvalidDefinition
from engine.extensions import BPMN, read_extensions, read_xml
from processes.problems import Problem, Severity

K = TypeVar("K")
V = TypeVar("V")

BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"

EVENT_TYPES = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
    }
)
GATEWAY_TYPES = frozenset(
    {"exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway", "eventBasedGateway"}
)
SCOPE_TYPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITY_TYPES = SCOPE_TYPES | {
    *("task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"),
    "callActivity",
}
NODE_TYPES = EVENT_TYPES | GATEWAY_TYPES | ACTIVITY_TYPES
#: a readable diagram has some dozens
MAX_FLOWS = 1000
#: children of a process that carry no token
_QUIET = frozenset(
    {
        *("documentation", "extensionElements", "incoming", "outgoing", "laneSet", "textAnnotation", "association"),
        *("group", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "auditing", "monitoring"),
        *("ioSpecification", "property"),
    }
)


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node as drawn."""

    id: str
    name: str
    #: local name of the BPMN element
    type: str
    line: int
    #: id of the process or sub-process it is drawn in
    scope: str
    #: empty when the yc elements could not be read
    ext: Extensions
    #: the yc elements could be read
    readable: bool = True
    #: local names of the event definitions it carries
    events: tuple[str, ...] = ()
    #: children and attributes of its own that matter: local names
    marks: frozenset[str] = frozenset()
    attached_to: str = ""
    #: False for a boundary event that does not interrupt
    interrupts: bool = True
    default: str | None = None
    #: process id that a call activity names
    calls: str = ""

    @property
    def is_activity(self) -> bool:
        return self.type in ACTIVITY_TYPES

    @property
    def words(self) -> str:
        """“受理”, or the id of a node without a name."""
        return f"“{self.name or self.id}”"

    @property
    def called(self) -> str:
        """“环节“受理”” or “消息事件“缴费””: what somebody has to do."""
        return ("消息事件" if "messageEventDefinition" in self.events else "环节") + self.words


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None
    line: int
    scope: str


@dataclass(frozen=True, slots=True)
class Stray:
    """An element that is neither node nor flow nor harmless, or a second process."""

    type: str
    id: str | None
    line: int


@dataclass(frozen=True)
class Diagram:
    """One BPMN file with one process."""

    file: str
    process_id: str
    name: str
    line: int
    #: by id; of nodes with the same id the first
    nodes: Mapping[str, Node]
    flows: Mapping[str, Flow]
    #: ``(id, line)`` of every later element with an id that was taken
    repeated: tuple[tuple[str, int], ...] = ()
    strays: tuple[Stray, ...] = ()
    #: ids that have a shape with bounds, or an edge with two points
    drawn: frozenset[str] = frozenset()
    #: mistakes in the yc elements
    problems: tuple[Problem, ...] = ()

    @cached_property
    def _leaving(self) -> Mapping[str, tuple[Flow, ...]]:
        return _grouped((flow.source, flow) for flow in self.flows.values())

    @cached_property
    def _entering(self) -> Mapping[str, tuple[Flow, ...]]:
        return _grouped((flow.target, flow) for flow in self.flows.values())

    @cached_property
    def _attached(self) -> Mapping[str, tuple[Node, ...]]:
        return _grouped((node.attached_to, node) for node in self.nodes.values() if node.attached_to)

    def leaving(self, node: Node) -> tuple[Flow, ...]:
        """Flows out of a node, in the file's order."""
        return self._leaving.get(node.id, ())

    def entering(self, node: Node) -> tuple[Flow, ...]:
        """Flows into a node."""
        return self._entering.get(node.id, ())

    def attached(self, node: Node) -> tuple[Node, ...]:
        """Boundary events on an activity."""
        return self._attached.get(node.id, ())

    def following(self, node: Node) -> list[Node]:
        """Nodes that the flows out of a node lead to."""
        return [self.nodes[flow.target] for flow in self.leaving(node) if flow.target in self.nodes]

    def preceding(self, node: Node) -> list[Node]:
        """Nodes that lead to a node: by a flow, or as the activity it is attached to."""
        found = [self.nodes[flow.source] for flow in self.entering(node) if flow.source in self.nodes]
        if node.attached_to in self.nodes:
            found.append(self.nodes[node.attached_to])
        return found

    @cached_property
    def _scopes(self) -> Mapping[str, tuple[Node, ...]]:
        return _grouped((node.scope, node) for node in self.nodes.values())

    def within(self, scope: str) -> tuple[Node, ...]:
        """Nodes drawn directly in the process or in a sub-process."""
        return self._scopes.get(scope, ())

    def starts(self, scope: str | None = None) -> list[Node]:
        """Start events of the process, or of a sub-process."""
        return [node for node in self.within(scope or self.process_id) if node.type == "startEvent"]

    def is_split(self, node: Node) -> bool:
        return len(self.leaving(node)) > 1


def read_diagram(content: bytes, file: str) -> Diagram:
    """The diagram in ``content``.

    Raises :class:`engine.errors.InvalidDefinition` when it is not XML that can be taken (see
    :func:`engine.extensions.read_xml`) or holds no process.
    """
    root = read_xml(content, file).getroot()
    if root.tag != f"{{{BPMN}}}definitions":
        raise InvalidDefinition("不是BPMN 2.0文件：最外层应为 bpmn:definitions。", place=f"{file}:{root.sourceline}")
    if sum(1 for _ in root.iter(f"{{{BPMN}}}sequenceFlow")) > MAX_FLOWS:
        raise InvalidDefinition(f"流程图过大：最多{MAX_FLOWS}条顺序流。", place=f"{file}:{root.sourceline}")
    processes = root.findall(f"{{{BPMN}}}process")
    if not processes:
        raise InvalidDefinition("文件里没有流程（bpmn:process）。", place=f"{file}:{root.sourceline}")
    reader = _Reader(file)
    process_id = processes[0].get("id", "")
    reader.scope(processes[0], process_id)
    for extra in processes[1:]:
        reader.strays.append(_stray(extra))
    return Diagram(
        file,
        process_id,
        processes[0].get("name", ""),
        _line(processes[0]),
        reader.nodes,
        reader.flows,
        tuple(reader.repeated),
        tuple(reader.strays),
        frozenset(_drawn(root)),
        tuple(reader.problems),
    )


@dataclass
class _Reader:
    file: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    repeated: list[tuple[str, int]] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def scope(self, element: etree._Element, scope: str) -> None:
        """Read the nodes and flows drawn directly in a process or sub-process, then those within."""
        for child in element.iterchildren(f"{{{BPMN}}}*"):
            kind = etree.QName(child).localname
            id = child.get("id", "")
            if kind in NODE_TYPES or kind == "sequenceFlow":
                if not id or id in self.nodes or id in self.flows:
                    self.repeated.append((id, _line(child)))
                elif kind == "sequenceFlow":
                    self.flows[id] = _flow(child, scope)
                else:
                    self.nodes[id] = self._node(child, kind, scope)
                if kind in SCOPE_TYPES:
                    self.scope(child, id)
            elif kind not in _QUIET:
                self.strays.append(_stray(child))

    def _node(self, element: etree._Element, kind: str, scope: str) -> Node:
        children = [etree.QName(c).localname for c in element.iterchildren(f"{{{BPMN}}}*")]
        events = tuple(c for c in children if c.endswith("EventDefinition") or c == "eventDefinitionRef")
        filled = any(len(c) or (c.text or "").strip() for c in element.iterchildren(f"{{{BPMN}}}timerEventDefinition"))
        ext = self._extensions(element)
        marks = set(children) - set(events) | ({"timer content"} if filled else set())
        marks |= {name for name in ("triggeredByEvent", "isForCompensation") if element.get(name) == "true"}
        return Node(
            id=element.get("id", ""),
            name=(element.get("name") or "").strip(),
            type=kind,
            line=_line(element),
            scope=scope,
            ext=ext or Extensions(),
            readable=ext is not None,
            events=events,
            marks=frozenset(marks),
            attached_to=element.get("attachedToRef", ""),
            interrupts=element.get("cancelActivity") != "false",
            default=element.get("default"),
            calls=element.get("calledElement", "") if kind == "callActivity" else "",
        )

    def _extensions(self, element: etree._Element) -> Extensions | None:
        try:
            return read_extensions(element)
        except InvalidDefinition as error:
            self.problems.append(_placed(error, self.file, element.get("id")))
            return None


def _placed(error: InvalidDefinition, file: str, element: str | None) -> Problem:
    """A refused yc element as a problem; its place is ``file:line id``."""
    line = (error.place or "").partition(" ")[0].rpartition(":")[2]
    return Problem("vocabulary", Severity.ERROR, error.message, file, int(line) if line.isdigit() else None, element)


def _flow(element: etree._Element, scope: str) -> Flow:
    condition = element.find(f"{{{BPMN}}}conditionExpression")
    return Flow(
        id=element.get("id", ""),
        name=(element.get("name") or "").strip(),
        source=element.get("sourceRef", ""),
        target=element.get("targetRef", ""),
        condition=None if condition is None else "".join(str(text) for text in condition.itertext()).strip(),
        line=_line(element),
        scope=scope,
    )


def _stray(element: etree._Element) -> Stray:
    return Stray(etree.QName(element).localname, element.get("id"), _line(element))


def _drawn(root: etree._Element) -> Iterator[str]:
    for shape in root.iter(f"{{{BPMNDI}}}BPMNShape"):
        if shape.find(f"{{{DC}}}Bounds") is not None:
            yield shape.get("bpmnElement", "")
    for edge in root.iter(f"{{{BPMNDI}}}BPMNEdge"):
        if len(edge.findall(f"{{{DI}}}waypoint")) > 1:
            yield edge.get("bpmnElement", "")


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1


def _grouped(pairs: Iterator[tuple[K, V]]) -> Mapping[K, tuple[V, ...]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
