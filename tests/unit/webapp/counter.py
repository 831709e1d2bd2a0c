"""A service counter in memory: everything the clerk's pages are handed, small enough to read.

One item (取水许可) with two steps, a handful of people, and tasks that a test puts on the table.  Commands are kept in
``done`` and change nothing but the task's own line; what they raise and foresee is set by the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from engine.calendar import WorkCalendar
from engine.clock import ManualClock
from engine.commands import ClaimTask, Command, CompleteTask, Receipt, ReleaseTask
from engine.elements import Assign, Extensions, Limit, Outcome
from engine.errors import InvalidValue, UnknownDefinition
from engine.hours import Hours
from engine.oversight import WarningCard, WarningKey
from engine.process import Node
from engine.records import (
    Actor,
    Applicant,
    CaseClock,
    CaseRecord,
    CaseStatus,
    Definition,
    FormRecord,
    HistoryEntry,
    IncidentRecord,
    MessageRecord,
    NoticeRecord,
    Organisation,
    TaskRecord,
    TaskStatus,
    WarningRecord,
)
from engine.rulebook import CalendarChange, ChangeKind, DayRule, Own, Progress, PublishedYear, Rulebook
from engine.supervision import WarningFile, WarningRow
from engine.views import Attachment, CaseView, InboxCounts, InboxQuery, IncidentRow, ItemRow, Page, User, VersionRow
from processes.forms import read_form
from processes.item import Item, read_item
from processes.notices import read_notice
from processes.package import Package
from webapp.app import create_app
from webapp.auth import passwords
from webapp.config import WebConfig
from webapp.services import Services

NOW = datetime(2026, 10, 14, 2, 42, tzinfo=UTC)  # 10:42 in Lingshan, a Wednesday
PASSWORD = "荔枝红了-2026"
OFFICE, SECTION, ELSEWHERE = "450721-spj", "450721-spj-tz", "450722-mzj"
ITEM = "lingshan-water-permit"
VERSION = "a" * 64

_FORM = """\
title: 审查
sections:
  - title: 审查要点
    fields:
      - {key: layout, type: review, label: 格式体例, required: true}
      - {key: figures, type: review, label: 数据计算, required: true}
  - title: 核定
    fields:
      - {key: amount, type: decimal, label: 年取水量, unit: 万立方米, required: true, min: 0}
      - {key: missing, type: materials, label: 缺少的材料}
      - {key: scan, type: file, label: 核查记录, accept: [.pdf], max_mb: 5}
"""
_APPLY = """\
title: 取水申请
sections:
  - title: 项目
    fields:
      - {key: site, type: text, label: 取水地点, required: true}
