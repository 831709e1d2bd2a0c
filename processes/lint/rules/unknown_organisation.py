"""An organisation code that no ``agency.yaml`` has, or a parent that the owner does not have."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject

_RELATIVE = frozenset({"owner", "parent", "lead"})


@rule(
    "unknown-organisation",
    title="没有这个机构",
    why="环节派给不存在的机构，就没有人能办。",
    fix='改用 agency.yaml 里的机构代码；org="parent" 要求承办机构有上级机构。',
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.agencies is None:
        return
    known = subject.agencies.organisations
    owner = known.get(subject.item.owner) if subject.item else None
    for diagram, node in subject.assignable():
        org = node.ext.assign.org if node.ext.assign else "owner"
        if org == "parent" and owner is not None and owner.parent is None:
            yield at(diagram, node, f"{node.called}派给上级机构，但“{owner.name}”没有上级机构")
        elif org not in _RELATIVE and not org.startswith("=") and org not in known:
            yield at(diagram, node, f"{node.called}的机构“{org}”不存在")
