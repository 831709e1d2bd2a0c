"""Folder, key, process id and owner agree."""

from __future__ import annotations

from collections.abc import Iterator

from processes.bundle import ITEM
from processes.lint.registry import Finding, rule
from processes.lint.subject import Subject


@rule(
    "item-identity",
    title="事项的名称、编号和承办机构对不上",
    why="事项按 key 识别，新版本按同一个 key 接替旧版本；承办机构不存在，办件就没有人办。",
    fix="key 为“机构文件夹-事项文件夹”，流程编号为把连字符换成下划线的 key，owner 为 agency.yaml 里的机构代码。",
)
def check(subject: Subject) -> Iterator[Finding]:
    item = subject.item
    if item is None:
        return
    if subject.folder and item.key != "-".join(subject.folder):
        yield Finding(f"key应为“{'-'.join(subject.folder)}”，与文件夹一致", ITEM, None, "key")
    expected = item.key.replace("-", "_")
    if subject.main and subject.main.process_id != expected:
        main = subject.main
        yield Finding(f"流程编号应为“{expected}”，与事项的key一致", main.file, main.line, main.process_id)
    if subject.agencies is not None and item.owner not in subject.agencies.organisations:
        yield Finding(f"承办机构“{item.owner}”不存在", ITEM, None, "owner")