"""
_NOTICE = """\
---
title: 不予受理决定书
word: 不受
---
<p>您（单位）于{{ submitted_on }}提出的“{{ item }}”申请，经审查不予受理。理由：{{ opinion }}</p>
"""


# hashing is slow on purpose; what is tested here is not how slow
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def hashed() -> str:
    return passwords.hash_password(PASSWORD)


def item() -> Item:
    """The guide of the one item."""
    top: dict[str, Any] = dict.fromkeys(one.name for one in fields(Item))
    span = {"unit": "workday", "note": None}
    material = dict.fromkeys(
        ("required", "originals", "copies", "source", "form", "template", "basis", "sign", "accept_standard", "note")
    )
    top |= {
        "key": ITEM,
        "owner": OFFICE,
        "name": "取水许可",
        "kind": "承诺件",
        "codes": {"base": None, "implementation": None, "business": None, "version": None},
        "promised": {"value": 5, **span},
        "statutory": {"value": 20, **span},
        "materials": [
            {"id": "form", "name": "取水许可申请表", "upload": {"accept": [".pdf"], "max_mb": 5}, **material},
            {"id": "report", "name": "水资源论证报告书", "upload": {"accept": [".pdf"], "max_mb": 5}, **material},
        ],
        "source": {"title": "测试", "url": None, "completeness": None},
    }
    return read_item(yaml.safe_dump(top, allow_unicode=True).encode())


@cache
def package() -> Package:
    forms = (read_form(_FORM.encode(), "forms/review.yaml"), read_form(_APPLY.encode(), "forms/apply.yaml"))
    notice = read_notice(_NOTICE.encode(), "notices/non_acceptance.html")
    return Package(VERSION, {}, item(), {form.ref: form for form in forms}, {notice.template: notice})


def nodes() -> dict[str, Node]:
    """An application, an acceptance with three outcomes and no form, a review with a form."""
    accept = Extensions(
        limit=Limit(1),
        assign=Assign("window"),
        outcomes=(
            Outcome("accepted", "受理"),
            Outcome("supplement", "补正", opinion_required=True),
            Outcome("not_accepted", "不予受理", opinion_required=True),
        ),
    )
    review = Extensions(
        limit=Limit(3),
        assign=Assign("reviewer"),
        form="review",
        outcomes=(Outcome("pass", "通过"), Outcome("fail", "不通过", opinion_required=True)),
    )
    all_ = (
        Node("apply", "申请", "startEvent", ITEM, Extensions(form="apply")),
        Node("accept", "受理", "userTask", ITEM, accept),
        Node("review", "审查", "userTask", ITEM, review),
    )
    return {node.id: node for node in all_}


def definition() -> Definition:
    process = SimpleNamespace(id=ITEM, nodes=nodes(), start_node=nodes()["apply"])
    return Definition(VERSION, 3, item().facts(), process, {}, {"non_acceptance": ("不予受理决定书", "不受")})


def user(name: str, kind: str = "staff", *groups: str, org: str | None = OFFICE, **more: Any) -> User:
    """An account whose user name is its id."""
    return User(
        name,
        name,
        more.pop("called", name),
        kind,
        hashed(),
        org if kind == "staff" else None,
        frozenset(groups),
        **more,
    )


CLERK = user("wei", "staff", f"{OFFICE}:window", f"{OFFICE}:reviewer", called="韦晓兰")
COLLEAGUE = user("lu", "staff", f"{OFFICE}:window", called="陆志成")
STRANGER = user("he", "staff", f"{ELSEWHERE}:window", org=ELSEWHERE, called="何美英")
ADMIN = user("huang", "staff", f"{OFFICE}:admin", called="黄志强")
CITIZEN = user(
    "13877700001",
    "citizen",
    called="覃小明",
    id_number="450721199003078512",
    phone="13877700001",
    applicant_kind="person",
)

CAUSE = "“分流”的条件不能判断：“apply.area”没有值，不能比较大小。"

CASE = CaseRecord(
    case_no="450721-261012-0007",
    item_key=ITEM,
    item_name="取水许可",
    definition_id=VERSION,
    owner_org=OFFICE,
    applicant=Applicant("覃小明", "450721199003078512", "13877700001", user_id=CITIZEN.user_id),
    channel="web",
    status=CaseStatus.PROCESSING,
    submitted_at=NOW - timedelta(days=3),
    state=b"",
    clock=CaseClock.RUNNING,
    accepted_at=NOW - timedelta(days=2),
    promised_due_at=NOW + timedelta(days=2, hours=6),
    statutory_due_at=NOW + timedelta(days=23),
)


def a_card(key: WarningKey) -> WarningFile:
    """A red card of the case's own deadline."""
    record = WarningRecord(key.case_no, key.deadline, key.level, NOW, NOW, OFFICE, None)
    return WarningFile(WarningRow(WarningCard(record), ITEM, "取水许可", None, OFFICE, None), CASE, [])


