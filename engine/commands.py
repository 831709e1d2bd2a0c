"""What can be asked of the engine: one user action is one command, one transaction, one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.grants import GrantKind
from engine.records import Actor, Applicant


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""

    actor: Actor


@dataclass(frozen=True, slots=True)
class SubmitCase(Command):
    """Apply for an item.  Opens the case under the item's version in force."""

    item_key: str
    applicant: Applicant
    #: validated values of the application form, by field key
    form: Mapping[str, Any]
    #: ids of files uploaded beforehand
    attachments: tuple[str, ...] = ()
    channel: str = "web"
    #: draft that this application came from; removed in the same transaction
    draft_id: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimTask(Command):
    """Take a task out of the group's inbox into one's own."""

    task_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ReleaseTask(Command):
    """Give a claimed task back to the group."""

    task_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask(Command):
    """Finish a task with an outcome, an opinion and the form's values."""

    task_id: str
    outcome: str | None
    opinion: str | None = None
    #: validated values of the task's form, by field key
    form: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()
    #: the version the clerk saw; a stale one is refused
    version: int | None = None


@dataclass(frozen=True, slots=True)
class FireTimer(Command):
    """Let a timer of the diagram fire that has fallen due (the platform itself)."""

    timer_id: str
    case_no: str


@dataclass(frozen=True, slots=True)
class DeliverMessage(Command):
    """Bring a message from outside to a case that waits for it."""

    case_no: str
    #: name of the message, as the diagram declares it
    name: str
    #: validated values of the form of the event that waits, by field key
    form: Mapping[str, Any] = field(default_factory=dict)
    #: tells several waits for the same message apart: routing data seen there (``agency``, ``apply.plot``) → its value
    match: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RaiseCards(Command):
    """Raise the yellow and red cards of a case and its tasks that have fallen due (the platform itself)."""

    case_no: str


# -- among colleagues --


@dataclass(frozen=True, slots=True)
class TransferTask(Command):
    """Put a task into the hands of a colleague of the same group (转办)."""

    task_id: str
    #: account of the colleague
    to: str
    reason: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DelegateTask(Command):
    """Let a colleague work a task, which comes back to be concluded (委派)."""

    task_id: str
    to: str
    note: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class HandBackTask(Command):
    """Give a delegated task back to its principal."""

    task_id: str
    opinion: str | None
    #: validated values of the task's form, by field key
    form: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RecallTask(Command):
    """Take a delegated task back before it is handed back."""

    task_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class GiveGrant(Command):
    """Let somebody act for another for a term: a stand-in (AB角) or a chief representative (首席代表)."""

    kind: GrantKind
    principal_id: str
    agent_id: str
    ends_at: datetime
    #: None: from now
    starts_at: datetime | None = None
    #: groups of the principal's; none named: all he is in
    groups: tuple[str, ...] = ()
    #: item keys that it is limited to; none named: all
    items: tuple[str, ...] = ()
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class RevokeGrant(Command):
    """Take a grant away before its term ends."""

    grant_id: str


@dataclass(frozen=True, slots=True)
class UrgeCase(Command):
    """Ask those who have a case to hurry (催办)."""

    case_no: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class SendCopy(Command):
    """Show a case to colleagues who have nothing to do in it (抄送)."""

    case_no: str
    to: tuple[str, ...]
    note: str | None = None
    #: the step from which it is sent
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadCopy(Command):
    """Say that a copy has been read."""

    copy_id: str


@dataclass(frozen=True, slots=True)
class AskQuestion(Command):
    """Ask the applicant or a colleague something about a case (沟通)."""

    case_no: str
    #: ``applicant`` or an account
    to: str
    text: str
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerQuestion(Command):
    """Answer a question that was put to one."""

    question_id: str
    text: str


# -- back and out --


@dataclass(frozen=True, slots=True)
class ReturnTask(Command):
    """Send the case back from a task to an earlier step (退回)."""

    task_id: str
    #: ``previous``, ``applicant`` or the id of a node
    to: str
    reason: str | None
    #: the step leads straight back to the actor instead of forward
    returns: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class TakeBackTask(Command):
    """Take back a task that one has completed while nobody has acted on what followed (拿回)."""

    task_id: str


@dataclass(frozen=True, slots=True)
class WithdrawCase(Command):
    """Withdraw one's application (撤回)."""

    case_no: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TerminateCase(Command):
    """End a case by the agency (终止)."""

    case_no: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class SuspendCase(Command):
    """Stop a case and its clock (挂起)."""

    case_no: str
    #: the article that allows it
    basis: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ResumeCase(Command):
    """Take a suspended case up again (恢复)."""

    case_no: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecomputeDeadlines(Command):
    """Work out a case's deadlines anew after a change of the calendar (the platform itself)."""

    case_no: str
    #: number of the change, and what was changed, in words
    change_id: int
    cause: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command did; JSON-able, so that it can be replayed for the same Idempotency-Key."""

    #: empty for an act that belongs to no case
    case_no: str
    case_status: str
    task_id: str | None = None
    task_status: str | None = None
    task_version: int | None = None
    #: tasks that the act opened
    opened: tuple[str, ...] = ()
    finished: bool = False
    #: what else the act made: copies, a question, a grant
    made: tuple[str, ...] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one act, kept for 24 hours."""

    key: str
    user_id: str
    #: SHA-256 of method, path and body
    request_hash: str
