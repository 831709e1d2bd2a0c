"""Nobody waits for a message for ever."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import Diagram, Node
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "message-deadline",
    title="等消息没有期限",
    why="外部系统的消息可能永远不来；只等消息的办件不在任何人的待办里，也没有时限，就没有人知道它停住了。",
    fix="把消息事件放在事件网关后面，与一个定时事件并列；或放进附有定时边界事件的子流程。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("intermediateCatchEvent"):
        if "messageEventDefinition" in node.events and not _is_timed(diagram, node):
            yield at(diagram, node, f"消息事件{node.words}没有期限：消息不来，办件就停在这里")


def _is_timed(diagram: Diagram, node: Node) -> bool:
    gateways = [before for before in diagram.preceding(node) if before.type == "eventBasedGateway"]
    if any("timerEventDefinition" in rival.events for gateway in gateways for rival in diagram.following(gateway)):
        return True
    around = diagram.nodes.get(node.scope)
    while around is not None:
        if any("timerEventDefinition" in event.events and event.interrupts for event in diagram.attached(around)):
            return True
        around = diagram.nodes.get(around.scope)
    return False
