"""Ways end in end events, and nothing follows or precedes where nothing may."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "dead-end",
    title="路断了",
    why="没有后续的环节让这条路不声不响地结束，看图的人以为还没画完。",
    fix="接到下一个节点，或者接一个结束事件。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        if node.type == "endEvent" and diagram.leaving(node):
            yield at(diagram, node, f"结束事件{node.words}之后不能再有顺序流")
        if node.type != "endEvent" and not diagram.leaving(node):
            yield at(diagram, node, f"{node.words}之后没有路了")
        if node.type in ("startEvent", "boundaryEvent") and diagram.entering(node):
            yield at(diagram, node, f"顺序流不能指向{node.words}")
