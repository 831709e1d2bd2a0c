"""Finishing a task."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.act import Act, Decision, Desk
from engine.commands import CompleteTask
from engine.elements import Outcome
from engine.errors import InvalidForm, OpinionRequired, WrongOutcome
from engine.events import AttachmentsBound, FormSaved, TaskCompleted
from engine.handlers.access import check_in_hand, check_may_work, check_not_delegated, open_task
from engine.handlers.routing import routed
from engine.process import Node
from engine.records import FormRecord, TaskRecord, TaskStatus
from engine.settle import move


def complete_task(desk: Desk, command: CompleteTask) -> Decision:
    """Complete a task and run its case to the next wait.

    A task that nobody has claimed is claimed by completing it; the applicant's own tasks need no claim.  Raises
    UnknownTask, TaskNotOpen, NotAllowed or WrongApplicant, AlreadyClaimed, StaleVersion, WrongOutcome,
    OpinionRequired, InvalidForm when values are given and the step has no form, ProcessFault.
    """
    act, task = open_task(desk, command.actor, command.task_id)
    node = act.node(task.node_id)
    check_not_delegated(task)
    check_may_work(act, task)
    check_in_hand(act, task, command.version)
    outcome = _chosen(node, command)
    if command.form and node.ext.form is None:
        raise InvalidForm({}, f"“{node.name}”没有表单。")
    act.done = _done(act, task, command, outcome)
    act.form = command.form
    del act.tasks[task.task_id]
    act.emit(TaskCompleted(act.done))
    _keep_papers(act, node, command)
    data = {node.id: _data(act, node, command, outcome)}
    move(act, lambda run: run.complete(command.task_id, data))
    return act.close(act.done)


def _chosen(node: Node, command: CompleteTask) -> Outcome | None:
    """The outcome that the command names; None for a step that has none.  Raises WrongOutcome and OpinionRequired."""
    if not node.ext.outcomes:
        if command.outcome is not None:
            raise WrongOutcome(f"“{node.name}”没有办理结果可选。", place=node.id)
        return None
    outcome = node.ext.outcome(command.outcome) if command.outcome is not None else None
    if outcome is None:
        names = "、".join(f"{one.name}（{one.code}）" for one in node.ext.outcomes)
        asked = f"没有“{command.outcome}”这个办理结果" if command.outcome else "必须选择办理结果"
        raise WrongOutcome(f"“{node.name}”{asked}，可选：{names}。", place=node.id)
    if outcome.opinion_required and not (command.opinion or "").strip():
        raise OpinionRequired(f"办理结果为“{outcome.name}”时必须填写意见。", place=node.id)
    return outcome


def _done(act: Act, task: TaskRecord, command: CompleteTask, outcome: Outcome | None) -> TaskRecord:
    mandate = act.mandate
    return replace(
        task,
        principal_id=mandate.principal_id if mandate else None,
        principal_name=mandate.principal_name if mandate else None,
        grant_id=mandate.grant_id if mandate else None,
        status=TaskStatus.DONE,
        assignee_id=command.actor.user_id,
        assignee_name=command.actor.name,
        claimed_at=task.claimed_at or act.now,
        done_at=act.now,
        outcome=outcome.code if outcome else None,
        outcome_name=outcome.name if outcome else None,
        opinion=(command.opinion or "").strip() or None,
        version=task.version + 1,
    )


def _data(act: Act, node: Node, command: CompleteTask, outcome: Outcome | None) -> dict[str, Any]:
    values = routed(act.definition, node.ext.form, command.form)
    return {**values, "outcome": outcome.code} if outcome else values


def _keep_papers(act: Act, node: Node, command: CompleteTask) -> None:
    case_no = act.case.case_no
    if node.ext.form is not None:
        form = FormRecord(case_no, node.id, command.task_id, dict(command.form), act.now, command.actor.user_id)
        act.emit(FormSaved(form))
    if command.attachments:
        act.emit(AttachmentsBound(case_no, command.task_id, command.attachments))
