"""Events as lines of a case's history: what is told of each, and nothing personal.

The history is kept for ever and hashed; names, numbers and free text of people stay in tables from which they can be
deleted, and the applicant is called the applicant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine import events
from engine.audit import Head, link, moment
from engine.contacts import TO_APPLICANT
from engine.grants import GrantRecord
from engine.oversight import WarningAct
from engine.records import Actor, CaseRecord, HistoryEntry, SpanRecord, TaskRecord, TimerRecord

#: what the applicant is called
APPLICANT_NAME = "申请人"


@dataclass(frozen=True, slots=True)
class Line:
    """What one event says."""

    node_id: str | None = None
    task_id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def entries(
    happened: Iterable[events.Event],
    case: CaseRecord,
    actor: Actor,
    now: datetime,
    mandate: GrantRecord | None = None,
) -> tuple[Sequence[HistoryEntry], Head]:
    """History entries of ``happened``, chained to the last entry that ``case`` knows of, and the chain's new head.

    What was done under ``mandate`` says for whom, and on which grant that rests.
    """
    written: list[HistoryEntry] = []
    head = Head(case.history_seq, case.history_hash)
    name = APPLICANT_NAME if is_outsider(actor) else actor.name
    behalf = {"on_behalf": _behalf(mandate)} if mandate else {}
    for event in happened:
        line = line_of(event)
        if line is None:
            continue
        entry = HistoryEntry(
            case_no=case.case_no,
            seq=0,
            at=now,
            kind=kind_of(event),
            actor_id=actor.user_id,
            actor_name=name,
            org=actor.org,
            node_id=line.node_id,
            task_id=line.task_id,
            facts={**line.facts, **behalf},
            prev_hash="",
            hash="",
        )
        written.append(link(head, entry))
        head = Head(written[-1].seq, written[-1].hash)
    return written, head


def _behalf(mandate: GrantRecord) -> Mapping[str, str]:
    return {
        "user_id": mandate.principal_id,
        "name": mandate.principal_name,
        "grant_id": mandate.grant_id,
        "kind": str(mandate.kind),
    }


def is_outsider(actor: Actor) -> bool:
    """True for a citizen or a visitor: neither staff nor the platform."""
    return actor.user_id != "system" and actor.org is None and not actor.groups


def kind_of(event: events.Event) -> str:
    """The event's name in snake_case: ``task_completed``."""
    return snake_case(type(event).__name__)


