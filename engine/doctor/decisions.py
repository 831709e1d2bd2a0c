"""Invariant 2: at most one decision per task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.doctor.subject import Subject, Violation
from engine.records import HistoryEntry, TaskRecord, TaskStatus

#: entries that tell of the end of a task by a person's word
_DECIDING = frozenset({"task_completed", "task_returned"})


def decisions(subject: Subject) -> Iterator[Violation]:
    """The history tells of one completion for every task that is done and of none for any other."""
    tasks = {task.task_id: task for task in subject.file.tasks}
    rows = Counter(task.task_id for task in subject.file.tasks)
    told: dict[str | None, list[HistoryEntry]] = {}
    for entry in subject.file.history:
        if entry.kind in _DECIDING:
            told.setdefault(entry.task_id, []).append(entry)
    for task_id, entries in told.items():
        if len(entries) > 1:
            yield subject.violation(2, f"同一环节办结了 {len(entries)} 次", task_id)
        if task_id not in tasks:
            yield subject.violation(2, "留痕中办结的环节不在任务表里", task_id)
    for task in tasks.values():
        if rows[task.task_id] > 1:
            yield subject.violation(2, f"任务表里同一环节有 {rows[task.task_id]} 行", task.task_id)
        yield from _told(subject, task, told.get(task.task_id, []))


def _told(subject: Subject, task: TaskRecord, entries: list[HistoryEntry]) -> Iterator[Violation]:
    if task.status is not TaskStatus.DONE:
        if entries:
            yield subject.violation(2, f"留痕说“{task.name}”已办结，任务表说没有", task.task_id)
        return
    if not entries:
        yield subject.violation(2, f"任务表说“{task.name}”已办结，留痕里没有", task.task_id)
        return
    if entries[-1].facts.get("outcome") != task.outcome:
        yield subject.violation(2, f"“{task.name}”的办理结果与留痕不同", task.task_id)
    if entries[-1].actor_id != task.assignee_id:
        yield subject.violation(2, f"“{task.name}”的办理人与留痕不同", task.task_id)
