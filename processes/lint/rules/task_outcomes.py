"""A user task has at least one button."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "task-outcomes",
    title="环节没有办理结果",
    why="办理结果就是环节页面上的按钮，一个都没有就无法办结这个环节。",
    fix="给环节写上至少一个 yc:outcome。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("userTask"):
        if node.readable and not node.ext.outcomes:
            yield at(diagram, node, f"环节{node.words}没有办理结果（yc:outcome）")
