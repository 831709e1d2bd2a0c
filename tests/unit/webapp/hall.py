"""A service hall in memory: an item with a real diagram, the real engine over dictionaries, read models beside it."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import yaml

from engine.clock import ManualClock
from engine.commands import CompleteTask
from engine.errors import UnknownItem
from engine.records import Actor, CaseStatus, Organisation
from engine.service import Engine
from engine.views import Attachment, CaseView, ItemRow, Page, User
from processes.item import Item
from processes.package import Package
from tests.unit.engine.fakes import Calendars, Directory, Store, at, calendar_2026
from webapp.app import create_app
from webapp.config import ServiceCentre, WebConfig
from webapp.services import Services

OFFICE = "450721-spj"
KEY = "lingshan-well-permit"
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"

CITIZEN = User(
    "c-tan",
    "13877700001",
    "覃小明",
    "citizen",
    "!",
    None,
    frozenset(),
    id_number="450721199003078512",
    phone="13877700001",
    applicant_kind="person",
)
FIRM = replace(
    CITIZEN,
    user_id="c-guili",
    username="guili",
    name="广西桂荔食品有限公司",
    id_number="91450721MA5KXTJ94M",
    applicant_kind="organisation",
)
CLERK = User("s-wei", "wei", "韦晓兰", "staff", "!", OFFICE, frozenset({f"{OFFICE}:window", f"{OFFICE}:approver"}))
STRANGER = User("s-he", "he", "何美英", "staff", "!", "450722-mzj", frozenset({"450722-mzj:window"}))

ITEM = {
    "key": KEY,
    "owner": OFFICE,
    "name": "取水许可",
    "codes": {"base": None, "implementation": "11450721X", "business": None, "version": None},
    "agency": "灵山县行政审批局",
    "promised": {"value": 5, "unit": "workday", "note": None},
    "statutory": {"value": 20, "unit": "workday", "note": None},
    "audience": ["自然人", "企业法人"],
    "fees": {"charged": False},
    "remedies": {"phone": "0777-6428880", "review": "六十日内可以申请行政复议", "litigation": None},
    "source": {"title": "测试", "url": None, "completeness": None},
}
MATERIAL = dict.fromkeys(
    ("originals", "copies", "source", "form", "template", "basis", "sign", "accept_standard", "note")
)
MATERIALS = [
    {**MATERIAL, "id": "request", "name": "申请书", "required": "always", "upload": {"accept": [".pdf"], "max_mb": 1}},
    {
        **MATERIAL,
        "id": "map",
        "name": "位置图",
        "required": "optional",
        "upload": {"accept": [".pdf", ".png"], "max_mb": 1},
    },
    {**MATERIAL, "id": "seal", "name": "印模", "required": "always", "upload": None},
]
APPLY = """\
title: 取水申请
sections:
  - title: 取水地点
    hint: 按实际地点填写。
    fields:
      - {key: site, type: text, label: 取水地点, required: true, min_length: 2}
      - key: built
        type: radio
        label: 是否已经动工
        required: true
        options: [{value: 'yes', label: 已动工}, {value: 'no', label: 未动工}]
      - {key: why, type: textarea, label: 动工说明, required: true, show_if: {field: built, equals: 'yes'}}
  - title: 取水量
    fields:
      - {key: amount, type: decimal, label: 年取水量, unit: 万立方米, required: true, min: 0, places: 2}
      - {key: why_so_much, type: text, label: 水量说明, required: true, show_if: {field: built, equals: 'yes'}}
"""
ACCEPT = """\
title: 受理
sections:
  - title: 材料
    fields:
      - {key: missing, type: materials, label: 需要补正的材料}
"""
SUPPLEMENT = """\
title: 补正
sections:
  - title: 补正
    fields:
      - {key: files, type: uploads, label: 补正材料}
      - {key: note, type: textarea, label: 补正说明}
