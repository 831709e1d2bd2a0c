"""Conditions stand only where they are looked at."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

DECIDING = frozenset({"exclusiveGateway", "inclusiveGateway"})


@rule(
    "condition-place",
    title="条件不起作用",
    why="引擎只看排他网关和包容网关分叉处的条件，写在别处的条件会被忽略，缺省流上的也是。",
    fix="把条件移到网关分出的顺序流上；缺省流不写条件。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, flow in subject.flows():
        source = diagram.nodes.get(flow.source)
        if flow.condition is None or source is None:
            continue
        if source.type not in DECIDING or not diagram.is_split(source):
            yield at(diagram, flow, f"{source.words}之后的条件不起作用：它不在网关的分叉处")
        elif source.default == flow.id:
            yield at(diagram, flow, f"网关{source.words}的缺省流不应有条件")
