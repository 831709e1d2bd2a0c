"""The tables.  Columns that hold a record's field carry the field's name.

``cases`` holds the engine state, in its last column: queries that do not ask for it do not read it.  Everything that an
inbox, a list or a ticker looks for has an index made for that one question; partial ones leave out what is over.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from engine.elements import ClockMode
from engine.grants import GrantKind
from engine.oversight import WarningStatus
from engine.records import CaseClock, CaseStatus, TaskStatus
from engine.rulebook import ChangeKind, DayKind
from storage.types import Bytes, Json, Moment, Typed, Word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


def _of_case(*, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    # checked at commit, so that a transaction may write a case and what belongs to it in any order
    key = ForeignKey("cases.case_no", deferrable=True, initially="DEFERRED")
    return Column("case_no", String, key, nullable=nullable, primary_key=primary_key)


cases = Table(
    "cases",
    metadata,
    Column("case_no", String, primary_key=True),
    Column("item_key", String, nullable=False),
    Column("item_name", String, nullable=False),
    Column("definition_id", String, nullable=False),
    Column("owner_org", String, nullable=False),
    Column("applicant_name", Typed, nullable=False),
    Column("applicant_id_number", Typed, nullable=False),
    Column("applicant_phone", Typed, nullable=False),
    Column("applicant_kind", Typed, nullable=False),
    Column("applicant_user_id", String),
    Column("applicant_agent_name", Typed),
    Column("channel", String, nullable=False),
    Column("status", Word(CaseStatus), nullable=False),
    Column("submitted_at", Moment, nullable=False),
    Column("result", String),
    Column("clock", Word(CaseClock), nullable=False),
    Column("accepted_at", Moment),
    Column("decided_at", Moment),
    Column("concluded_at", Moment),
    Column("delivered_at", Moment),
    Column("promised_due_at", Moment),
    Column("statutory_due_at", Moment),
    Column("warn_at", Moment),
    Column("provisional", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("history_seq", Integer, nullable=False),
    Column("history_hash", String, nullable=False),
    # cards raised for the promised deadline: 0 none, 1 yellow, 2 red
    Column("card", SmallInteger, nullable=False, server_default="0"),
    # when the next card falls due; NULL when none will
    Column("card_at", Moment),
    # what a search looks through, in lower case
    Column("search", Typed, nullable=False),
    Column("state", Bytes, nullable=False),
    Index("ix_cases_submitted", "submitted_at", "case_no"),
    Index("ix_cases_status", "status", "submitted_at", "case_no"),
    Index("ix_cases_item", "item_key", "submitted_at", "case_no"),
    _partial(
        "ix_cases_applicant", "applicant_user_id", "submitted_at", "case_no", where="applicant_user_id IS NOT NULL"
    ),
    _partial("ix_cases_card", "card_at", "case_no", where="card_at IS NOT NULL"),
    _partial("ix_cases_running", "definition_id", where="concluded_at IS NULL"),
    # for supervision: what an organisation accepted, concluded and has before it, and what has a card
    _partial("ix_cases_accepted", "owner_org", "accepted_at", "case_no", where="accepted_at IS NOT NULL"),
    _partial("ix_cases_concluded", "owner_org", "concluded_at", "case_no", where="concluded_at IS NOT NULL"),
    _partial("ix_cases_open", "owner_org", "item_key", "case_no", where="concluded_at IS NULL"),
    _partial("ix_cases_carded", "owner_org", "case_no", where="card > 0 AND clock = 'running'"),
)

#: organisations that own a case or had a task in it
case_orgs = Table(
    "case_orgs",
    metadata,
    _of_case(primary_key=True),
    Column("org", String, primary_key=True),
    Column("submitted_at", Moment, nullable=False),
    Index("ix_case_orgs_org", "org", "submitted_at", "case_no"),
)

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", String, primary_key=True),
    _of_case(),
    Column("item_key", String, nullable=False),
    Column("item_name", String, nullable=False),
    Column("applicant_name", Typed, nullable=False),
    Column("node_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("stage", String),
    Column("group", String, nullable=False),
    Column("org", String),
    Column("status", Word(TaskStatus), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("assignee_id", String),
    Column("assignee_name", String),
    Column("claimed_at", Moment),
    Column("done_at", Moment),
    Column("due_at", Moment),
    Column("warn_at", Moment),
    Column("case_due_at", Moment),
    Column("paused", Boolean, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("outcome", String),
    Column("outcome_name", String),
    Column("opinion", Typed),
    Column("version", Integer, nullable=False),
    # for whom the assignee works, and on which grant that rests
    Column("principal_id", String),
    Column("principal_name", String),
    Column("grant_id", String),
    Column("delegated", Boolean, nullable=False, server_default=false()),
    Column("urged_at", Moment),
    # where the task stands in the inbox: running ones by their nearest deadline, after them the idle ones (paused, or
    # without a deadline) by arrival; urgent_at is NULL when the task is in no inbox any more
    Column("idle", Boolean, nullable=False),
    Column("urgent_at", Moment),
    Column("card", SmallInteger, nullable=False, server_default="0"),
    Column("card_at", Moment),
    Column("search", Typed, nullable=False),
    # the first four columns are the order of the inbox; the others let the counts be taken from the index alone
    _partial(
        "ix_tasks_inbox", "group", "idle", "urgent_at", "task_id", "status", "paused", where="urgent_at IS NOT NULL"
    ),
    _partial("ix_tasks_choices", "group", "item_key", "item_name", "name", where="urgent_at IS NOT NULL"),
    _partial("ix_tasks_claimable", "group", "idle", "urgent_at", "task_id", where="status = 'open'"),
    _partial("ix_tasks_mine", "assignee_id", "idle", "urgent_at", "task_id", where="status = 'claimed'"),
    _partial("ix_tasks_done", "assignee_id", "done_at", "task_id", where="status = 'done'"),
    Index("ix_tasks_case", "case_no", "node_id"),
    _partial("ix_tasks_live", "case_no", where="urgent_at IS NOT NULL"),
    _partial("ix_tasks_delegated", "principal_id", where="delegated"),
    _partial("ix_tasks_card", "card_at", "task_id", where="card_at IS NOT NULL"),
    # for supervision: cases by the organisation they lie with, and steps that have a card
    _partial("ix_tasks_held", "org", "item_key", "case_no", "item_name", where="urgent_at IS NOT NULL"),
    _partial("ix_tasks_carded", "org", "case_no", where="card > 0 AND urgent_at IS NOT NULL"),
)

timers = Table(
    "timers",
    metadata,
    Column("timer_id", String, primary_key=True),
    _of_case(),
    Column("node_id", String, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("started_at", Moment),
    # a timer of a suspended case does not run
    Column("held", Boolean, nullable=False, server_default=false()),
    Index("ix_timers_due", "due_at", "timer_id"),
    Index("ix_timers_case", "case_no"),
)

spans = Table(
    "spans",
    metadata,
    Column("span_id", String, primary_key=True),
    _of_case(),
    Column("node_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("mode", Word(ClockMode), nullable=False),
    Column("party", String, nullable=False),
    Column("basis", String),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_spans_case", "case_no", "started_at"),
)

history = Table(
    "history",
    metadata,
    _of_case(primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", String, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("org", String),
    Column("node_id", String),
    Column("task_id", String),
    Column("facts", Json, nullable=False),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)

forms = Table(
    "forms",
    metadata,
    _of_case(primary_key=True),
    Column("node_id", String, primary_key=True),
    # the empty string for the application: a key column cannot be NULL
    Column("task_id", String, primary_key=True),
    Column("values", Json, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("saved_by", String, nullable=False),
)

attachments = Table(
    "attachments",
    metadata,
    Column("attachment_id", String, primary_key=True),
    _of_case(nullable=True),
    Column("task_id", String),
    Column("field", Typed, nullable=False),
    Column("filename", Typed, nullable=False),
    Column("media_type", Typed, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("uploaded_by", String, nullable=False),
    # the draft it was uploaded for, which may be saved later than the file or be gone already
    Column("draft_id", String),
    Index("ix_attachments_case", "case_no", "uploaded_at"),
    Index("ix_attachments_sha256", "sha256"),
    _partial("ix_attachments_draft", "draft_id", "uploaded_at", where="draft_id IS NOT NULL"),
    _partial("ix_attachments_loose", "uploaded_at", where="case_no IS NULL"),
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", String, primary_key=True),
    _of_case(),
    Column("template", String, nullable=False),
    Column("number", String, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("node_id", String, nullable=False),
    Column("facts", Json, nullable=False),
    Index("ix_notices_case", "case_no", "issued_at"),
    Index("ix_notices_number", "number"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", String, primary_key=True),
    _of_case(),
    Column("to", String, nullable=False),
    Column("address", Typed, nullable=False),
    Column("template", String, nullable=False),
    Column("facts", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("reader", String),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # when it is to be sent, and while a worker has it, when its claim lapses; NULL when it is delivered or given up
    Column("due_at", Moment),
    Column("delivered_at", Moment),
    # what carried it out: site, http
    Column("channel", String),
    # why the last attempt failed
    Column("reason", Typed),
    Index("ix_outbox_case", "case_no"),
    _partial("ix_outbox_due", "due_at", "message_id", where="due_at IS NOT NULL"),
    _partial("ix_outbox_reader", "reader", "created_at", "message_id", where="reader IS NOT NULL"),
)

warnings = Table(
    "warnings",
    metadata,
    _of_case(primary_key=True),
    Column("deadline", String, primary_key=True),
    Column("level", String, primary_key=True),
    Column("raised_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("org", String),
    Column("assignee_id", String),
    # where the handling stands, and how many acts there were
    Column("status", Word(WarningStatus), nullable=False, server_default="raised"),
    Column("version", Integer, nullable=False, server_default="0"),
    Index("ix_warnings_raised", "raised_at"),
    Index("ix_warnings_org", "org", "raised_at", "case_no", "deadline", "level"),
)

#: what was done about cards
warning_acts = Table(
    "warning_acts",
    metadata,
    _of_case(primary_key=True),
    Column("deadline", String, primary_key=True),
    Column("level", String, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("status", Word(WarningStatus), nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("org", String),
    Column("text", Typed),
    Column("due_on", Date),
)

#: acts that the engine could not carry out; open while the task or timer they name still waits and nobody settled them
incidents = Table(
    "incidents",
    metadata,
    _of_case(primary_key=True),
    Column("ref", String, primary_key=True),
    Column("act", String, nullable=False),
    Column("code", String, nullable=False),
    Column("message", Typed, nullable=False),
    Column("place", Typed),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Column("node_id", String),
    Column("retry_at", Moment),
    Column("settled_at", Moment),
    Column("settled_by", String),
    Column("settled_by_name", String),
    Column("remark", Typed),
    _partial("ix_incidents_open", "last_at", "case_no", "ref", where="settled_at IS NULL"),
    _partial("ix_incidents_settled", "settled_at", "case_no", "ref", where="settled_at IS NOT NULL"),
)

#: reasons given for acts on a case
remarks = Table(
    "remarks",
    metadata,
    Column("remark_id", String, primary_key=True),
    _of_case(),
    Column("task_id", String),
    Column("kind", String, nullable=False),
    Column("text", Typed, nullable=False),
    Column("by_id", String, nullable=False),
    Column("by_name", String, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_remarks_case", "case_no", "at"),
)

#: who asked for a case to be hurried, once a day each
urges = Table(
    "urges",
    metadata,
    _of_case(primary_key=True),
    Column("by_id", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", Moment, nullable=False),
)

copies = Table(
    "copies",
    metadata,
    Column("copy_id", String, primary_key=True),
    _of_case(),
    Column("item_name", String, nullable=False),
    Column("task_id", String),
    Column("step", String),
    Column("to_id", String, nullable=False),
    Column("to_name", String, nullable=False),
    Column("from_id", String, nullable=False),
    Column("from_name", String, nullable=False),
    Column("note", Typed),
    Column("sent_at", Moment, nullable=False),
    Column("read_at", Moment),
    Index("ix_copies_to", "to_id", "sent_at", "copy_id"),
    Index("ix_copies_case", "case_no"),
)

questions = Table(
    "questions",
    metadata,
    Column("question_id", String, primary_key=True),
    _of_case(),
    Column("item_name", String, nullable=False),
    Column("task_id", String),
    Column("step", String),
    Column("to_id", String, nullable=False),
    Column("to_name", Typed, nullable=False),
    Column("text", Typed, nullable=False),
    Column("asked_by_id", String, nullable=False),
    Column("asked_by_name", String, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("answer", Typed),
    Column("answered_by_id", String),
    Column("answered_by_name", String),
    Column("answered_at", Moment),
    Index("ix_questions_case", "case_no", "asked_at"),
    _partial("ix_questions_open", "to_id", "asked_at", "question_id", where="answered_at IS NULL"),
)

#: powers that one person gives another for a time; never deleted
grants = Table(
    "grants",
    metadata,
    Column("grant_id", String, primary_key=True),
    Column("kind", Word(GrantKind), nullable=False),
    Column("principal_id", String, nullable=False),
    Column("principal_name", String, nullable=False),
    Column("agent_id", String, nullable=False),
    Column("agent_name", String, nullable=False),
    Column("groups", Json, nullable=False),
    Column("items", Json, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("basis", Typed),
    Column("given_by", String, nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("task_id", String),
    Column("revoked_at", Moment),
    Column("revoked_by", String),
    _partial("ix_grants_agent", "agent_id", "starts_at", where="revoked_at IS NULL"),
    Index("ix_grants_principal", "principal_id", "starts_at"),
    _partial("ix_grants_task", "task_id", where="task_id IS NOT NULL"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("series", String, primary_key=True),
    Column("last", Integer, nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Typed, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("request_hash", String, nullable=False),
    # both NULL while the act is under way
    Column("receipt", Json),
    Column("at", Moment),
    Index("ix_idempotency_at", "at"),
)

#: file contents of published packages, each stored once
contents = Table(
    "contents",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("content", Bytes, nullable=False),
)

#: what a published version is made of
definition_files = Table(
    "definition_files",
    metadata,
    Column("definition_id", String, primary_key=True),
    Column("path", Typed, primary_key=True),
    Column("sha256", String, ForeignKey("contents.sha256"), nullable=False),
)

#: every version ever published, with its line of the catalog; content that returns gets a new version number
versions = Table(
    "versions",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("definition_id", String, nullable=False),
    Column("code", Typed),
    Column("name", Typed, nullable=False),
    Column("agency", Typed),
    Column("owner_org", String, nullable=False),
    Column("item_type", Typed),
    Column("kind", Typed),
    Column("promised", Typed),
    Column("statutory", Typed),
    Column("audience", Json, nullable=False),
    Column("search", Typed, nullable=False),
    Column("published_at", Moment, nullable=False),
    Column("published_by", String, nullable=False),
    Column("note", Typed, nullable=False),
    Index("ix_versions_definition", "definition_id", "version"),
    Index("ix_versions_code", "code"),
)

#: the version in force of each item
items = Table(
    "items",
    metadata,
    Column("key", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("definition_id", String, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("code", String, primary_key=True),
    Column("name", Typed, nullable=False),
    Column("parent", String, ForeignKey("organisations.code", deferrable=True, initially="DEFERRED")),
    Column("level", String, nullable=False),
    Column("region", String, nullable=False),
    Column("doc_word", Typed),
)

#: years whose holidays are published
calendar_years = Table(
    "calendar_years",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("source", Typed, nullable=False),
)

#: what the notice of a year says of single days, the last ones of the year before among them
calendar_published = Table(
    "calendar_published",
    metadata,
    Column("year", Integer, ForeignKey("calendar_years.year"), primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("kind", Word(DayKind), nullable=False),
    Column("name", Typed, nullable=False),
)

#: what an organisation says of single days; the empty string stands for the whole platform
calendar_days = Table(
    "calendar_days",
    metadata,
    Column("org", String, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Word(DayKind), nullable=False),
    Column("name", Typed, nullable=False),
)

#: the hours that an organisation keeps from a day on, each as 08:30
calendar_hours = Table(
    "calendar_hours",
    metadata,
    Column("org", String, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("opening", String, nullable=False),
    Column("closing", String, nullable=False),
    # closed at noon; NULL where the office serves through it
    Column("noon_from", String),
    Column("noon_until", String),
)

#: every change of the calendars, for ever
calendar_changes = Table(
    "calendar_changes",
    metadata,
    Column("change_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Word(ChangeKind), nullable=False),
    Column("org", String, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date),
    Column("what", Typed, nullable=False),
    Column("why", Typed, nullable=False),
    Column("by_id", String, nullable=False),
    Column("by_name", Typed, nullable=False),
    Column("at", Moment, nullable=False),
)

#: deadlines to be worked out anew after a change of the calendars
calendar_jobs = Table(
    "calendar_jobs",
    metadata,
    Column("change_id", Integer, ForeignKey("calendar_changes.change_id"), primary_key=True, autoincrement=False),
    # not before every process knows of the change
    Column("ready_at", Moment, nullable=False),
    # cases touched; NULL until they are listed
    Column("total", Integer),
    Column("finished_at", Moment),
    _partial("ix_calendar_jobs_open", "ready_at", where="finished_at IS NULL"),
)

#: cases of a job that are still to be done
calendar_touched = Table(
    "calendar_touched",
    metadata,
    Column("change_id", Integer, ForeignKey("calendar_jobs.change_id"), primary_key=True, autoincrement=False),
    Column("case_no", String, primary_key=True),
    # in somebody's hands until then; whoever was killed lets go of it in this way
    Column("taken_until", Moment),
    Column("tries", Integer, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("username", Typed, nullable=False),
    Column("name", Typed, nullable=False),
    Column("kind", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("org", String, ForeignKey("organisations.code", deferrable=True, initially="DEFERRED")),
    Column("active", Boolean, nullable=False),
    Column("session_epoch", Integer, nullable=False),
    Column("failed_logins", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("id_number", Typed),
    Column("phone", Typed),
    Column("applicant_kind", String),
    Column("last_login_at", Moment),
    UniqueConstraint("username"),
)

#: the ``org:role`` groups of an account
memberships = Table(
    "memberships",
    metadata,
    Column("user_id", String, ForeignKey("users.user_id"), primary_key=True),
    Column("group", String, primary_key=True),
)

tokens = Table(
    "tokens",
    metadata,
    # SHA-256 of the token; the token itself is shown once and kept nowhere
    Column("token_hash", String, primary_key=True),
    Column("user_id", String, ForeignKey("users.user_id"), nullable=False),
    Column("label", Typed, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_tokens_user", "user_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("draft_id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("item_key", String, nullable=False),
    Column("item_name", String, nullable=False),
    Column("definition_id", String, nullable=False),
    Column("values", Json, nullable=False),
    Column("done", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_drafts_owner", "owner", "updated_at"),
)
