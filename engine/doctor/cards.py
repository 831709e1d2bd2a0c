"""Invariant 5: one alarm per case, deadline and level; none lost, none without a deadline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.doctor.subject import Subject, Violation

_NAMES = {"yellow": "黄牌", "red": "红牌"}


def cards(subject: Subject) -> Iterator[Violation]:
    """Rows, history and what the ticker takes for raised must tell of the same alarms, each once."""
    rows = Counter((card.deadline, card.level) for card in subject.file.warnings)
    told = Counter(
        (entry.task_id or "case", str(entry.facts.get("level")))
        for entry in subject.file.history
        if entry.kind == "warning_raised"
    )
    deadlines = {"case", *(task.task_id for task in subject.file.tasks)}
    for alarm in sorted({*rows, *told}):
        what = _words(*alarm)
        task_id = None if alarm[0] == "case" else alarm[0]
        if rows[alarm] > 1 or told[alarm] > 1:
            yield subject.violation(5, f"{what}发了 {max(rows[alarm], told[alarm])} 次", task_id)
        if not rows[alarm] or not told[alarm]:
            where = "留痕里有、预警表里没有" if told[alarm] else "预警表里有、留痕里没有"
            yield subject.violation(5, f"{what}：{where}", task_id)
        if alarm[0] not in deadlines:
            yield subject.violation(5, f"{what}所指的环节不在任务表里", task_id)
    for deadline, level in subject.file.cards.items():
        if not rows[deadline, level]:
            task_id = None if deadline == "case" else deadline
            yield subject.violation(5, f"{_words(deadline, level)}记为已发，预警表里却没有", task_id)


def _words(deadline: str, level: str) -> str:
    return f"{'办件' if deadline == 'case' else '环节'}的{_NAMES.get(level, level)}"
