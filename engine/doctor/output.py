"""What was found, as text for people and JSON for tools."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from engine.doctor.examine import Examination, Tally
from engine.doctor.subject import INVARIANTS, Violation


def report(examination: Examination, say: Callable[[str], None], *, as_json: bool = False) -> int:
    """Carry out the examination and say what it finds; returns the number of violations.

    Text comes line by line as it is found.  JSON is one document:
    ``{"checked": {…counts}, "violations": [{"invariant", "name", "case_no", "task_id", "what"}, …]}``
    """
    if as_json:
        rows = [{**asdict(one), "name": INVARIANTS[one.invariant]} for one in examination]
        document = {"checked": asdict(examination.tally), "violations": rows}
        say(json.dumps(document, ensure_ascii=False, indent=2))
        return len(rows)
    found = 0
    for violation in examination:
        say(line(violation))
        found += 1
    say(summary(found, examination.tally))
    return found


def line(violation: Violation) -> str:
    """Invariant, case, task, and what is wrong."""
    parts = [
        f"{violation.invariant} {INVARIANTS[violation.invariant]}",
        f"办件 {violation.case_no}" if violation.case_no else "",
        f"环节 {violation.task_id}" if violation.task_id else "",
        violation.what,
    ]
    return "  ".join(part for part in parts if part)


def summary(found: int, tally: Tally) -> str:
    """What was looked at and how many violations there are."""
    looked = f"检查了 {tally.cases} 个办件、{tally.entries} 条留痕"
    if tally.attachments or tally.receipts:
        looked += f"、{tally.attachments} 份附件、{tally.receipts} 份回执"
    waiting = f"另有 {tally.incidents} 项异常等待管理员处理。" if tally.incidents else ""
    return f"{looked}：" + (f"发现 {found} 处不符。" if found else "全部相符。") + waiting
