"""A gateway that decides has a way for when nothing matches."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.rules.condition_place import DECIDING
from processes.lint.subject import Subject


@rule(
    "gateway-default",
    title="分叉的网关没有缺省流",
    why="没有一个条件成立时，办件就走不下去。",
    fix="把最后那条路设为网关的缺省流（default）。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each(*DECIDING):
        ids = {flow.id for flow in diagram.leaving(node)}
        if node.default and node.default not in ids:
            yield at(diagram, node, f"网关{node.words}的缺省流“{node.default}”不是它分出的顺序流")
        elif diagram.is_split(node) and not node.default:
            yield at(diagram, node, f"网关{node.words}没有缺省流（default）")
