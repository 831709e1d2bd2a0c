"""What the core reads and writes, as frozen records.  All datetimes are aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.elements import ClockMode, Limit
from engine.process import Process

#: the group of a task that the applicant works
APPLICANT_GROUP = "applicant"


#: outcome of a task that ended by sending the case back; no diagram's outcome can have this code
RETURNED = "_returned"

#: node of the span of a suspended case; no diagram's node can have this id
SUSPENSION = "_suspended"


def group_of(org: str, role: str) -> str:
    """The name of the group of everybody who holds ``role`` in ``org``: ``org:role``."""
    return f"{org}:{role}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts."""

    #: id of the account; ``system`` for the platform itself, ``guest`` for a visitor who proved a case's phone number
    user_id: str
    name: str
    #: code of the organisation of a staff member, else None
    org: str | None = None
    #: every ``org:role`` held
    groups: frozenset[str] = frozenset()
    #: case numbers that this visitor has proved to be the applicant of (case number + phone)
    proved_cases: frozenset[str] = frozenset()

    def may_work(self, group: str) -> bool:
        """True when the actor belongs to ``group``."""
        return group in self.groups


SYSTEM = Actor(user_id="system", name="系统")


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies: a natural person or an organisation."""

    name: str
    #: citizen identity number or unified social credit code
    id_number: str
    phone: str
    #: ``person`` or ``organisation``
    kind: str = "person"
    #: account of the applicant, None when the case came in without one
    user_id: str | None = None
    #: who handles it for the applicant (agent, contact person), None when the applicant does
    agent_name: str | None = None


class CaseStatus(StrEnum):
    """Where a case stands, in the words a citizen sees."""

    SUBMITTED = "submitted"
    SUPPLEMENT = "supplement"
    PROCESSING = "processing"
    SPECIAL = "special"
    DECIDED = "decided"
    #: stopped by the agency, its clock too
    SUSPENDED = "suspended"
    CONCLUDED = "concluded"


class CaseClock(StrEnum):
    """The case clock: before acceptance, running, paused by an activity, stopped by the decision."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case with its engine state."""

    #: ``<region>-<yymmdd>-<seq>``, the case's identity
    case_no: str
    item_key: str
    item_name: str
    #: content hash of the definition version the case is pinned to
    definition_id: str
    #: code of the organisation that owns the case
    owner_org: str
    applicant: Applicant
    #: ``web`` ``window`` ``api`` ``agent``
    channel: str
    status: CaseStatus
    submitted_at: datetime
    #: engine state as :meth:`engine.process.Run.dump` gave it
    state: bytes
    result: str | None = None
    clock: CaseClock = CaseClock.NOT_STARTED
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    concluded_at: datetime | None = None
    delivered_at: datetime | None = None
    promised_due_at: datetime | None = None
    statutory_due_at: datetime | None = None
    #: yellow warning for the promise falls due
    warn_at: datetime | None = None
    #: a deadline rests on a calendar year not yet published
    provisional: bool = False
    #: rises with each change
    version: int = 1
    #: sequence number and hash of the last history entry
    history_seq: int = 0
    history_hash: str = ""


