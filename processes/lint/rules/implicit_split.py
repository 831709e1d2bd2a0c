"""Ways part at gateways only."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import GATEWAY_TYPES
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "implicit-split",
    title="没有网关就分叉",
    why="从环节或事件直接分出几条路，看图的人不知道是择一还是并行。",
    fix="在它后面加一个网关，从网关分叉。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each():
        if node.type not in GATEWAY_TYPES and diagram.is_split(node):
            yield at(diagram, node, f"{node.words}之后直接分出了{len(diagram.leaving(node))}条路")
