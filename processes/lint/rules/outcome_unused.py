"""A choice that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "outcome-unused",
    title="办理结果不影响流程",
    why="受理和决定环节有几种结果，却没有一个条件看它，选哪个都一样。",
    fix="在后面的网关按结果分路。",
)
def check(subject: Subject) -> Iterator[Finding]:
    read = {name for _, _, expression in subject.parsed() for name in expression.names}
    for diagram, node in subject.each("userTask"):
        # a reviewer's outcome may be no more than advice to whoever decides
        if node.ext.stage in ("accept", "decide") and len(node.ext.outcomes) > 1 and (node.id, "outcome") not in read:
            yield at(diagram, node, f"环节{node.words}的结果没有一个条件用到")
