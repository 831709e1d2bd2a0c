"""Exactly one none start event; the main one is ``apply``."""

from __future__ import annotations

from collections.abc import Iterator

from processes.diagram import SCOPE_TYPES, Diagram
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "start-event",
    title="开始事件有且只有一个",
    why="办件从开始事件进入流程；主流程的开始事件就是申请，条件里用它的编号 apply 读取申请表。",
    fix="每个流程和子流程画一个没有定义的开始事件；主流程的编号为 apply，有里程碑 submitted。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram in subject.diagrams:
        yield from _one_start(diagram, diagram.process_id, "流程", diagram.line)
    for diagram, node in subject.each(*SCOPE_TYPES):
        yield from _one_start(diagram, node.id, f"子流程{node.words}", node.line)
    starts = subject.main.starts() if subject.main else []
    if subject.main and len(starts) == 1:
        if starts[0].id != "apply":
            yield at(subject.main, starts[0], "主流程开始事件的编号应为 apply")
        milestone = starts[0].ext.milestone
        if starts[0].readable and (milestone is None or milestone.name != "submitted"):
            yield at(subject.main, starts[0], "主流程的开始事件应有里程碑 submitted")


def _one_start(diagram: Diagram, scope: str, words: str, line: int) -> Iterator[Finding]:
    starts = diagram.starts(scope)
    if not starts:
        yield Finding(f"{words}没有开始事件", diagram.file, line, scope)
    for extra in starts[1:]:
        yield at(diagram, extra, f"{words}只能有一个开始事件")
