"""What people see has a name in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@rule(
    "names",
    title="没有中文名称",
    why="环节、事件和带条件的路的名称会显示给申请人和办理人。",
    fix="在流程编辑器里双击它，写上中文名称。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        quiet = node.type == "parallelGateway" or (not diagram.is_split(node) and node.type.endswith("Gateway"))
        if not quiet and not _CHINESE.search(node.name):
            yield at(diagram, node, f"“{node.id}”没有中文名称")
    for diagram, flow in subject.flows():
        if flow.condition and not _CHINESE.search(flow.name):
            yield at(diagram, flow, f"带条件的顺序流“{flow.id}”没有中文名称")
