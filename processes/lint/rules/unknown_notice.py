"""A notice that is neither the package's nor shared."""

from __future__ import annotations

from collections.abc import Iterator

from processes.lint.registry import Finding, at, rule
from processes.lint.subject import Subject


@rule(
    "unknown-notice",
    title="没有这份文书",
    why="办到这一步时发不出文书。",
    fix="在 notices 文件夹或 _shared/notices 里加上同名的 HTML 文件，或改正 yc:notice 的 template。",
)
def check(subject: Subject) -> Iterator[Finding]:
    if subject.alone:
        return
    for diagram, node in subject.each():
        for template in node.ext.notices:
            if not subject.has_notice(template):
                yield at(diagram, node, f"{node.words}的文书“{template}”不存在（notices/{template}.html）")
