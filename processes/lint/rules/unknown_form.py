"""A form that is not in the package."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "unknown-form",
    title="没有这个表单",
    why="环节打开时找不到要填的表单。",
    fix="在 forms 文件夹里加上同名的 YAML 文件，或改正 yc:form 的 ref。",
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.alone:
        return
    for diagram, node in subject.each():
        if node.ext.form and not subject.has_form(node.ext.form):
            yield at(diagram, node, f"{node.words}的表单“{node.ext.form}”不存在（forms/{node.ext.form}.yaml）")
