"""A task without a limit, for which the guide publishes none."""

from __future__ import annotations

from collections.abc import Iterator

from processes.item import Span
from processes.lint.registry import Finding, at, rule
from processes.lint.rules.task_limit import published
from processes.lint.subject import Subject


@rule(
    "task-limit-unpublished",
    title="环节没有时限",
    why="办事指南没有公布这个环节的时限，可以不写；但没有时限的环节超期也不会有人知道。",
    fix="定一个内部时限，写上 yc:limit，或写在它所在的子流程、调用活动上，由其中的环节共用；确实不设的可以不改。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("userTask"):
        step = published(subject, node)
        unpublished = step is None or not isinstance(step.limit, Span)
        if node.readable and node.ext.limit is None and unpublished and node.id not in subject.within_limits:
            yield at(diagram, node, f"环节{node.words}没有时限（yc:limit）")
