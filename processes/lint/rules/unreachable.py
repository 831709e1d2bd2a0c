"""Every node can be reached from the start."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import SCOPE_TYPES, Diagram
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "unreachable",
    title="走不到的节点",
    why="从开始事件走不到的节点不会执行，引擎读图时会把它丢掉。",
    fix="用顺序流把它接上，或者删掉。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram in subject.diagrams:
        reached = _reached(diagram)
        for node in diagram.nodes.values():
            # without a start event everything is unreachable: that is the other rule's to say
            if node.id not in reached and diagram.starts(node.scope):
                yield at(diagram, node, f"从开始事件走不到{node.words}")


def _reached(diagram: Diagram) -> set[str]:
    found: set[str] = set()
    todo = list(diagram.starts())
    while todo:
        node = todo.pop()
        if node.id not in found:
            found.add(node.id)
            todo += diagram.following(node) + list(diagram.attached(node))
            todo += diagram.starts(node.id) if node.type in SCOPE_TYPES else []
    return found
