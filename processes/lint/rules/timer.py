"""A timer is empty and has a limit in working time."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "timer",
    title="定时事件没有时限",
    why="时间由平台按工作日计算：BPMN 自带的时长不认工作日，不用；没有 yc:limit 的定时事件永远不会触发。",
    fix="定时定义留空（<bpmn:timerEventDefinition/>），在事件上写 yc:limit。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("intermediateCatchEvent", "boundaryEvent"):
        if "timerEventDefinition" not in node.events:
            continue
        if node.readable and node.ext.limit is None:
            yield at(diagram, node, f"定时事件{node.words}没有时限（yc:limit）")
        if "timer content" in node.marks:
            yield at(diagram, node, f"定时事件{node.words}的 timerEventDefinition 应留空")
