"""Those who accept do not decide."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import Diagram, Node
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "accept-decide-separation",
    title="受理的人可以作决定",
    why="受理、审查与决定相分离：同一个人不应既受理又决定。",
    fix="在决定环节的 yc:assign 上写 notSameAs，列出受理环节的编号。",
)
def check(subject: Subject) -> Iterator[Finding]:
    accepting = [node for _, node in _tasks(subject, "accept")]
    for diagram, node in _tasks(subject, "decide"):
        assign = node.ext.assign
        assert assign is not None
        for other in accepting:
            theirs = other.ext.assign
            if theirs is not None and theirs.org == assign.org and other.id not in assign.not_same_as:
                yield at(diagram, node, f'环节{node.words}没有排除办理过{other.words}的人（notSameAs="{other.id}"）')


def _tasks(subject: Subject, stage: str) -> Iterator[tuple[Diagram, Node]]:
    for diagram, node in subject.each("userTask"):
        if node.ext.stage == stage and node.ext.assign and node.ext.assign.role != "applicant":
            yield diagram, node
