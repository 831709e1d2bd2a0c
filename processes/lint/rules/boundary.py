"""Boundary events sit on activities."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "boundary",
    title="边界事件没有附着好",
    why="边界事件要附着在同一个流程（或子流程）里的一个环节、子流程或调用活动上。",
    fix="把它拖到环节的边上，使 attachedToRef 指向该环节。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("boundaryEvent"):
        host = diagram.nodes.get(node.attached_to)
        if host is None or not host.is_activity or host.scope != node.scope:
            yield at(diagram, node, f"边界事件{node.words}没有附着在环节上")