def task(task_id: str = "t-accept", node: str = "accept", case: CaseRecord = CASE, **more: Any) -> TaskRecord:
    """An open task of the case."""
    it = nodes()[node]
    given = {
        "task_id": task_id,
        "case_no": case.case_no,
        "item_key": case.item_key,
        "item_name": case.item_name,
        "applicant_name": case.applicant.name,
        "node_id": node,
        "name": it.name,
        "stage": None,
        "group": f"{OFFICE}:{it.ext.assign.role}" if it.ext.assign else "applicant",
        "org": OFFICE,
        "status": TaskStatus.OPEN,
        "opened_at": NOW - timedelta(days=1),
        "due_at": NOW + timedelta(hours=6),
        "case_due_at": case.promised_due_at,
    }
    return TaskRecord(**(given | more))


def claimed(by: User = CLERK, **more: Any) -> TaskRecord:
    """A task in somebody's hands."""
    return task(
        status=TaskStatus.CLAIMED, assignee_id=by.user_id, assignee_name=by.name, claimed_at=NOW, version=2, **more
    )


def incident(**changes: Any) -> IncidentRow:
    """An open incident of the task ``t-accept``, come three times."""
    record = IncidentRecord(
        CASE.case_no, "t-accept", "complete_task", "process_fault", CAUSE, "split", NOW, NOW, times=3, node_id="accept"
    )
    return IncidentRow(replace(record, **changes), "取水许可", OFFICE, VERSION, task(), waiting=True)


def notice(opinion: str = "材料不齐", template: str = "non_acceptance") -> NoticeRecord:
    facts = {
        "applicant": "覃小明",
        "agency": "灵山县行政审批局",
        "item": "取水许可",
        "opinion": opinion,
        "submitted_on": "2026年10月11日",
        "issued_on": "2026年10月14日",
    }
    return NoticeRecord("n-1", CASE.case_no, template, "灵审不受字〔2026〕第000001号", NOW, "accept", facts)


@dataclass
class Accounts:
    users: dict[str, User]

    def by_username(self, username: str) -> User | None:
        return next((one for one in self.users.values() if one.username == username), None)

    def by_id(self, user_id: str) -> User | None:
        return self.users.get(user_id)

    def by_token(self, token_hash: str) -> User | None:
        return self.users.get(self.tokens.get(token_hash, ""))

    tokens: dict[str, str] = field(default_factory=dict)

    def add(self, user: User) -> None:
        if self.by_username(user.username):
            raise InvalidValue
        self.users[user.user_id] = user

    def change(self, user_id: str, **values: Any) -> None:
        self.users[user_id] = replace(self.users[user_id], **values)

    def login_failed(self, user_id: str, count: int, locked_until: datetime | None) -> None:
        self.change(user_id, failed_logins=count, locked_until=locked_until)

    def login_succeeded(self, user_id: str, at: datetime, password_hash: str | None = None) -> None:
        self.change(user_id, failed_logins=0, locked_until=None)

    def set_password(self, user_id: str, password_hash: str) -> None:
        self.change(user_id, password_hash=password_hash)
        self.end_sessions(user_id)

    def end_sessions(self, user_id: str) -> None:
        self.change(user_id, session_epoch=self.users[user_id].session_epoch + 1)

    def staff(self) -> Sequence[User]:
        return [one for one in self.users.values() if one.kind == "staff"]

    def organisations(self) -> Sequence[Organisation]:
        return list(ORGANISATIONS.values())


ORGANISATIONS = {
    OFFICE: Organisation(OFFICE, "灵山县行政审批局", None, "county", "450721", "灵审"),
    SECTION: Organisation(SECTION, "投资审批股", OFFICE, "section", "450721"),
    ELSEWHERE: Organisation(ELSEWHERE, "浦北县民政局", None, "county", "450722", "浦民"),
}