class TaskStatus(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task in the inbox of one group."""

    #: the engine's ref, 32 hex digits
    task_id: str
    case_no: str
    item_key: str
    item_name: str
    applicant_name: str
    node_id: str
    name: str
    #: ``accept`` ``review`` ``decide`` ``deliver`` ``special`` or None
    stage: str | None
    #: ``org:role``, or ``applicant``
    group: str
    #: code of the organisation whose task it is; None for the applicant's
    org: str | None
    status: TaskStatus
    opened_at: datetime
    assignee_id: str | None = None
    assignee_name: str | None = None
    claimed_at: datetime | None = None
    done_at: datetime | None = None
    #: the step's own limit, or that of the nearest activity around it that has one
    due_at: datetime | None = None
    warn_at: datetime | None = None
    #: the case's promised deadline, kept here so that the inbox needs one table
    case_due_at: datetime | None = None
    #: the case clock is paused
    paused: bool = False
    provisional: bool = False
    outcome: str | None = None
    outcome_name: str | None = None
    opinion: str | None = None
    #: whom the assignee works for and the grant that this rests on, when not for himself (see :mod:`engine.grants`)
    principal_id: str | None = None
    principal_name: str | None = None
    grant_id: str | None = None
    #: given to the assignee by the principal, to whom it goes back before it is concluded (委派)
    delegated: bool = False
    #: when somebody last asked for it to be hurried
    urged_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class TimerRecord:
    """A timer of the diagram that waits to fire."""

    timer_id: str  # the engine's ref
    case_no: str
    node_id: str
    due_at: datetime
    #: when its limit began to run
    started_at: datetime | None = None
    #: does not run while the case is suspended
    held: bool = False


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """An interval spent in an activity that declares ``yc:clock``."""

    #: the engine's ref of the activity
    span_id: str
    case_no: str
    node_id: str
    name: str
    mode: ClockMode
    party: str
    basis: str | None
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a case's history, chained by hash (see :mod:`engine.audit`)."""

    case_no: str
    #: 1, 2, 3 … without gaps
    seq: int
    at: datetime
    #: what happened, the event's name in snake_case: ``task_completed`` …
    kind: str
    actor_id: str
    actor_name: str
    org: str | None
    node_id: str | None
    task_id: str | None
    #: JSON-able facts needed to say it in words; no personal data
    facts: Mapping[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """A notice issued to the applicant."""

    notice_id: str
    case_no: str
    #: name of the template within the pinned definition version
    template: str
    #: the document's number, such as 灵审受字〔2026〕第000123号
    number: str
    issued_at: datetime
    node_id: str
    #: facts the template shows, fixed at issue
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FormRecord:
    """What was filled in on one form: kept in its own table, never in engine state."""

    case_no: str
    #: node id of the start event, user task or message event
    node_id: str
    #: task (or the engine's ref of the message event) the form belongs to; None for the application itself
    task_id: str | None
    values: Mapping[str, Any]
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message that the outbox will deliver."""

    message_id: str
    case_no: str
    #: ``applicant``, ``assignee`` or ``supervisor``
    to: str
    #: phone number or account
    address: str
    template: str
    facts: Mapping[str, Any]
    created_at: datetime
    #: account or group in whose list of messages it stands; None for an applicant without an account
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that this worker alone may send for a while."""

    message: MessageRecord
    #: 1 for the first attempt
    attempt: int


@dataclass(frozen=True, slots=True)
class WarningRecord:
    """A yellow or red card; unique by (case, deadline, level)."""

    case_no: str
    #: ``case`` or the task's id
    deadline: str
    #: ``yellow`` or ``red``
    level: str
    raised_at: datetime
    due_at: datetime
    org: str | None
    assignee_id: str | None


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """An act that the engine could not carry out; the case stands as it stood before.

    One for each task or timer.  It is open as long as the process waits there: whatever moves the case on settles it,
    and so can an administrator.
    """

    case_no: str
    #: the engine's ref of the task or timer
    ref: str
    #: the command's name in snake_case: ``complete_task`` ``fire_timer``
    act: str
    #: code, message and place of the error
    code: str
    message: str
    place: str | None
    first_at: datetime
    last_at: datetime
    #: how often it has been tried
    times: int = 1
    node_id: str | None = None
    #: of a timer: when it is tried again
    retry_at: datetime | None = None
    settled_at: datetime | None = None
    #: account and name of who settled it; ``system`` when the case has moved on
    settled_by: str | None = None
    settled_by_name: str | None = None
    #: what was done about it
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the engine needs of a service item."""

    key: str
    code: str | None
    name: str
    #: 行政许可 / 行政确认 / … as published, None when the source leaves it empty
    type: str | None
    #: 即办件 / 承诺件 / … as published, None when the source leaves it empty
    kind: str | None
    #: code of the organisation that handles the item here
    owner_org: str
    promised: Limit | None = None
    statutory: Limit | None = None
    #: materials of the guide: id → name
    materials: Mapping[str, str] = field(default_factory=dict)
    #: how a decision can be contested, for notices
    remedies: tuple[str, ...] = ()
    #: legal bases in words, for notices
    bases: tuple[str, ...] = ()
    result_name: str | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A published version of an item's procedure, parsed."""

    #: content hash, 64 hex digits
    id: str
    version: int
    item: ItemFacts
    process: Process
    #: form ref → keys of the fields marked ``route: true``
    routes: Mapping[str, frozenset[str]]
    #: notice template → its title and series word, such as ("受理通知书", "受")
    notices: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Organisation:
    """A node of the organisation tree."""

    code: str
    name: str
    #: code of the organisation above, None at the top
    parent: str | None
    #: ``province`` ``city`` ``county`` ``town`` ``village`` ``section`` (股室)
    level: str
    #: six-digit administrative division
    region: str
    #: the word that opens its document numbers (机关代字), such as 灵审
    doc_word: str | None = None
