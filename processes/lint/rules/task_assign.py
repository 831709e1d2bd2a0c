"""A user task says who works it, a message event who may bring the message."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "task-assign",
    title="环节没有办理人",
    why="没有 yc:assign 的环节不会出现在任何人的待办里，没有 yc:assign 的消息谁也不能送来。",
    fix='给环节写上 yc:assign，说明由哪个角色、哪个机构办理；由申请人办的写 role="applicant"。',
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.assignable():
        if node.readable and node.ext.assign is None:
            yield at(diagram, node, f"{node.called}没有办理人（yc:assign）")
