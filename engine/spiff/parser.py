"""From BPMN files to a :class:`engine.spiff.run.SpiffProcess`."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import InvalidDefinition
from engine.extensions import BPMN, place_of, read_extensions
from engine.process import Node, Process
from engine.spiff import events, gateways, multi, nodes
from engine.spiff.diagram import Diagram, Problems, event_of, kind_of, read_diagram
from engine.spiff.rules import check
from engine.spiff.run import SpiffProcess

MAIN_FILE = "process.bpmn"
#: attribute that carries an event's name or code into SpiffWorkflow's parser
_KEY = "key"
MAX_CALLED = 50


def parse(main: bytes, called: Mapping[str, bytes]) -> Process:
    """The definition drawn in ``main``, with the processes that it calls (``called``: process id → BPMN file).

    Raises :class:`InvalidDefinition` with every problem found, each naming file, line and element; the main file is
    called ``process.bpmn`` in messages, a called one ``<process id>/process.bpmn``.
    """
    problems = Problems()
    diagrams = _read_all(main, called, problems)
    check(diagrams, called.keys(), problems)
    _check_shared_ids(diagrams, problems)
    problems.raise_if_any()
    spec, subs = _to_spiff(diagrams)
    by_id = _nodes(diagrams)
    start = diagrams[0].scopes[0].of_kind("startEvent")[0]
    return SpiffProcess(diagrams[0].id, MappingProxyType(by_id), by_id[start.get("id", "")], spec, subs)


# -- reading --


def _read_all(main: bytes, called: Mapping[str, bytes], problems: Problems) -> list[Diagram]:
    """The main diagram and every one that it calls, directly or not."""
    first = read_diagram(main, MAIN_FILE, problems)
    diagrams = {first.id: first}
    _follow_calls(first, (first.id,), called, diagrams, problems)
    return list(diagrams.values())


def _follow_calls(
    diagram: Diagram,
    path: tuple[str, ...],
    called: Mapping[str, bytes],
    diagrams: dict[str, Diagram],
    problems: Problems,
) -> None:
    for activity in diagram.nodes():
        key = activity.get("calledElement", "")
        if kind_of(activity) != "callActivity":
            continue
        if key in path:
            problems.add(activity, f"流程互相调用，没有尽头：{' → '.join((*path, key))}。")
        elif key in called and key not in diagrams:
            if len(diagrams) > MAX_CALLED:
                raise InvalidDefinition(f"调用的流程超过 {MAX_CALLED} 个。", place=place_of(activity))
            diagrams[key] = _read_called(key, called[key], problems)
            _follow_calls(diagrams[key], (*path, key), called, diagrams, problems)


def _read_called(key: str, content: bytes, problems: Problems) -> Diagram:
    diagram = read_diagram(content, f"{key}/{MAIN_FILE}", problems)
    if diagram.id != key:
        problems.add(diagram.process, f"流程的 id 应为“{key}”。")
    return diagram


def _check_shared_ids(diagrams: list[Diagram], problems: Problems) -> None:
    """Data and history know a node by its id alone, whichever file it is drawn in."""
    seen: set[str] = {diagram.id for diagram in diagrams}
    for diagram in diagrams:
        for node in diagram.nodes():
            if node.get("id") in seen:
                problems.add(node, f"id “{node.get('id')}”在本流程或被调用的流程里已经用过。")
            seen.add(node.get("id", ""))


def _nodes(diagrams: list[Diagram]) -> dict[str, Node]:
    around = _around(diagrams)
    return {
        node.get("id", ""): Node(
            id=node.get("id", ""),
            name=node.get("name", ""),
            type=kind_of(node),
            process_id=diagram.id,
            ext=read_extensions(node),
            inside=around.get(node.get("id", "")),
            message=_message_of(diagram, node),
        )
        for diagram in diagrams
        for node in diagram.nodes()
    }


def _around(diagrams: list[Diagram]) -> dict[str, str]:
    """Node id → the sub-process that it is drawn in, or the only call activity that calls its process."""
    callers: dict[str, list[str]] = {}
    for diagram in diagrams:
        for node in diagram.nodes():
            if kind_of(node) == "callActivity":
                callers.setdefault(node.get("calledElement", ""), []).append(node.get("id", ""))
    found: dict[str, str] = {}
    for diagram in diagrams:
        for scope in diagram.scopes:
            top = scope.element is diagram.process
            owners = callers.get(diagram.id, []) if top else [scope.element.get("id", "")]
            found |= dict.fromkeys(scope.nodes, owners[0]) if len(owners) == 1 else {}
    return found


def _message_of(diagram: Diagram, node: etree._Element) -> str | None:
    definition = event_of(node)
    if definition is None or kind_of(definition) != "messageEventDefinition":
        return None
    return diagram.key_of(definition)


# -- SpiffWorkflow --


class _OurNodes:
    """Mixin of SpiffWorkflow's element parsers: builds our specs where the stock parser names its own."""

    PARALLEL_MI_CLASS = multi.ParallelMultiInstance
    SEQUENTIAL_MI_CLASS = multi.SequentialMultiInstance

    bpmn_id: str
    node: Any
    spec: Any
    task: Any
    process_parser: Any

    def _add_boundary_event(self, children: list[Any]) -> Any:
        # flows that lead to the activity look for its split under this name
        split = nodes.BoundarySplit(self.spec, f"{self.bpmn_id}.BoundaryEventSplit")
        split.connect(self.task)
        for element in children:
            split.connect(self.process_parser.parse_node(element))
        return split

    def get_event_definition(self, xpaths: Any) -> Any:
        """The node's own definition; the stock method passes over those that it does not expect here."""
        for child in self.node.iterchildren(tag=etree.Element):
            kind = kind_of(child)
            if kind in events.DEFINITIONS:
                return events.DEFINITIONS[kind](self.bpmn_id, child.get(_KEY, ""))
            if kind == "terminateEventDefinition":
                return events.TerminateEventDefinition()
        return NoneEventDefinition()


