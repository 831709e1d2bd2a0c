"""Outcome codes and option values that conditions compare with exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "condition-values",
    title="条件里比较的值不存在",
    why="和不存在的办理结果或选项比较，条件永远不成立，办件会走错路。",
    fix="改成该环节 yc:outcome 的 code，或表单选项的 value。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, where, expression in subject.parsed():
        for node_id, key, value in sorted(_compared(expression.body)):
            known = _values(subject, node_id, key)
            if known is not None and value not in known:
                choices = "、".join(sorted(known))
                yield at(diagram, where, f"“{node_id}.{key}”不会是“{value}”，只会是 {choices} 之一")


def _values(subject: Subject, node_id: str, key: str) -> set[str] | None:
    """The values a name can have; None when that is not known or not limited."""
    node = subject.nodes.get(node_id)
    if node is None:
        return None
    if key == "outcome":
        return {outcome.code for outcome in node.ext.outcomes} or None
    form = subject.forms.get(node.ext.form or "")
    field = form.field(key) if form else None
    return {option.value for option in field.options} or None if field else None


def _compared(body: ast.expr) -> set[tuple[str, str, str]]:
    """``(node id, field, text)`` of every comparison of a name with a text or a list of texts, in either order."""
    found = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for left, right in pairwise(sides):
                for name, value in ((left, right), (right, left)):
                    if isinstance(name, ast.Attribute) and isinstance(name.value, ast.Name):
                        found |= {(name.value.id, name.attr, text) for text in _texts(value)}
    return found


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
