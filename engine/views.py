"""Read models: what pages and the API show, and the queries that fetch them.

Queries are answered by indexed tables and never load engine state.  ``storage`` implements the protocols; ``webapp``
receives them from ``run.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from engine.contacts import CopyRecord, QuestionRecord, RemarkRecord
from engine.records import (
    CaseRecord,
    FormRecord,
    HistoryEntry,
    IncidentRecord,
    MessageRecord,
    NoticeRecord,
    Organisation,
    SpanRecord,
    TaskRecord,
    WarningRecord,
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a keyset-paged list."""

    rows: Sequence[Row]
    #: opaque; None on the last page
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What a clerk wants to see of the inbox."""

    user_id: str
    groups: frozenset[str]
    #: ``group`` open tasks of my groups, claimed or not · ``claimable`` · ``mine`` · ``done``
    scope: str = "group"
    #: part of a case number, an item's name or an applicant's name
    text: str | None = None
    item_key: str | None = None
    #: name of a step
    step: str | None = None
    org: str | None = None
    #: ``overdue`` · ``today`` · ``soon`` (three working days) · ``paused``
    due: str | None = None
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class DueBounds:
    """Where 'overdue', 'today' and 'soon' end, computed from the calendar by the caller."""

    now: datetime
    #: end of today
    today: datetime
    #: end of the third working day from today
    soon: datetime


#: counting stops behind this number: whoever has more before him needs no exact number, and a count of a million rows
#: would keep him waiting for a second
COUNTED = 999


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Numbers of tasks; ``COUNTED + 1`` stands for more than :data:`COUNTED`."""

    group: int
    claimable: int
    mine: int
    done: int
    overdue: int
    today: int
    soon: int
    paused: int


class Inbox(Protocol):
    def page(self, query: InboxQuery, bounds: DueBounds) -> Page[TaskRecord]:
        """Least time left first; ``done`` newest first."""

    def counts(self, query: InboxQuery, bounds: DueBounds) -> InboxCounts: ...

    def choices(self, groups: frozenset[str]) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
        """Items ``(key, name)`` and step names that occur among the groups' open tasks, for the filters."""

    def task(self, task_id: str) -> TaskRecord | None: ...

    def next_claimable(self, groups: frozenset[str]) -> TaskRecord | None:
        """The unclaimed task of the groups with least time left."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """A filter over cases; None means any."""

    text: str | None = None
    status: str | None = None
    item_key: str | None = None
    #: cases owned by, or with a task in, one of these organisations; None: no such restriction
    orgs: frozenset[str] | None = None
    #: cases of this applicant's account
    applicant_user_id: str | None = None
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    attachment_id: str
    case_no: str | None
    task_id: str | None
    #: the material or form field it was uploaded for
    field: str
    filename: str
    media_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    uploaded_by: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a case page shows, without engine state."""

    #: ``state`` is empty
    case: CaseRecord
    tasks: Sequence[TaskRecord]
    spans: Sequence[SpanRecord]
    history: Sequence[HistoryEntry]
    notices: Sequence[NoticeRecord]
    forms: Sequence[FormRecord]
    attachments: Sequence[Attachment]
    warnings: Sequence[WarningRecord]
    remarks: Sequence[RemarkRecord] = ()
    copies: Sequence[CopyRecord] = ()
    questions: Sequence[QuestionRecord] = ()
    #: acts that could not be carried out and are still waited for
    incidents: Sequence[IncidentRecord] = ()


class CaseQueries(Protocol):
    def page(self, query: CaseQuery) -> Page[CaseRecord]:
        """Newest first, ``state`` empty."""

    def view(self, case_no: str) -> CaseView | None: ...

    def definition_of(self, case_no: str) -> str | None:
        """Content hash of the definition version that the case is pinned to."""

    def by_number_and_phone(self, case_no: str, phone: str) -> CaseRecord | None:
        """For tracking without an account; ``state`` empty."""

    def notice(self, notice_id: str) -> NoticeRecord | None: ...


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of the catalog."""

    key: str
    #: published implementation code, None when the source has none
    code: str | None
    name: str
    agency: str | None
    owner_org: str
    #: 行政许可 / 公共服务 / … or None
    item_type: str | None
    #: 即办件 / 承诺件 / … or None
    kind: str | None
    #: in words, such as 5个工作日, or None
    promised: str | None
    statutory: str | None
    audience: tuple[str, ...]
    definition_id: str
    version: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version of a definition."""

    key: str
    version: int
    definition_id: str
    item_name: str
    published_at: datetime
    published_by: str
    note: str
    in_force: bool
    running_cases: int


