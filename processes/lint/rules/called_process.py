"""A call activity names a shared process that is there."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "called-process",
    title="调用的子流程不对",
    why="找不到调用的子流程，办件走到这里就停住。",
    fix="calledElement 应为 shared_<名称>，_shared/<名称>/process.bpmn 里的流程编号与它相同。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("callActivity"):
        if not node.calls:
            yield at(diagram, node, f"调用活动{node.words}没有写调用哪个流程（calledElement）")
        elif not subject.alone and f"called/{node.calls}.bpmn" not in subject.files:
            yield at(diagram, node, f"调用活动{node.words}调用的流程“{node.calls}”不存在")
    for process_id, diagram in subject.called.items():
        if diagram.process_id != process_id:
            yield Finding(f"流程的编号应为“{process_id}”", diagram.file, diagram.line, diagram.process_id)
