"""Invariant 4: the history is numbered without gaps, its hashes verify, and it ends where the case says it ends."""

from __future__ import annotations

from collections.abc import Iterator

from engine.audit import Head, verify
from engine.doctor.subject import Subject, Violation


def trail(subject: Subject) -> Iterator[Violation]:
    """What :func:`engine.audit.verify` finds, against the head that the case's row keeps."""
    case, history = subject.file.case, subject.file.history
    for found in verify(history, Head(case.history_seq, case.history_hash)):
        yield subject.violation(4, f"第 {found.seq} 条：{found.what}")
    if not history:
        yield subject.violation(4, "办件没有任何留痕")
    elif history[0].kind != "case_submitted":
        yield subject.violation(4, f"第 1 条不是收件，而是 {history[0].kind}")
