"""What can be asked of the engine: one user action is one command, one transaction, one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
class RaiseCards(Command):
    """Raise the yellow and red cards of a case and its tasks that have fallen due (the platform itself)."""

    case_no: str


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

    case_no: str
    case_status: str
    task_id: str | None = None
    task_status: str | None = None
    task_version: int | None = None
    #: tasks that the act opened
    opened: tuple[str, ...] = ()
    finished: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for one act, kept for 24 hours."""

    key: str
    user_id: str
    #: SHA-256 of method, path and body
    request_hash: str
