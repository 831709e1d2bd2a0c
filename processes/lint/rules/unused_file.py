"""Forms and notices that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, rule
from processes.lint.subject import Subject


@rule(
    "unused-file",
    title="没有用到的表单或文书",
    why="没有节点用到的文件多半是名称写错了，或者忘了删。",
    fix="在流程图上引用它，或者删掉。",
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.main is None or subject.alone:
        return
    forms = {node.ext.form for _, node in subject.each()}
    notices = {template for _, node in subject.each() for template in node.ext.notices}
    sent = {message.template for _, node in subject.each() for message in node.ext.notify}
    used = {f"forms/{ref}.yaml" for ref in forms} | {f"notices/{name}.html" for name in notices | sent}
    for name in sorted(subject.files):
        if name.startswith(("forms/", "notices/")) and name not in used:
            yield Finding("没有节点用到这个文件", name)
    called = {f"called/{node.calls}.bpmn" for _, node in subject.each("callActivity")}
    for name in sorted(subject.files):
        if name.startswith("called/") and name not in called:
            yield Finding("没有节点调用这个流程", name)
