"""Sequence flows join two nodes of the same process or sub-process."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "flow-ends",
    title="顺序流没有接好",
    why="顺序流的两端必须是同一个流程（或子流程）里的节点。",
    fix="重新连接这条顺序流。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, flow in subject.flows():
        ends = [diagram.nodes.get(flow.source), diagram.nodes.get(flow.target)]
        for id, end in zip((flow.source, flow.target), ends, strict=True):
            if end is None:
                yield at(diagram, flow, f"顺序流“{flow.name or flow.id}”的一端“{id}”不存在")
            elif end.scope != flow.scope:
                yield at(diagram, flow, f"顺序流“{flow.name or flow.id}”穿过了子流程的边界")