@dataclass
class Tasks:
    """The inbox and the cases behind it."""

    rows: dict[str, TaskRecord] = field(default_factory=dict)
    case: CaseRecord = CASE
    history: list[HistoryEntry] = field(default_factory=list)
    notices: list[NoticeRecord] = field(default_factory=list)
    forms: list[FormRecord] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    asked: list[InboxQuery] = field(default_factory=list)

    # engine.views.Inbox
    def page(self, query: Any, bounds: Any = None) -> Page[Any]:
        if bounds is None:
            return Page([self.case] if self.rows else [])
        self.asked.append(query)
        return Page(self._of(query)[: query.limit], "next" if len(self._of(query)) > query.limit else None)

    def _of(self, query: InboxQuery) -> list[TaskRecord]:
        live = [t for t in self.rows.values() if t.status in ("open", "claimed") and t.group in query.groups]
        mine = [t for t in self.rows.values() if t.assignee_id == query.user_id]
        return {
            "group": live,
            "claimable": [t for t in live if t.status == "open"],
            "mine": [t for t in mine if t.status == "claimed"],
            "done": [t for t in mine if t.status == "done"],
        }[query.scope]

    def counts(self, query: InboxQuery, bounds: Any) -> InboxCounts:
        sizes = {s: len(self._of(replace(query, scope=s))) for s in ("group", "claimable", "mine", "done")}
        return InboxCounts(**sizes, overdue=0, today=0, soon=0, paused=0)

    def choices(self, groups: frozenset[str]) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
        return [(ITEM, "取水许可")], ["受理", "审查"]

    def task(self, task_id: str) -> TaskRecord | None:
        return self.rows.get(task_id)

    def put(self, *tasks: TaskRecord) -> None:
        self.rows |= {one.task_id: one for one in tasks}

    # engine.views.CaseQueries
    def view(self, case_no: str) -> CaseView | None:
        if case_no != self.case.case_no:
            return None
        tasks = [one for one in self.rows.values() if one.case_no == case_no]
        return CaseView(self.case, tasks, [], self.history, self.notices, self.forms, self.attachments, [])

    def notice(self, notice_id: str) -> NoticeRecord | None:
        return next((one for one in self.notices if one.notice_id == notice_id), None)

    def definition_of(self, case_no: str) -> str | None:
        return self.case.definition_id if case_no == self.case.case_no else None

    def by_number_and_phone(self, case_no: str, phone: str) -> CaseRecord | None:
        return self.case if (case_no, phone) == (self.case.case_no, self.case.applicant.phone) else None


@dataclass
class Files:
    kept: dict[str, tuple[Attachment, str | None, bytes]] = field(default_factory=dict)

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
    ) -> Attachment:
        name = f"file-{len(self.kept) + 1}"
        one = Attachment(name, None, None, field, filename, media_type, len(content), "0" * 64, at, owner)
        self.kept[name] = (one, draft_id, content)
        return one

    def get(self, attachment_id: str) -> Attachment | None:
        return self.kept[attachment_id][0] if attachment_id in self.kept else None

    def content(self, attachment: Attachment) -> bytes:
        return self.kept[attachment.attachment_id][2]

    def of_draft(self, draft_id: str) -> Sequence[Attachment]:
        return [one for one, at, _ in self.kept.values() if at == draft_id]

    def remove(self, attachment_id: str, owner: str) -> None:
        if attachment_id in self.kept and self.kept[attachment_id][0].uploaded_by == owner:
            del self.kept[attachment_id]


class Incidents:
    """Incidents that a test puts on the table."""

    def __init__(self) -> None:
        self.rows: list[IncidentRow] = []

    def page(self, *, settled: bool = False, limit: int = 20, cursor: str | None = None) -> Page[IncidentRow]:
        found = [row for row in self.rows if row.is_open is not settled]
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return Page(found[start : start + limit], more)

    def get(self, case_no: str, ref: str) -> IncidentRow | None:
        return next((r for r in self.rows if (r.incident.case_no, r.incident.ref) == (case_no, ref)), None)


