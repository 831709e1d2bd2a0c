"""Every way out of a deciding gateway but the default has a condition."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.rules.condition_place import DECIDING
from processes.lint.subject import Subject


@rule(
    "gateway-conditions",
    title="网关分出的路没有条件",
    why="没有条件的路总是成立，后面的路就永远走不到。",
    fix="给这条顺序流写上条件，或把它设为缺省流。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each(*DECIDING):
        # of a gateway without a default, the flow that lacks a condition is most likely meant to be it
        if not diagram.is_split(node) or not node.default:
            continue
        for flow in diagram.leaving(node):
            if flow.id != node.default and not flow.condition:
                yield at(diagram, flow, f"网关{node.words}分出的“{flow.name or flow.id}”没有条件")
