"""Conditions read only what exists: outcomes of tasks, routed fields of forms."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "condition-names",
    title="条件里的名称不存在",
    why="读不到的名称永远没有值，条件就永远不成立。",
    fix="写成 环节编号.outcome 或 环节编号.字段；字段要在该环节的表单里，并标有 route: true。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, where, expression in subject.parsed():
        for node_id, key in sorted(expression.names):
            message = _mistake(subject, node_id, key)
            if message:
                yield at(diagram, where, message)


def _mistake(subject: Subject, node_id: str, key: str) -> str | None:
    node = subject.nodes.get(node_id)
    if node is None:
        return f"条件里的“{node_id}”不是流程里的环节"
    if not key:
        return f"条件里的“{node_id}”后面应写明读哪一项，如 {node_id}.outcome"
    if key == "outcome":
        return None if node.type == "userTask" else f"{node.words}不是人工任务，没有办理结果"
    if subject.alone:
        return None
    if node.ext.form is None:
        return f"{node.words}没有表单，读不到“{key}”"
    form = subject.forms.get(node.ext.form)
    if form is None or key in form.routes:
        return None
    return f"字段“{key}”没有标 route: true" if form.field(key) else f"表单“{form.ref}”没有字段“{key}”"
