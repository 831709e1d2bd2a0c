"""Problems as text for people and JSON for tools."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from processes.problems import Problem, Severity, errors

_WORDS = {Severity.ERROR: "错误", Severity.WARNING: "提醒"}


def format_text(problems: Mapping[str, Sequence[Problem]]) -> str:
    """One line per problem, headed by the package, and a count at the end.

    ``problems`` by package name; those of the agencies under ``.``
    """
    lines = []
    for name, found in problems.items():
        if found:
            lines.append(name)
            lines += [f"  {_WORDS[p.severity]}  {p} [{p.rule}]" for p in found]
    every = [p for found in problems.values() for p in found]
    wrong = len(errors(every))
    packages = sum(name != "." for name in problems)
    lines.append(f"检查了{packages}个流程包：{wrong}个错误，{len(every) - wrong}个提醒。")
    return "\n".join(lines)


def format_json(problems: Mapping[str, Sequence[Problem]]) -> str:
    """``[{"package", "rule", "severity", "message", "file", "line", "element"}, …]``"""
    rows = [{"package": name, **p.as_dict()} for name, found in problems.items() for p in found]
    return json.dumps(rows, ensure_ascii=False, indent=2)
