"""Conditions are written in the platform's expression language."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import InvalidExpression
from engine.expressions import parse
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "condition-syntax",
    title="条件写法不对",
    why="引擎只认一种小而安全的表达式语言，别的写法不能执行。",
    fix='如 accept.outcome == "accepted" and apply.coal > 1000；可用的写法见 docs/expressions.md。',
)
def check(subject: Subject) -> Iterator[Finding]:
    for diagram, where, source in subject.expressions():
        try:
            parse(source)
        except InvalidExpression as error:
            yield at(diagram, where, error.message)