def _ours(parser: Any) -> Any:
    return type(f"Our{parser.__name__}", (_OurNodes, parser), {})


class _ProcessParser(ProcessParser):
    def create_spec(self) -> nodes.ProcessSpec:
        return nodes.ProcessSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)


class _Parser(BpmnParser):
    """Knows the elements that are carried and no other: script tasks have no parser here."""

    PROCESS_PARSER_CLASS = _ProcessParser
    OVERRIDE_PARSER_CLASSES: Mapping[str, Any] = {}
    PARSER_CLASSES: Mapping[str, Any] = {
        full_tag(tag): (_ours(parser), spec)
        for tag, parser, spec in (
            ("startEvent", event_parsers.StartEventParser, nodes.StartEvent),
            ("endEvent", event_parsers.EndEventParser, nodes.EndEvent),
            ("intermediateCatchEvent", event_parsers.IntermediateCatchEventParser, nodes.IntermediateCatchEvent),
            ("intermediateThrowEvent", event_parsers.IntermediateThrowEventParser, nodes.IntermediateThrowEvent),
            ("boundaryEvent", event_parsers.BoundaryEventParser, nodes.BoundaryEvent),
            ("userTask", TaskParser, nodes.UserTask),
            ("subProcess", task_parsers.SubWorkflowParser, nodes.SubProcess),
            ("callActivity", task_parsers.CallActivityParser, nodes.CallActivity),
            ("exclusiveGateway", task_parsers.ConditionalGatewayParser, gateways.ExclusiveGateway),
            ("inclusiveGateway", task_parsers.ConditionalGatewayParser, gateways.InclusiveGateway),
            ("parallelGateway", task_parsers.GatewayParser, gateways.ParallelGateway),
            ("eventBasedGateway", task_parsers.GatewayParser, nodes.EventGateway),
        )
    }


def _to_spiff(diagrams: list[Diagram]) -> tuple[Any, Mapping[str, Any]]:
    parser = _Parser()
    try:
        for diagram in diagrams:
            parser.add_bpmn_xml(_bare(diagram), filename=place_of(diagram.process).partition(":")[0])
        spec = parser.get_spec(diagrams[0].id)
        subs = parser.get_subprocess_specs(diagrams[0].id)
    except (SpiffWorkflowException, RecursionError) as error:
        # the rules should have caught it; whatever SpiffWorkflow still stumbles over is refused all the same
        raise InvalidDefinition(
            f"流程引擎不能读取这个流程图：{error}", place=f"{MAIN_FILE} {getattr(error, 'id', '')}".rstrip()
        ) from error
    for process in (spec, *subs.values()):
        gateways.see_upstream(process.start)
    return spec, MappingProxyType(subs)


def _bare(diagram: Diagram) -> etree._Element:
    """The process without drawing, lanes and extension elements.

    The stock parser orders branches by where they are drawn; without the drawing they keep the order of the file, and
    moving a shape changes nothing about the procedure.
    """
    root = etree.Element(f"{{{BPMN}}}definitions", nsmap={"bpmn": BPMN})
    process = deepcopy(diagram.process)
    for name in ("laneSet", "extensionElements", "textAnnotation", "association", "group"):
        for element in list(process.iter(f"{{{BPMN}}}{name}")):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    for expression in process.iter(f"{{{BPMN}}}conditionExpression", f"{{{BPMN}}}loopDataOutputRef"):
        expression.text = (expression.text or "").strip()
    for name in events.REFERENCES:
        for definition in process.iter(f"{{{BPMN}}}{name}"):
            definition.set(_KEY, diagram.key_of(definition) or "")
    root.append(process)
    return root
