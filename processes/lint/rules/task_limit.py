"""A task for which the guide publishes a limit has one."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import Node
from processes.item import Span, Step
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "task-limit",
    title="公布了时限的环节没有时限",
    why="办事指南公布了这个环节的时限，流程图却没有，系统就不会计时和预警。",
    fix="给环节写上 yc:limit，数值与办事指南一致；所在子流程、调用活动的时限是各环节共用的，不能代替它。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("userTask"):
        step = published(subject, node)
        if node.readable and node.ext.limit is None and step is not None and isinstance(step.limit, Span):
            yield at(diagram, node, f"环节{node.words}没有时限（yc:limit）；办事指南公布为{step.limit.words}")


def published(subject: Subject, node: Node) -> Step | None:
    """The published step that the task carries out: the one of the same name."""
    steps = subject.item.steps if subject.item else None
    return next((step for step in steps or () if step.name == node.name), None)
