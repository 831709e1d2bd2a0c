"""The gateway after a task tells its outcomes apart."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import InvalidExpression
from engine.expressions import evaluate, names
from processes.diagram import Diagram, Node
from processes.lint.registry import Finding, at, rule
from processes.lint.rules.condition_place import DECIDING
from processes.lint.subject import Subject


@rule(
    "outcomes-handled",
    title="有的办理结果没有去处",
    why="环节后面的网关没有提到的结果都走缺省流。两种以上的结果混在一起走，多半是漏画了一条路。",
    fix='给每种结果各画一条带条件的路，最多留一种走缺省流；确实同去一处的，在条件里写 in ["甲", "乙"]。',
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, task in subject.each("userTask"):
        gateway = _deciding(diagram, task)
        if gateway is None:
            continue
        left = _left(diagram, task, gateway)
        # one may take the default flow; that there is one is another rule's to say
        if len(left) > 1:
            yield at(diagram, gateway, f"环节{task.words}的结果 {'、'.join(left)} 在网关{gateway.words}没有各自的路")


def _deciding(diagram: Diagram, task: Node) -> Node | None:
    """The gateway that the task's outcome is decided at: the next split, past merges and plain events."""
    seen = set()
    following = diagram.following(task)
    while len(following) == 1 and following[0].id not in seen:
        node = following[0]
        seen.add(node.id)
        following = diagram.following(node)
        if node.type in DECIDING and len(following) > 1:
            return node if _reads_outcome(diagram, task, node) else None
        if node.type not in ("intermediateThrowEvent", "exclusiveGateway"):
            return None
    return None


def _reads_outcome(diagram: Diagram, task: Node, gateway: Node) -> bool:
    return any((task.id, "outcome") in _names(flow.condition) for flow in diagram.leaving(gateway))


def _names(condition: str | None) -> frozenset[tuple[str, str]]:
    try:
        return names(condition or "None")
    except InvalidExpression:
        return frozenset()


def _left(diagram: Diagram, task: Node, gateway: Node) -> list[str]:
    """Names of the outcomes that no condition at the gateway takes."""
    conditions = [f.condition for f in diagram.leaving(gateway) if f.condition and f.id != gateway.default]
    return [o.name for o in task.ext.outcomes if not any(_may_hold(c, task.id, o.code) for c in conditions)]


def _may_hold(condition: str, task_id: str, code: str) -> bool:
    """Whether the condition can hold for the outcome; what other data it reads is not known here."""
    try:
        return bool(evaluate(condition, {task_id: {"outcome": code}}))
    except InvalidExpression:
        return True
