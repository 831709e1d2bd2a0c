"""Invariant 6, the papers: what the history tells was done is there, and nothing is there that it does not tell of.

The history is written in the same transaction as what it tells of, so a half written act shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.doctor.subject import Subject, Violation
from engine.records import RETURNED, TaskStatus


def writes(subject: Subject) -> Iterator[Violation]:
    """Tasks, notices and attachments against the history; forms and attachments against the tasks they belong to."""
    yield from _tasks(subject)
    yield from _notices(subject)
    yield from _attachments(subject)
    yield from _forms(subject)


def _tasks(subject: Subject) -> Iterator[Violation]:
    told = {entry.task_id for entry in subject.file.history if entry.kind == "task_opened"}
    stored = {task.task_id: task for task in subject.file.tasks}
    for task_id in sorted(map(str, told - stored.keys())):
        yield subject.violation(6, "留痕中开出的环节不在任务表里", task_id)
    for task_id, task in stored.items():
        if task_id not in told:
            yield subject.violation(6, f"环节“{task.name}”没有开出的留痕", task_id)


def _notices(subject: Subject) -> Iterator[Violation]:
    told = {
        str(entry.facts.get("notice_id")): str(entry.facts.get("number"))
        for entry in subject.file.history
        if entry.kind == "notice_issued"
    }
    stored = {notice.notice_id: notice.number for notice in subject.file.notices}
    for notice_id, number in told.items():
        if stored.get(notice_id) != number:
            yield subject.violation(6, f"留痕中发出的文书 {number} 不在，或文号不同")
    for notice_id, number in stored.items():
        if notice_id not in told:
            yield subject.violation(6, f"文书 {number} 没有发出的留痕")


def _attachments(subject: Subject) -> Iterator[Violation]:
    told = {
        str(one): entry.task_id
        for entry in subject.file.history
        if entry.kind == "attachments_bound"
        for one in entry.facts.get("ids", ())
    }
    stored = {one.attachment_id: one.task_id for one in subject.file.attachments}
    for attachment_id, task_id in told.items():
        if attachment_id not in stored or stored[attachment_id] != task_id:
            yield subject.violation(6, f"留痕中收下的附件 {attachment_id} 不在原处", task_id)
    for attachment_id, task_id in stored.items():
        if attachment_id not in told:
            yield subject.violation(6, f"附件 {attachment_id} 没有收下的留痕", task_id)


def _forms(subject: Subject) -> Iterator[Violation]:
    forms = {form.task_id for form in subject.file.forms}
    tasks = {task.task_id: task for task in subject.file.tasks}
    if None not in forms:
        yield subject.violation(6, "申请表不在")
    for task_id in forms - {None} - tasks.keys():
        yield subject.violation(6, "有一份表单所属的环节不在任务表里", task_id)
    if subject.definition is None:
        return
    nodes = subject.definition.process.nodes
    for task_id, task in tasks.items():
        node = nodes.get(task.node_id)
        if task.outcome == RETURNED:  # sent back instead of filled in
            continue
        if task.status is TaskStatus.DONE and node is not None and node.ext.form and task_id not in forms:
            yield subject.violation(6, f"环节“{task.name}”办结时填写的表单不在", task_id)
