"""Ids are unique in the package, called processes included."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import Diagram
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "duplicate-id",
    title="编号重复",
    why="流程数据按节点编号存放，编号重复的两个节点会互相覆盖。",
    fix="给其中一个换一个编号；与调用的子流程也不能重复。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram in subject.diagrams:
        for id, line in diagram.repeated:
            yield Finding(f"编号“{id}”重复" if id else "节点没有编号（id）", diagram.file, line, id or None)
    owners: dict[str, Diagram] = {}
    for diagram, node in subject.each():
        first = owners.setdefault(node.id, diagram)
        if first is not diagram:
            yield at(diagram, node, f"编号“{node.id}”与 {first.file} 里的重复")
