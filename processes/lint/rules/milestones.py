"""Acceptance, decision and conclusion are recorded on every way that needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from processes.diagram import Node
from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

_WORDS = {"accepted": "受理", "decided": "决定", "concluded": "办结"}


@rule(
    "milestones",
    title="里程碑不全",
    why="办件时限从受理（accepted）算到决定（decided），办结（concluded）之后才算结束；漏了一个，时限和统计就不对。",
    fix="受理、决定、办结处画中间抛出事件或结束事件并写 yc:milestone；每条路到终点前都要经过 concluded。",
)
def check(subject: Subject) -> Iterator[Finding]:
    main, paths = subject.main, subject.paths
    if main is None or paths is None or not main.starts():
        return
    entered = paths.entered()
    for name, words in _WORDS.items():
        if not any(_named(name)(node) and node.id in entered for node in subject.nodes.values()):
            message = f'从开始事件走不到{words}里程碑（yc:milestone name="{name}"）'
            yield Finding(message, main.file, main.line, main.process_id)
    if any(_named("concluded")(node) for node in subject.nodes.values()):
        for end in paths.avoids(_named("concluded")):
            yield at(main, end, f'有的路到{end.words}时还没有办结（yc:milestone name="concluded"）')
    yield from _decided(subject, paths.entered(_named("accepted")))


def _decided(subject: Subject, unaccepted: set[str]) -> Iterator[Finding]:
    for diagram, node in subject.each():
        milestone = node.ext.milestone
        if milestone is None or milestone.name != "decided":
            continue
        if milestone.result is None:
            yield at(diagram, node, f"决定里程碑{node.words}没有写明结果（result）")
        elif milestone.result in ("granted", "refused") and node.id in unaccepted:
            yield at(diagram, node, f"有的路没有经过受理（accepted）就到了决定{node.words}")


def _named(name: str) -> Callable[[Node], bool]:
    return lambda node: node.ext.milestone is not None and node.ext.milestone.name == name
