"""A role that ``roles.yaml`` does not have."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "unknown-role",
    title="没有这个角色",
    why="没有人担任的角色，环节就没有人能办。",
    fix="改用 bpmn/roles.yaml 里的角色，或在那里加上这个角色。",
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.agencies is None:
        return
    known = {"applicant", *subject.agencies.roles}
    for diagram, node in subject.assignable():
        if node.ext.assign and node.ext.assign.role not in known:
            yield at(diagram, node, f"{node.called}的角色“{node.ext.assign.role}”不存在")