"""
NOTICES = {
    "acceptance": ("受理通知书", "受", "<p>您于{{ submitted_on }}提出的“{{ item }}”申请，决定予以受理。</p>"),
    "supplement": (
        "补正通知书",
        "补",
        "<ol>{% for name in missing %}<li>{{ name }}</li>{% endfor %}</ol><p>要求：{{ opinion }}</p>",
    ),
    "decision": ("准予决定书", "准", "<p>准予。{% for one in remedies %}{{ one }}{% endfor %}</p>"),
}
NODES = [
    ("startEvent", "apply", "提交申请", '<yc:form ref="apply"/><yc:milestone name="submitted"/>'),
    (
        "userTask",
        "accept",
        "受理",
        '<yc:limit value="1" unit="workday"/><yc:stage name="accept"/><yc:assign role="window"/><yc:form ref="accept"/>'
        '<yc:outcome code="accepted" name="受理"/><yc:outcome code="supplement" name="补正" opinion="required"/>',
    ),
    ("exclusiveGateway", "result", "受理结果", ""),
    ("intermediateThrowEvent", "told", "告知补正", '<yc:notice template="supplement"/>'),
    (
        "userTask",
        "fill",
        "申请人补正材料",
        '<yc:limit value="30" unit="day"/><yc:clock mode="excluded" party="applicant"/><yc:assign role="applicant"/>'
        '<yc:form ref="supplement"/><yc:outcome code="done" name="提交补正"/>',
    ),
    (
        "intermediateThrowEvent",
        "accepted",
        "已受理",
        '<yc:milestone name="accepted"/><yc:notice template="acceptance"/>',
    ),
    (
        "userTask",
        "inspect",
        "现场核查",
        '<yc:limit value="10" unit="workday"/><yc:clock mode="excluded" basis="《行政许可法》第四十五条"/>'
        '<yc:stage name="special"/><yc:assign role="window"/><yc:outcome code="ok" name="核查完毕"/>',
    ),
    (
        "userTask",
        "decide",
        "决定",
        '<yc:stage name="decide"/><yc:assign role="approver"/><yc:outcome code="granted" name="准予"/>'
        '<yc:milestone name="decided" result="granted"/><yc:notice template="decision"/>',
    ),
    ("endEvent", "done", "办结", '<yc:milestone name="concluded" result="granted"/>'),
]
FLOWS = [
    ("apply", "accept", ""),
    ("accept", "result", ""),
    ("result", "accepted", ""),
    ("result", "told", 'accept.outcome == "supplement"'),
    ("told", "fill", ""),
    ("fill", "accept", ""),
    ("accepted", "inspect", ""),
    ("inspect", "decide", ""),
    ("decide", "done", ""),
]


def diagram():
    nodes = "".join(
        f'<bpmn:{kind} id="{id}" name="{name}"{" default=" + chr(34) + "f2" + chr(34) if id == "result" else ""}>'
        f"<bpmn:extensionElements>{ext}</bpmn:extensionElements></bpmn:{kind}>"
        for kind, id, name, ext in NODES
    )
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{i}" sourceRef="{a}" targetRef="{b}">'
        + (f"<bpmn:conditionExpression>{when}</bpmn:conditionExpression>" if when else "")
        + "</bpmn:sequenceFlow>"
        for i, (a, b, when) in enumerate(FLOWS)
    )
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:yc="urn:yichuang:bpmn:1" '
        f'id="d" targetNamespace="t"><bpmn:process id="well" isExecutable="true">{nodes}{flows}</bpmn:process>'
        "</bpmn:definitions>"
    ).encode()


def package(apply=APPLY, **changes):
    """The one item; ``changes`` replace facts of its guide."""
    top = dict.fromkeys(one.name for one in fields(Item)) | ITEM | {"materials": MATERIALS} | changes
    files = {
        "item.yaml": yaml.safe_dump(top, allow_unicode=True).encode(),
        "process.bpmn": diagram(),
        "forms/apply.yaml": apply.encode(),
        "forms/accept.yaml": ACCEPT.encode(),
        "forms/supplement.yaml": SUPPLEMENT.encode(),
        **{
            f"notices/{name}.html": f"---\ntitle: {title}\nword: {word}\n---\n{body}\n".encode()
            for name, (title, word, body) in NOTICES.items()
        },
    }
    return Package.from_files(files)


class Catalog:
    """Published packages: answers Definitions, Packages and CatalogQueries."""

    def __init__(self, *packages):
        self.by_id, self.definitions, self.in_force = {}, {}, {}
        for one in packages:
            self.publish(one)

    def publish(self, one):
        self.by_id[one.definition_id] = one
        self.definitions[one.definition_id] = one.compile(len(self.by_id))
        self.in_force[one.key] = one.definition_id

    def withdraw(self, key):
        del self.in_force[key]

    def current(self, key):
        if key not in self.in_force:
            raise UnknownItem(place=key)
        return self.definitions[self.in_force[key]]

    def get(self, definition_id):
        return self.definitions[definition_id]

    def items(self, text=None, audience=None):
        rows = [self.item(key) for key in self.in_force]
        return [r for r in rows if (not text or text in r.name) and (not audience or audience in r.audience)]

    def item(self, key_or_code):
        for key, id in self.in_force.items():
            it = self.by_id[id].item
            if key_or_code in (key, it.codes.implementation):
                promised = it.promised.words if it.promised else None
                return ItemRow(
                    key,
                    it.codes.implementation,
                    it.name,
                    it.agency,
                    it.owner,
                    it.type,
                    it.kind,
                    promised,
                    None,
                    it.audience or (),
                    id,
                    1,
                    datetime(2026, 9, 1, tzinfo=UTC),
                )
        return None


class NoColleagues:
    """Nobody acts for anybody."""

    def held(self, agent_id, now):
        return []


class Packages:
    def __init__(self, catalog):
        self.get = catalog.by_id.__getitem__


class Files:
    def __init__(self, store):
        self.store, self.kept, self.drafts = store, {}, {}

    def add(self, *, field, filename, media_type, content, owner, draft_id, at):
        id = uuid4().hex
        digest = sha256(content).hexdigest()
        self.kept[id] = (
            Attachment(id, None, None, field, filename, media_type, len(content), digest, at, owner),
            content,
        )
        self.store.tables.attachments[id] = (owner, None, filename)
        self.drafts[id] = draft_id
        return self.kept[id][0]

    def get(self, attachment_id):
        if attachment_id not in self.kept:
            return None
        task = next((e.task_id for e in self.store.tables.history if attachment_id in e.facts.get("ids", ())), None)
        case_no = self.store.tables.attachments[attachment_id][1]
        return replace(self.kept[attachment_id][0], case_no=case_no, task_id=task)

    def content(self, attachment):
        return self.kept[attachment.attachment_id][1]

    def of_draft(self, draft_id):
        return [f for f in map(self.get, self.kept) if self.drafts[f.attachment_id] == draft_id and f.case_no is None]

    def of_case(self, case_no):
        return [f for f in map(self.get, self.kept) if f.case_no == case_no]

    def remove(self, attachment_id, owner):
        if self.kept[attachment_id][0].uploaded_by == owner:
            del self.kept[attachment_id], self.store.tables.attachments[attachment_id]


class Drafts:
    def __init__(self, store):
        self.store, self.kept = store, {}

    def get(self, draft_id, owner):
        known = draft_id in self.store.tables.drafts and self.kept.get(draft_id)
        return known if known and known.owner == owner else None

    def save(self, draft):
        self.kept[draft.draft_id] = draft
        self.store.tables.drafts[draft.draft_id] = draft.owner

    def of(self, owner):
        return [d for d in self.kept.values() if d.owner == owner and d.draft_id in self.store.tables.drafts]

    def remove(self, draft_id, owner):
        if self.get(draft_id, owner):
            del self.store.tables.drafts[draft_id]


class Cases:
    def __init__(self, store, files):
        self.store, self.files = store, files

    def page(self, query):
        rows = [c for c in self.store.tables.cases.values() if c.applicant.user_id == query.applicant_user_id]
        return Page(rows[::-1])

    def view(self, case_no):
        tables = self.store.tables
        case = tables.cases.get(case_no)
        if case is None:
            return None

        def of(rows):
            return [row for row in rows if row.case_no == case_no]

        return CaseView(
            case,
            of(tables.tasks.values()),
            of(tables.spans.values()),
            of(tables.history),
            of(tables.notices),
            of(tables.forms),
            self.files.of_case(case_no),
            of(tables.warnings.values()),
        )

    def definition_of(self, case_no):
        case = self.store.tables.cases.get(case_no)
        return case.definition_id if case else None

    def by_number_and_phone(self, case_no, phone):
        case = self.store.tables.cases.get(case_no)
        return case if case and case.applicant.phone == phone else None


class Messages:
    def __init__(self, store):
        self.store = store

    def of(self, readers, limit=20, cursor=None):
        found = [message for message in reversed(self.store.tables.outbox) if message.reader in readers]
        return Page(found[:limit], "more" if len(found) > limit else None)


class Accounts:
    def __init__(self, *users):
        self.users = {user.user_id: user for user in users}

    def by_id(self, user_id):
        return self.users.get(user_id)


class Hall:
    """The site, its clock, and hands to act with."""

    def __init__(self, limit_requests=False):
        self.clock = ManualClock(at("2026-10-12 09:00"))
        self.store = Store()
        self.catalog = Catalog(package())
        self.files = Files(self.store)
        self.drafts = Drafts(self.store)
        self.cases = Cases(self.store, self.files)
        directory = Directory(Organisation(OFFICE, "灵山县行政审批局", None, "county", "450721", "灵审"))
        calendars = Calendars(calendar_2026())
        engine = Engine(self.store, self.catalog, directory, calendars, self.clock)
        self.services = Services(
            execute=engine.execute,
            recall=engine.recall,
            foresee=engine.foresee,
            clock=self.clock,
            calendars=calendars,
            directory=directory,
            accounts=Accounts(CITIZEN, FIRM, CLERK, STRANGER),
            inbox=None,
            cases=self.cases,
            supervision=None,
            catalog=self.catalog,
            store=None,
            definitions=self.catalog,
            packages=Packages(self.catalog),
            drafts=self.drafts,
            files=self.files,
            messages=Messages(self.store),
            incidents=None,
            repairs=None,
            publish=None,
            health=dict,
            colleagues=NoColleagues(),
            ways_back=engine.ways_back,
            roles={"window": "综合窗口", "approver": "分管领导"},
        )
        centre = ServiceCentre("灵山县政务服务中心", phone="0777-6428820")
        config = WebConfig("0" * 32, Path(), "灵山县政务服务", limit_requests=limit_requests, centre=centre)
        self.app = create_app(self.services, config)
        self.app.testing = True
        self.app.config["WTF_CSRF_METHODS"] = set()

    def client(self, user=None):
        """A browser, signed in as ``user``."""
        browser = self.app.test_client()
        if user is not None:
            now = int(self.clock.now().timestamp())
            with browser.session_transaction() as session:
                session.update({"_user_id": f"{user.user_id}:{user.session_epoch}", "since": now, "seen": now})
        return browser

    @property
    def case(self):
        """The one case handed in."""
        (case,) = self.store.tables.cases.values()
        return case

    def clerk(self, node_id, outcome, opinion=None, **form):
        """A clerk completes the open step."""
        task = self.store.task(node_id)
        actor = Actor(CLERK.user_id, CLERK.name, CLERK.org, CLERK.groups)
        self.services.execute(CompleteTask(actor, task.task_id, outcome, opinion, form))

    def at(self, text):
        self.clock.set(at(text))

    @property
    def concluded(self):
        return self.case.status is CaseStatus.CONCLUDED
