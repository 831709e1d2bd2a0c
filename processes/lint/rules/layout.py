"""Everything has its place in the drawing."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "layout",
    title="图上没有画出来",
    why="没有图形信息（BPMN DI）的节点和顺序流在流程图上看不见，审核的人就看不到它。",
    fix="在流程编辑器里打开并重新放置，保存后会带上图形信息。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        if node.id not in diagram.drawn:
            yield at(diagram, node, f"{node.words}在图上没有图形")
    for diagram, flow in subject.flows():
        if flow.id not in diagram.drawn:
            yield at(diagram, flow, f"顺序流“{flow.name or flow.id}”在图上没有连线")
