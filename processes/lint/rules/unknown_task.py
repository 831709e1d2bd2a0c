"""``sameAs`` and ``notSameAs`` name tasks of this package."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "unknown-task",
    title="sameAs、notSameAs 指向的环节不对",
    why="指向不存在的环节，回避或同人办理的要求就不起作用；要求同人又排除同人的环节没有人能办。",
    fix="改成流程里人工任务的编号。",
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, node in subject.each("userTask"):
        assign = node.ext.assign
        if assign is None:
            continue
        for id in (*assign.same_as, *assign.not_same_as):
            other = subject.nodes.get(id)
            if other is None or other.type != "userTask" or other.id == node.id:
                yield at(diagram, node, f"环节{node.words}的 sameAs 或 notSameAs 指向的“{id}”不是别的人工任务")
        for id in sorted({*assign.same_as} & {*assign.not_same_as}):
            yield at(diagram, node, f"环节{node.words}既要求与“{id}”同一人，又排除同一人")