def snake_case(name: str) -> str:
    """``TaskCompleted`` as ``task_completed``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def line_of(event: events.Event) -> Line | None:
    """What the history says of an event; None when another event of the same act says it already."""
    teller = _TELLERS.get(type(event))
    return teller(event) if teller else None


def _submitted(event: events.CaseSubmitted) -> Line:
    case = event.case
    facts = {
        "item_key": case.item_key,
        "definition_id": case.definition_id,
        "owner_org": case.owner_org,
        "channel": case.channel,
    }
    return Line(facts=facts)


def _milestone(event: events.MilestoneReached) -> Line:
    return Line(event.node_id, facts={"name": event.name, "result": event.result})


def _clock(event: events.ClockChanged) -> Line:
    facts = {
        "clock": event.clock,
        "promised_due_at": _moment(event.promised_due_at),
        "statutory_due_at": _moment(event.statutory_due_at),
        "basis": event.basis,
    }
    return Line(event.node_id, facts=facts)


def _task(task: TaskRecord, **facts: Any) -> Line:
    return Line(task.node_id, task.task_id, {"name": task.name, "stage": task.stage, "group": task.group, **facts})


def _opened(event: events.TaskOpened) -> Line:
    return _task(event.task, due_at=_moment(event.task.due_at))


def _completed(event: events.TaskCompleted) -> Line:
    task = event.task
    return _task(task, outcome=task.outcome, outcome_name=task.outcome_name, opinion=task.opinion is not None)


def _released(event: events.TaskReleased) -> Line:
    return _task(event.task, former_assignee_id=event.former_assignee_id)


def _timer(timer: TimerRecord, **facts: Any) -> Line:
    return Line(timer.node_id, facts={**facts, "due_at": _moment(timer.due_at)})


def _received(event: events.MessageReceived) -> Line:
    return Line(event.node_id, facts={"name": event.node_name, "message": event.message})


def _span(span: SpanRecord) -> Line:
    facts = {"name": span.name, "mode": str(span.mode), "party": span.party, "basis": span.basis}
    return Line(span.node_id, facts=facts)


def _attachments(event: events.AttachmentsBound) -> Line:
    return Line(task_id=event.task_id, facts={"ids": list(event.attachment_ids)})


def _notice(event: events.NoticeIssued) -> Line:
    notice = event.notice
    facts = {"notice_id": notice.notice_id, "template": notice.template, "number": notice.number}
    return Line(notice.node_id, facts=facts)


def _message(event: events.MessageQueued) -> Line:
    return Line(facts={"to": event.message.to, "template": event.message.template})


def _warning(event: events.WarningRaised) -> Line:
    card = event.warning
    task_id = None if card.deadline == "case" else card.deadline
    return Line(task_id=task_id, facts={"level": card.level, "due_at": _moment(card.due_at)})


def _oversight(event: Any) -> Line:
    act: WarningAct = event.act
    key = act.key
    due_on = act.due_on.isoformat() if act.due_on else None
    facts = {"level": key.level, "seq": act.seq, "due_on": due_on}
    return Line(task_id=None if key.deadline == "case" else key.deadline, facts=facts)


def _moved(event: events.DeadlineMoved) -> Line:
    facts = {
        "deadline": event.deadline,
        "name": event.name,
        "before": _moment(event.before),
        "after": _moment(event.after),
        "provisional": event.provisional,
        "change_id": event.change_id,
        "cause": event.cause,
    }
    return Line(event.node_id, event.task_id, facts)


def _concluded(event: events.CaseConcluded) -> Line:
    return Line(facts={"result": event.result})


def _transferred(event: events.TaskTransferred) -> Line:
    task = event.task
    return _task(
        task,
        former_assignee_id=event.former_assignee_id,
        assignee_id=task.assignee_id,
        assignee_name=task.assignee_name,
    )


def _delegation(event: events.TaskDelegated | events.TaskHandedBack | events.TaskRecalled) -> Line:
    grant = event.grant
    names = {"principal_name": grant.principal_name, "agent_name": grant.agent_name}
    return _task(event.task, grant_id=grant.grant_id, principal_id=grant.principal_id, agent_id=grant.agent_id, **names)


def _returned(event: events.TaskReturned) -> Line:
    to = {"to_node_id": event.to_node_id, "to_name": event.to_name, "returns": event.returns}
    return _task(event.task, outcome=event.task.outcome, **to)


def _urged(event: events.CaseUrged) -> Line:
    return Line(facts={"task_ids": list(event.task_ids)})


def _copy(event: events.CopySent | events.CopyRead) -> Line:
    copy = event.copy
    return Line(task_id=copy.task_id, facts={"copy_id": copy.copy_id, "to_id": copy.to_id, "to_name": copy.to_name})


def _question(event: events.QuestionAsked | events.QuestionAnswered) -> Line:
    question = event.question
    name = APPLICANT_NAME if question.to_id == TO_APPLICANT else question.to_name
    facts = {"question_id": question.question_id, "to_id": question.to_id, "to_name": name}
    return Line(task_id=question.task_id, facts=facts)


def _moment(at: datetime | None) -> str | None:
    return moment(at) if at is not None else None


_TELLERS: Mapping[type[events.Event], Callable[[Any], Line]] = {
    events.CaseSubmitted: _submitted,
    events.MilestoneReached: _milestone,
    events.ClockChanged: _clock,
    events.TaskOpened: _opened,
    events.TaskClaimed: lambda event: _task(event.task),
    events.TaskReleased: _released,
    events.TaskCompleted: _completed,
    events.TaskCancelled: lambda event: _task(event.task),
    events.TimerScheduled: lambda event: _timer(event.timer, name=event.name),
    events.TimerFired: lambda event: _timer(event.timer, name=event.name),
    events.TimerCancelled: lambda event: _timer(event.timer),
    events.MessageReceived: _received,
    events.SpanStarted: lambda event: _span(event.span),
    events.SpanEnded: lambda event: _span(event.span),
    events.AttachmentsBound: _attachments,
    events.NoticeIssued: _notice,
    events.MessageQueued: _message,
    events.WarningRaised: _warning,
    events.WarningAcknowledged: _oversight,
    events.WarningExplained: _oversight,
    events.CorrectionOrdered: _oversight,
    events.WarningClosed: _oversight,
    events.CaseConcluded: _concluded,
    events.DeadlineMoved: _moved,
    events.TaskTransferred: _transferred,
    events.TaskDelegated: _delegation,
    events.TaskHandedBack: _delegation,
    events.TaskRecalled: _delegation,
    events.TaskReturned: _returned,
    events.TaskTakenBack: lambda event: _task(event.task),
    events.CaseWithdrawn: lambda event: Line(),
    events.CaseTerminated: lambda event: Line(),
    events.CaseSuspended: lambda event: Line(facts={"basis": event.basis}),
    events.CaseResumed: lambda event: Line(),
    events.CaseUrged: _urged,
    events.CopySent: _copy,
    events.CopyRead: _copy,
    events.QuestionAsked: _question,
    events.QuestionAnswered: _question,
}
