"""Called processes do not call each other in circles, nor too deep."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, rule
from processes.lint.subject import MAX_RUNS, Subject


@rule(
    "call-cycle",
    title="子流程互相调用成环",
    why="调用成环的流程永远走不完。",
    fix="去掉环上的一次调用；要退回重来的，把退回的路画成顺序流。",
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.main and not subject.circular and subject.runs > MAX_RUNS:
        main = subject.main
        yield Finding(f"一个办件要跑{subject.runs}个子流程，最多{MAX_RUNS}个", main.file, main.line, main.process_id)
    for process_id in subject.circular:
        diagram = subject.called.get(process_id, subject.main)
        if diagram is not None:
            yield Finding(f"流程“{process_id}”直接或间接调用了自己，或嵌套过深", diagram.file, diagram.line, process_id)
