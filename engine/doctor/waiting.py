"""Invariant 1: every unfinished case has an open task, a pending timer or a visible incident."""

from __future__ import annotations

from collections.abc import Iterator

from engine.doctor.subject import Subject, Violation


def waiting(subject: Subject) -> Iterator[Violation]:
    """A case that nobody can find and nothing will move is lost; so is an open task that no inbox shows."""
    file = subject.file
    for task_id, task in subject.live.items():
        if task_id not in file.listed:
            yield subject.violation(1, f"环节“{task.name}”待办，却不在任何收件箱里", task_id)
    found = file.listed & subject.live.keys() or file.timers or file.incidents
    if file.case.concluded_at is None and not found:
        yield subject.violation(1, "办件未办结，却没有待办环节、没有定时、也没有异常记录")
