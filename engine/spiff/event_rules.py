"""What the events of a diagram must be for the engine to carry them out: a place, a name, and somebody to hear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from engine.extensions import ACTIVITIES, CATCHING
from engine.spiff.diagram import Diagram, Problems, Scope, event_of, kind_of
from engine.spiff.events import REFERENCES

#: events that only what runs inside an activity can bring
_FROM_WITHIN = ("errorEventDefinition", "escalationEventDefinition")
_WORDS = {"message": "消息", "signal": "信号", "error": "错误", "escalation": "升级"}
_MAX_KEY = 64


def check_event(diagram: Diagram, scope: Scope, node: etree._Element, problems: Problems) -> None:
    """Check one event node by itself."""
    kind = kind_of(node)
    definitions = [c for c in node.iterchildren(tag=etree.Element) if kind_of(c).endswith("EventDefinition")]
    if len(definitions) > 1 or (not definitions and kind in CATCHING):
        problems.add(node, "这个事件应有且只有一个事件定义。")
    for definition in definitions:
        if kind_of(definition) == "timerEventDefinition":
            _check_timer(node, definition, problems)
        elif kind_of(definition) in REFERENCES:
            _check_reference(diagram, node, definition, problems)
    if kind == "boundaryEvent":
        _check_boundary(scope, node, problems)


def _check_timer(node: etree._Element, definition: etree._Element, problems: Problems) -> None:
    if len(definition) or (definition.text or "").strip():
        problems.add(node, "定时事件应有一个空的 timerEventDefinition，时长写在 yc:limit 里。")


def _check_reference(diagram: Diagram, node: etree._Element, definition: etree._Element, problems: Problems) -> None:
    attribute, element, named = REFERENCES[kind_of(definition)]
    word, key = _WORDS[element], diagram.key_of(definition)
    catches_all = kind_of(node) == "boundaryEvent" and kind_of(definition) in _FROM_WITHIN
    if key is None or (not key and not catches_all):
        problems.add(node, f"{word}事件应以 {attribute} 指明一个有 {named} 的 bpmn:{element}。")
    elif len(key) > _MAX_KEY:
        problems.add(node, f"{word}的 {named} 超过 {_MAX_KEY} 个字。")
    if len(definition):
        problems.add(node, f"{word}事件的定义里不能有别的元素。")


def _check_boundary(scope: Scope, node: etree._Element, problems: Problems) -> None:
    attached = scope.nodes.get(node.get("attachedToRef", ""))
    if attached is None or kind_of(attached) not in ACTIVITIES:
        problems.add(node, "边界事件没有附在同一层的任务或子流程上。")
        return
    if node.get("cancelActivity", "true") not in ("true", "false"):
        problems.add(node, "cancelActivity 应为 true 或 false。")
    definition = event_of(node)
    if definition is None or kind_of(definition) not in _FROM_WITHIN:
        return
    if kind_of(attached) == "userTask":
        problems.add(node, "人工任务里不会发生错误或升级，这样的边界事件只能附在子流程和调用活动上。")
    if kind_of(definition) == "errorEventDefinition" and node.get("cancelActivity", "true") != "true":
        problems.add(node, "错误边界事件总是中断的（cancelActivity 不能为 false）。")


# -- rivals: events that wait side by side --


def check_rivals(diagram: Diagram, scope: Scope, problems: Problems) -> None:
    """Of events on one activity or behind one gateway, no two may wait for the same thing."""
    for gateway in scope.of_kind("eventBasedGateway"):
        _check_choice(diagram, scope, gateway, problems)
    for activity in scope.of_kind(*ACTIVITIES):
        attached = [b for b in scope.of_kind("boundaryEvent") if b.get("attachedToRef") == activity.get("id")]
        _refuse_twins(diagram, attached, problems)


def _check_choice(diagram: Diagram, scope: Scope, gateway: etree._Element, problems: Problems) -> None:
    targets = [scope.nodes[flow.target] for flow in scope.outgoing(gateway.get("id", "")) if flow.target in scope.nodes]
    if len(targets) < 2:
        problems.add(gateway, "事件网关后面应有两个以上的事件。")
    for target in targets:
        if kind_of(target) != "intermediateCatchEvent":
            problems.add(target, "事件网关后面只能直接接中间捕获事件。")
        elif len(scope.incoming(target.get("id", ""))) > 1:
            problems.add(target, "事件网关后面的事件不能再有别的入口连线。")
    _refuse_twins(diagram, targets, problems)


def _refuse_twins(diagram: Diagram, nodes: Sequence[etree._Element], problems: Problems) -> None:
    seen: set[tuple[str, str]] = set()
    for node in nodes:
        definition = event_of(node)
        if definition is None or kind_of(definition) not in REFERENCES:
            continue
        what = (kind_of(definition), diagram.key_of(definition) or "")
        if what in seen:
            problems.add(node, "并列的两个事件等的是同一件事，说不清该走哪一个。")
        seen.add(what)


# -- who hears, who throws --


def check_heard(diagrams: Sequence[Diagram], problems: Problems) -> None:
    """Every error is caught on every way that it can take, and nobody waits for what nobody throws."""
    thrown = [
        (d, s, node) for d in diagrams for s in d.scopes for node in s.of_kind("intermediateThrowEvent", "endEvent")
    ]
    heard: set[etree._Element] = set()
    signals: set[str] = set()
    for diagram, scope, node in thrown:
        definition = event_of(node)
        if definition is None or kind_of(definition) not in REFERENCES:
            continue
        key = diagram.key_of(definition) or ""
        if kind_of(definition) == "signalEventDefinition":
            signals.add(key)
            continue
        caught, escapes = _catchers(diagrams, diagram, scope, kind_of(definition), key)
        heard |= caught
        if escapes and kind_of(definition) == "errorEventDefinition":
            problems.add(
                node, f"错误“{key}”不是处处有边界事件接住：外层的每个子流程、调用活动都没有接住它时，办件无处可去。"
            )
    for diagram in diagrams:
        for node in diagram.nodes():
            _check_thrown(diagram, node, heard, signals, problems)


def _check_thrown(
    diagram: Diagram, node: etree._Element, heard: set[etree._Element], signals: set[str], problems: Problems
) -> None:
    definition = event_of(node)
    if kind_of(node) not in CATCHING or definition is None:
        return
    if kind_of(definition) in _FROM_WITHIN and node not in heard:
        problems.add(node, "所附的活动里没有什么会抛出这个错误或升级，这条路永远走不到。")
    if kind_of(definition) == "signalEventDefinition" and (diagram.key_of(definition) or "") not in signals:
        problems.add(node, "流程里没有什么会发出这个信号，这里永远等不到。")


def _catchers(
    diagrams: Sequence[Diagram], diagram: Diagram, scope: Scope, kind: str, key: str
) -> tuple[set[etree._Element], bool]:
    """The boundary events that catch what is thrown in ``scope``, and whether some way leads past all of them."""
    caught: set[etree._Element] = set()
    escapes = False
    todo, seen = [(diagram, scope)], {id(scope)}
    while todo:
        where, level = todo.pop()
        around = list(_activities_around(diagrams, where, level))
        escapes = escapes or not around
        for outer, outer_scope, activity in around:
            matching = [b for b in outer_scope.of_kind("boundaryEvent") if _catches(outer, b, activity, kind, key)]
            caught.update(matching)
            if not matching and id(outer_scope) not in seen:
                seen.add(id(outer_scope))
                todo.append((outer, outer_scope))
    return caught, escapes


def _catches(diagram: Diagram, boundary: etree._Element, activity: etree._Element, kind: str, key: str) -> bool:
    definition = event_of(boundary)
    return (
        boundary.get("attachedToRef") == activity.get("id")
        and definition is not None
        and kind_of(definition) == kind
        and diagram.key_of(definition) in ("", key)
    )


def _activities_around(
    diagrams: Sequence[Diagram], diagram: Diagram, scope: Scope
) -> Iterator[tuple[Diagram, Scope, etree._Element]]:
    """The sub-process that ``scope`` is the inside of, or every call activity that calls its process."""
    inside = scope.element.get("id", "")
    if scope.element is not diagram.process:
        yield from ((diagram, s, s.nodes[inside]) for s in diagram.scopes if inside in s.nodes)
        return
    for outer in diagrams:
        for level in outer.scopes:
            for activity in level.of_kind("callActivity"):
                if activity.get("calledElement") == inside:
                    yield outer, level, activity