class CatalogQueries(Protocol):
    def items(self, text: str | None = None, audience: str | None = None) -> Sequence[ItemRow]:
        """Items in force, by name; ``text`` is searched in name, code and agency."""

    def item(self, key_or_code: str) -> ItemRow | None: ...

    def versions(self, key: str | None = None) -> Sequence[VersionRow]:
        """Newest first, of one definition or of all."""


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident with what its page tells of the case; nothing personal of the applicant."""

    incident: IncidentRecord
    item_name: str
    owner_org: str
    definition_id: str
    #: the task; None for a timer
    task: TaskRecord | None
    #: the process still waits for the task or timer
    waiting: bool

    @property
    def is_open(self) -> bool:
        return self.waiting and self.incident.settled_at is None


class Incidents(Protocol):
    """Acts that could not be carried out."""

    def page(self, *, settled: bool = False, limit: int = 20, cursor: str | None = None) -> Page[IncidentRow]:
        """Open ones by default, the latest first."""

    def get(self, case_no: str, ref: str) -> IncidentRow | None: ...


class Messages(Protocol):
    """The platform's own messages."""

    def of(self, readers: frozenset[str], limit: int = 20, cursor: str | None = None) -> Page[MessageRecord]:
        """Messages to these accounts and groups, newest first."""


class DefinitionStore(Protocol):
    """Published packages as files, immutable, by content hash."""

    def files(self, definition_id: str) -> Mapping[str, bytes] | None:
        """Relative path → content of everything the version is made of."""

    def current(self, key: str) -> str | None:
        """Content hash of the version in force."""

    def version(self, definition_id: str) -> tuple[str, int] | None:
        """``(key, version number)``."""

    def publish(
        self, packages: Sequence[PublishedPackage], *, by: str, note: str, at: datetime
    ) -> Sequence[VersionRow]:
        """Store all packages or none, in one transaction; one whose content is in force already is left as it is."""


@dataclass(frozen=True, slots=True)
class PublishedPackage:
    """A proved package on its way into the store."""

    definition_id: str
    files: Mapping[str, bytes]
    #: the catalog line, ``version`` and ``published_at`` filled by the store
    row: ItemRow


@dataclass(frozen=True, slots=True)
class User:
    """An account."""

    user_id: str
    username: str
    name: str
    #: ``staff`` or ``citizen``
    kind: str
    password_hash: str
    org: str | None
    #: every ``org:role`` held
    groups: frozenset[str]
    active: bool = True
    #: rises when password or roles change: older sessions end
    session_epoch: int = 1
    failed_logins: int = 0
    locked_until: datetime | None = None
    #: of a citizen: identity number or credit code, phone, person or organisation
    id_number: str | None = None
    phone: str | None = None
    applicant_kind: str | None = None


class Accounts(Protocol):
    def by_username(self, username: str) -> User | None: ...

    def by_id(self, user_id: str) -> User | None: ...

    def by_token(self, token_hash: str) -> User | None:
        """The active account an API token belongs to; the SHA-256 of the token is what is stored."""

    def add(self, user: User) -> None:
        """Store a new account; InvalidValue when the user name is taken."""

    def login_failed(self, user_id: str, count: int, locked_until: datetime | None) -> None: ...

    def login_succeeded(self, user_id: str, at: datetime, password_hash: str | None = None) -> None:
        """Reset the failure count; ``password_hash`` when it was rehashed."""

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Also ends the account's other sessions."""

    def end_sessions(self, user_id: str) -> None:
        """End every session of the account, as signing out must: its epoch rises."""

    def staff(self) -> Sequence[User]:
        """Accounts of staff, by organisation and user name."""

    def add_token(self, user_id: str, token_hash: str, label: str, at: datetime) -> None: ...

    def add_organisation(self, organisation: Organisation) -> None: ...

    def organisations(self) -> Sequence[Organisation]: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An application not yet handed in."""

    draft_id: str
    owner: str
    item_key: str
    item_name: str
    definition_id: str
    #: raw values as typed, by field key
    values: Mapping[str, Any]
    #: keys of the question groups already passed
    done: tuple[str, ...]
    updated_at: datetime


class DraftStore(Protocol):
    def get(self, draft_id: str, owner: str) -> Draft | None: ...

    def save(self, draft: Draft) -> None: ...

    def of(self, owner: str) -> Sequence[Draft]: ...

    def remove(self, draft_id: str, owner: str) -> None: ...


class Files(Protocol):
    """Uploaded files: rows in the database, bytes in the file store under their SHA-256."""

    def add(
        self,
        *,
        field: str,
        filename: str,
        media_type: str,
        content: bytes,
        owner: str,
        draft_id: str | None,
        at: datetime,
    ) -> Attachment: ...

    def get(self, attachment_id: str) -> Attachment | None: ...

    def content(self, attachment: Attachment) -> bytes: ...

    def of_draft(self, draft_id: str) -> Sequence[Attachment]: ...

    def remove(self, attachment_id: str, owner: str) -> None:
        """Remove a file that no case holds yet."""
