"""``docs/lint/*.md``, written from the rules themselves: ``python -m processes.lint.docs docs/lint``."""

from __future__ import annotations

import sys
from pathlib import Path

from processes.lint.config import SEVERITIES
from processes.lint.registry import Rule, rules
from processes.problems import Severity

_WORDS = {Severity.ERROR: "错误（不能发布）", Severity.WARNING: "提醒"}


def page(rule: Rule) -> str:
    """The page of one rule."""
    return (
        f"# {rule.title} · `{rule.name}`\n\n{_WORDS[SEVERITIES[rule.name]]}\n\n"
        f"**为什么**　{rule.why}\n\n**怎样改**　{rule.fix}\n"
    )


def index() -> str:
    """The list of all rules."""
    rows = "".join(f"| [`{r.name}`]({r.name}.md) | {r.title} | {_WORDS[SEVERITIES[r.name]]} |\n" for r in rules())
    return (
        "# 流程检查规则\n\n`python run.py lint 路径…` 逐条检查流程包；有错误的不能发布。\n\n"
        f"| 规则 | 查什么 | 轻重 |\n|---|---|---|\n{rows}\n"
        "读不了的文件由读取它的一步报告：`bundle`（文件）、`item`、`form`、`notice`、`agency`、`roles`（内容）、"
        "`xml`（不是 XML、有 DOCTYPE、过大）、`vocabulary`（yc 扩展元素）。"
        "规则都通过以后，流程引擎再读一遍，它拒绝的报告为 `engine`。\n"
    )


def write(folder: Path) -> None:
    """Write all pages, and remove those of rules that are gone."""
    pages = {"README.md": index(), **{f"{rule.name}.md": page(rule) for rule in rules()}}
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
