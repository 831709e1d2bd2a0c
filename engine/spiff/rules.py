"""What a diagram must be for the engine to run it: SpiffWorkflow would run many of these wrongly and say nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lxml import etree

from engine import expressions
from engine.errors import InvalidDefinition, InvalidExpression
from engine.extensions import ACTIVITIES, BPMN, EVENTS, GATEWAYS, read_extensions
from engine.spiff.diagram import Diagram, Flow, Problems, Scope, kind_of
from engine.spiff.event_rules import check_event, check_heard, check_rivals

_LOOP = "multiInstanceLoopCharacteristics"
_LOOP_PARTS = frozenset(
    {
        "documentation",
        "loopCardinality",
        "loopDataInputRef",
        "loopDataOutputRef",
        "inputDataItem",
        "outputDataItem",
        "completionCondition",
    }
)


def check(diagrams: Sequence[Diagram], called: Collection[str], problems: Problems) -> None:
    """Add to ``problems`` whatever keeps a definition from being run.

    ``diagrams`` are the main one and all that it calls, directly or not; ``called`` the processes there are to call.
    """
    for diagram in diagrams:
        _check_diagram(diagram, called, problems)
    check_heard(diagrams, problems)


def _check_diagram(diagram: Diagram, called: Collection[str], problems: Problems) -> None:
    for scope in diagram.scopes:
        _check_ends(scope, problems)
        usable = _check_flows(scope, problems)
        for node in scope.nodes.values():
            _check_node(diagram, scope, node, called, problems)
        check_rivals(diagram, scope, problems)
        if usable:
            _check_reach(scope, problems)


def _check_ends(scope: Scope, problems: Problems) -> None:
    if len(scope.of_kind("startEvent")) != 1:
        problems.add(scope.element, "流程和子流程都应有且只有一个开始事件。")
    if not scope.of_kind("endEvent"):
        problems.add(scope.element, "没有结束事件。")


def _check_flows(scope: Scope, problems: Problems) -> bool:
    """Whether every flow joins two nodes of this scope, so that the rules about paths can be asked."""
    seen: set[tuple[str, str]] = set()
    usable = True
    for flow in scope.flows:
        if flow.source not in scope.nodes or flow.target not in scope.nodes:
            problems.add(flow.element, "连线的两端应是同一层流程里的节点。")
            usable = False
        elif (flow.source, flow.target) in seen:
            problems.add(flow.element, "两个节点之间只能有一条连线。")
        seen.add((flow.source, flow.target))
        _check_condition(flow, problems)
    return usable


def _check_condition(flow: Flow, problems: Problems) -> None:
    if flow.condition is not None:
        _check_expression(flow.condition, problems)


def _check_expression(element: etree._Element, problems: Problems) -> None:
    if len(element):
        problems.add(element, "表达式里不能有别的元素或注释。")
        return
    try:
        expressions.parse(element.text or "")
    except InvalidExpression as error:
        problems.add(element, error.message)


# -- nodes --


def _check_node(
    diagram: Diagram, scope: Scope, node: etree._Element, called: Collection[str], problems: Problems
) -> None:
    kind, node_id = kind_of(node), node.get("id", "")
    incoming, outgoing = scope.incoming(node_id), scope.outgoing(node_id)
    try:
        extensions = read_extensions(node)
        if node.find(f"{{{BPMN}}}timerEventDefinition") is not None and extensions.limit is None:
            problems.add(node, "定时事件没有 yc:limit。")
    except InvalidDefinition as error:
        problems.take(error)
    if kind in ("startEvent", "boundaryEvent") and incoming:
        problems.add(node, "开始事件和边界事件前面不能有连线。")
    if kind == "endEvent" and outgoing:
        problems.add(node, "结束事件后面不能有连线。")
    if kind in GATEWAYS:
        _check_gateway(scope, node, outgoing, problems)
    elif kind != "endEvent":
        _check_one_way_on(node, outgoing, problems)
    if kind in EVENTS:
        check_event(diagram, scope, node, problems)
    if kind in ACTIVITIES:
        _check_loop(node, problems)
    if kind == "callActivity" and node.get("calledElement") not in called:
        problems.add(node, f"找不到被调用的流程“{node.get('calledElement', '')[:64]}”。")


def _check_one_way_on(node: etree._Element, outgoing: list[Flow], problems: Problems) -> None:
    if len(outgoing) != 1:
        problems.add(node, "这个节点后面应有且只有一条连线；分支要用网关画出。")
    for flow in outgoing:
        if flow.condition is not None:
            problems.add(flow.element, "只有排他网关和包容网关后面的连线可以有条件。")


def _check_gateway(scope: Scope, node: etree._Element, outgoing: list[Flow], problems: Problems) -> None:
    kind, default = kind_of(node), node.get("default")
    if not outgoing:
        problems.add(node, "网关后面没有连线。")
    if kind in ("parallelGateway", "eventBasedGateway") or len(outgoing) == 1:
        for flow in outgoing:
            if flow.condition is not None:
                problems.add(flow.element, "这条连线不能有条件：并行网关、事件网关和只有一条去路的网关不看条件。")
        return
    if default not in [flow.element.get("id") for flow in outgoing]:
        problems.add(node, "网关没有默认去向（default）。")
    for flow in outgoing:
        if (flow.element.get("id") == default) is (flow.condition is not None):
            problems.add(flow.element, "默认去向不能有条件，其余去向都要有条件。")


def _check_loop(node: etree._Element, problems: Problems) -> None:
    loops = node.findall(f"{{{BPMN}}}{_LOOP}")
    if len(loops) > 1:
        problems.add(node, "一个节点只能有一个多实例标记。")
    for loop in loops:
        parts: dict[str, etree._Element] = {}
        for part in loop.iterchildren(tag=etree.Element):
            if kind_of(part) not in _LOOP_PARTS or kind_of(part) in parts:
                problems.add(part, f"多实例标记里不能有 {kind_of(part) or part.tag}。")
            parts[kind_of(part)] = part
        if loop.get("behavior", "All") != "All" or loop.get("isSequential", "false") not in ("true", "false"):
            problems.add(loop, "多实例标记的 behavior、isSequential 不能使用。")
        _check_loop_parts(loop, parts, problems)


def _check_loop_parts(loop: etree._Element, parts: Mapping[str, etree._Element], problems: Problems) -> None:
    if ("loopCardinality" in parts) is ("loopDataInputRef" in parts):
        problems.add(loop, "多实例应给出个数（loopCardinality）或者集合（loopDataInputRef），二者取一。")
    if ("loopDataOutputRef" in parts) is not ("outputDataItem" in parts):
        problems.add(loop, "多实例的 loopDataOutputRef 和 outputDataItem 应同时给出。")
    if "inputDataItem" in parts and "loopDataInputRef" not in parts:
        problems.add(loop, "多实例的 inputDataItem 要有 loopDataInputRef。")
    for name in ("loopCardinality", "loopDataInputRef", "completionCondition"):
        if name in parts:
            _check_expression(parts[name], problems)
    if "loopDataOutputRef" in parts:
        _check_name(parts["loopDataOutputRef"], (parts["loopDataOutputRef"].text or "").strip(), True, problems)
    for name in ("inputDataItem", "outputDataItem"):
        if name in parts:
            text = parts[name].get("name") or parts[name].get("id") or ""
            _check_name(parts[name], text, name == "inputDataItem", problems)


def _check_name(part: etree._Element, text: str, simple: bool, problems: Problems) -> None:
    try:
        read = expressions.names(text)
    except InvalidExpression as error:
        problems.add(part, error.message)
        return
    if simple and read != {(text, "")}:
        problems.add(part, f"“{text[:64]}”应是一个名称。")


# -- paths --


def _check_reach(scope: Scope, problems: Problems) -> None:
    successors: dict[str, list[str]] = {node_id: [] for node_id in scope.nodes}
    for flow in scope.flows:
        successors[flow.source].append(flow.target)
    for boundary in scope.of_kind("boundaryEvent"):
        successors.setdefault(boundary.get("attachedToRef", ""), []).append(boundary.get("id", ""))
    starts = [start.get("id", "") for start in scope.of_kind("startEvent")]
    reached = _reachable(successors, starts)
    for node_id, node in scope.nodes.items():
        if node_id not in reached:
            problems.add(node, "从开始事件走不到这个节点。")
    for join in scope.of_kind("parallelGateway"):
        before = _reachable(successors, starts, without=join.get("id"))
        for flow in scope.incoming(join.get("id", "")):
            if flow.source in reached and flow.source not in before:
                problems.add(
                    flow.element,
                    "并行网关要等齐每一条入口连线，而这一条只有经过它自己才能走到，流程会停在这里；"
                    "回路应先经过一个排他网关再进入。",
                )


def _reachable(successors: Mapping[str, list[str]], starts: list[str], without: str | None = None) -> set[str]:
    found: set[str] = set()
    todo = [start for start in starts if start != without]
    while todo:
        node_id = todo.pop()
        if node_id not in found and node_id != without:
            found.add(node_id)
            todo.extend(successors.get(node_id, ()))
    return found