class Repairs:
    """Keeps what was asked for; raises what the test says."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.raises: Exception | None = None

    def _do(self, what: str, actor: Any, *args: str) -> None:
        if self.raises is not None:
            raise self.raises
        self.done.append((what, actor.user_id, *args))

    def retry(self, actor: Any, case_no: str, ref: str) -> None:
        self._do("retry", actor, case_no, ref)

    def ask_again(self, actor: Any, case_no: str, ref: str) -> None:
        self._do("ask", actor, case_no, ref)

    def settle(self, actor: Any, case_no: str, ref: str, remark: str) -> None:
        self._do("settle", actor, case_no, ref, remark)

    def terminate(self, actor: Any, case_no: str, ref: str, reason: str) -> None:
        self._do("terminate", actor, case_no, ref, reason)


@dataclass
class Book:
    """The calendars: what is asked of them is kept, and changes nothing."""

    own: dict[str, Own] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    log: list[CalendarChange] = field(default_factory=list)

    def of(self, org: str | None) -> WorkCalendar:
        return CALENDAR

    def rules(self) -> Rulebook:
        return Rulebook(own=self.own)

    def changes(self, limit: int = 20) -> list[CalendarChange]:
        return self.log[:limit]

    def progress(self, changes: Sequence[CalendarChange]) -> dict[int, Progress]:
        return {change.change_id: Progress(300, 180, False) for change in changes}

    def publish_year(self, year: PublishedYear, by: Actor, at: datetime, why: str) -> CalendarChange:
        return self._keep(ChangeKind.YEAR, "", (year,), by, why)

    def set_days(self, org: str, rules: Sequence[DayRule], by: Actor, at: datetime, why: str) -> CalendarChange:
        return self._keep(ChangeKind.DAYS, org, tuple(rules), by, why)

    def clear_days(self, org: str, days: Sequence[date], by: Actor, at: datetime, why: str) -> CalendarChange:
        return self._keep(ChangeKind.CLEARED, org, tuple(days), by, why)

    def set_hours(self, org: str, hours: Hours, by: Actor, at: datetime, why: str) -> CalendarChange:
        return self._keep(ChangeKind.HOURS, org, (hours,), by, why)

    def _keep(self, kind: ChangeKind, org: str, what: tuple[Any, ...], by: Actor, why: str) -> CalendarChange:
        self.asked.append((kind, org, what, by.user_id, why))
        return CalendarChange(1, kind, org, NOW.date(), None, "改好了", why, by.user_id, by.name, NOW)


@dataclass
class Counter:
    """The application and everything it is handed."""

    clock: ManualClock
    accounts: Accounts
    tasks: Tasks
    files: Files
    home: Path
    #: commands carried out
    done: list[Command] = field(default_factory=list)
    #: raised instead of carrying out a command
    raises: Callable[[Command], Exception | None] = lambda command: None
    incidents: Incidents = field(default_factory=lambda: Incidents())
    repairs: Repairs = field(default_factory=lambda: Repairs())
    #: the outbox, newest first
    messages: list[MessageRecord] = field(default_factory=list)
    #: what any command would decide
    foreseen: tuple[Any, ...] = ()
    book: Book = field(default_factory=Book)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        config = WebConfig(secret_key="x" * 40, home=self.home, limit_requests=False)
        self.app = create_app(self.services(), config)
        self.app.testing = True

    def services(self) -> Services:
        row = ItemRow(
            ITEM, None, "取水许可", None, OFFICE, None, "承诺件", "5个工作日", "20个工作日", (), VERSION, 3, NOW
        )
        version = VersionRow(ITEM, 3, VERSION, "取水许可", NOW, "黄志强", "审查改为3个工作日", True, 4)
        catalog = SimpleNamespace(
            items=lambda text=None, audience=None: [row],
            item=lambda key: row if key == ITEM else None,
            versions=lambda key=None: [version, replace(version, version=2, definition_id="b" * 64, in_force=False)],
        )
        return Services(
            execute=self.execute,
            recall=lambda key: None,
            foresee=self.foresee,
            clock=self.clock,
            calendars=self.book,
            directory=SimpleNamespace(organisation=ORGANISATIONS.get),
            accounts=self.accounts,
            inbox=self.tasks,
            cases=self.tasks,
            supervision=SimpleNamespace(warnings=lambda query: Page([]), warning=a_card),
            catalog=catalog,
            store=SimpleNamespace(files=lambda one: {"process.bpmn": b"<x/>"} if one == VERSION else None),
            definitions=SimpleNamespace(get=_known(definition), current=lambda key: definition()),
            packages=SimpleNamespace(get=_known(package)),
            drafts=SimpleNamespace(of=lambda owner: [], get=lambda draft_id, owner: None),
            files=self.files,
            messages=SimpleNamespace(of=self.messages_of),
            incidents=self.incidents,
            repairs=self.repairs,
            publish=lambda *args, **kwargs: version,
            health=lambda: {"database": "ok"},
            colleagues=SimpleNamespace(held=lambda agent_id, now: []),
            ways_back=lambda actor, task_id: [],
            roles={"window": "综合窗口", "reviewer": "审查人员", "admin": "系统管理员"},
        )

    def messages_of(self, readers: frozenset[str], limit: int = 20, cursor: str | None = None) -> Page[MessageRecord]:
        found = [message for message in self.messages if message.reader in readers]
        return Page(found[:limit], "more" if len(found) > limit else None)

    def execute(self, command: Command, key: Any = None) -> Receipt:
        if error := self.raises(command):
            raise error
        self.done.append(command)
        self._carry_out(command)
        return Receipt(CASE.case_no, "processing", getattr(command, "task_id", None))

    def foresee(self, command: Command) -> Sequence[Any]:
        if error := self.raises(command):
            raise error
        return self.foreseen

    def _carry_out(self, command: Command) -> None:
        who = command.actor
        changes: Mapping[type[Command], dict[str, Any]] = {
            ClaimTask: {"status": TaskStatus.CLAIMED, "assignee_id": who.user_id, "assignee_name": who.name},
            ReleaseTask: {"status": TaskStatus.OPEN, "assignee_id": None, "assignee_name": None},
            CompleteTask: {"status": TaskStatus.DONE, "done_at": NOW, "outcome": getattr(command, "outcome", None)},
        }
        if type(command) in changes:
            one = self.tasks.rows[command.task_id]
            self.tasks.put(replace(one, version=one.version + 1, **changes[type(command)]))

    def browser(self, who: User | None = None) -> FlaskClient:
        """A browser, signed in as ``who``."""
        client = self.app.test_client()
        if who is not None:
            answer = self.post(client, "/login", username=who.username, password=PASSWORD)
            assert answer.status_code == 302, answer.text
        return client

    def post(self, client: FlaskClient, path: str, /, **form: Any) -> Any:
        """Post a form with the session's token, as the pages do."""
        return client.post(path, data={"csrf_token": self.token(client), **form})

    def token(self, client: FlaskClient) -> str:
        page = client.get("/me").text if client.get_cookie("yichuang") else ""
        page = page if "csrf_token" in page else client.get("/login").text
        return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]


CALENDAR = WorkCalendar(
    holidays={date(2026, 10, day): "国庆节" for day in range(1, 8)}, workdays={date(2026, 10, 10)}, years={2026}
)


def _known(make: Callable[[], Any]) -> Callable[[str], Any]:
    def get(definition_id: str) -> Any:
        if definition_id != VERSION:
            raise UnknownDefinition(place=definition_id)
        return make()

    return get


def open_counter(home: Path) -> Counter:
    """A counter with everybody's account and an empty table."""
    people = {one.user_id: one for one in (CLERK, COLLEAGUE, STRANGER, ADMIN, CITIZEN)}
    return Counter(ManualClock(NOW), Accounts(people), Tasks(), Files(), home)
