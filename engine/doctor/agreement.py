"""Invariant 3: engine state and the tables of tasks, timers and spans agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.doctor.subject import Subject, Violation
from engine.process import Kind, Node, Run
from engine.records import SUSPENSION, CaseStatus


def agreement(subject: Subject) -> Iterator[Violation]:
    """Load the state under the definition that the case is pinned to and compare what it waits for, ref by ref."""
    if subject.run is None:
        yield subject.violation(3, f"流程状态不能读取：{subject.fault}")
        return
    yield from _tasks(subject, subject.run)
    yield from _timers(subject, subject.run)
    yield from _spans(subject, subject.run)
    yield from _end(subject, subject.run)


def _tasks(subject: Subject, run: Run) -> Iterator[Violation]:
    waited = {one.ref: one.node for one in run.waiting() if one.kind is Kind.USER}
    live = subject.live
    for ref, task in live.items():
        if ref not in waited:
            yield subject.violation(3, f"环节“{task.name}”待办，流程却没有在等它", ref)
        elif task.node_id != waited[ref].id:
            yield subject.violation(3, f"环节“{task.name}”在流程里是“{waited[ref].name}”", ref)
    stored = {task.task_id: task for task in subject.file.tasks}
    for ref, node in waited.items():
        if ref not in live:
            there = f"任务的状态是 {stored[ref].status}" if ref in stored else "任务表里没有这个任务"
            yield subject.violation(3, f"流程在等“{node.name}”，{there}", ref)


def _timers(subject: Subject, run: Run) -> Iterator[Violation]:
    waited = {one.ref: one.node for one in run.waiting() if one.kind is Kind.TIMER}
    stored = {timer.timer_id: timer.node_id for timer in subject.file.timers}
    yield from _compare(subject, "定时", waited, stored)
    suspended = subject.file.case.status is CaseStatus.SUSPENDED
    for timer in subject.file.timers:
        if timer.held != suspended:
            yield subject.violation(3, f"节点 {timer.node_id} 的定时是停是走，与办件是否挂起不符（{timer.timer_id}）")


def _spans(subject: Subject, run: Run) -> Iterator[Violation]:
    waited = {one.ref: one.node for one in run.waiting() if one.node.ext.clock is not None}
    open_spans = [span for span in subject.file.spans if span.ended_at is None]
    stored = {span.span_id: span.node_id for span in open_spans if span.node_id != SUSPENSION}
    yield from _compare(subject, "计时区间", waited, stored)
    suspended = len(open_spans) - len(stored)
    if suspended != (subject.file.case.status is CaseStatus.SUSPENDED):
        yield subject.violation(3, f"办件状态是 {subject.file.case.status}，挂起的计时区间却有 {suspended} 个")


def _compare(subject: Subject, what: str, waited: Mapping[str, Node], stored: Mapping[str, str]) -> Iterator[Violation]:
    for ref, node in waited.items():
        if ref not in stored:
            yield subject.violation(3, f"流程停在“{node.name}”，表里没有它的{what}（{ref}）")
        elif stored[ref] != node.id:
            yield subject.violation(3, f"“{node.name}”的{what}记在了节点 {stored[ref]} 上（{ref}）")
    for ref, node_id in stored.items():
        if ref not in waited:
            yield subject.violation(3, f"表里有节点 {node_id} 的{what}，流程却没有停在那里（{ref}）")


def _end(subject: Subject, run: Run) -> Iterator[Violation]:
    case = subject.file.case
    if run.finished and case.concluded_at is None:
        yield subject.violation(3, "流程已经走完，办件却没有办结时间")
    if (case.status is CaseStatus.CONCLUDED) != (case.concluded_at is not None):
        yield subject.violation(3, f"办件状态是 {case.status}，与办结时间不符")
