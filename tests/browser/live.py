"""The real application on a real socket, with the items of ``bpmn/`` and a few cases brought to known places."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from werkzeug.serving import make_server

from engine.clock import ManualClock
from engine.commands import CompleteTask, SubmitCase
from engine.errors import NotAllowed
from engine.records import APPLICANT_GROUP, Actor, Applicant
from engine.service import Engine
from engine.views import User
from processes.agencies import read_agencies
from processes.catalog import Catalog
from processes.publish import prove, publish
from storage.accounts import Accounts
from storage.calendars import Calendars
from storage.database import connect
from storage.definitions import DefinitionStore
from storage.directory import Directory
from storage.drafts import DraftStore
from storage.files import Files
from storage.migrations import migrate
from storage.queries.cases import CaseQueries
from storage.queries.catalog import CatalogQueries
from storage.queries.inbox import Inbox
from storage.uow import UnitOfWork
from webapp.app import create_app
from webapp.auth.passwords import hash_password
from webapp.config import ServiceCentre, WebConfig
from webapp.services import Services

BPMN = Path(__file__).parents[2] / "bpmn"
ZONE = ZoneInfo("Asia/Shanghai")
PASSWORD = "荔枝红了2026-端午"
ENERGY = "lingshan-energy-review"

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"

GUILI = User(
    user_id="c-guili",
    username="guili",
    name="广西桂荔食品有限公司",
    kind="citizen",
    password_hash="",
    org=None,
    groups=frozenset(),
    id_number="91450721MA5KXTJ94M",
    phone="13877700001",
    applicant_kind="organisation",
)
ZHOU = User(
    user_id="c-zhou",
    username="zhou",
    name="周月娥",
    kind="citizen",
    password_hash="",
    org=None,
    groups=frozenset(),
    id_number="450721198603082264",
    phone="13877700002",
    applicant_kind="person",
)
PROJECT = {
    "project_name": "荔枝深加工及冷链仓储项目",
    "coal": 1286.4,
}


def at(text):
    """``at("2026-09-14 15:26")`` by the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Live:
    """A running site, and what a test needs to know of it."""

    url: str
    services: Services
    clock: ManualClock
    #: name of the story → case number
    cases: dict = field(default_factory=dict)
    stop: object = None


def start(now="2026-10-14 10:42", stories=True):
    """Serve the site on a free port; ``stop()`` ends it and removes what it stored."""
    home = TemporaryDirectory(prefix="yichuang-browser-")
    database = connect(f"sqlite:///{home.name}/yichuang.sqlite3")
    migrate(database)
    clock = ManualClock(at("2026-09-01 09:00"))
    site = assemble(database, Path(home.name), clock)
    people(site)
    config = WebConfig(
        secret_key="browser tests only, 0123456789abcdef",
        home=Path(home.name),
        site_name="灵山县政务服务",
        limit_requests=False,
        centre=ServiceCentre(
            "灵山县政务服务中心",
            "三海街道江南路5号",
            "工作日 9:00–12:00，14:00–17:00",
            "0777-6428820",
            "0777-6428880",
        ),
    )
    server = make_server("127.0.0.1", 0, create_app(site, config), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop():
        server.shutdown()
        thread.join()
        server.server_close()
        database.close()
        home.cleanup()

    live = Live(f"http://127.0.0.1:{server.server_port}", site, clock, stop=stop)
    if stories:
        tell(live)
    clock.set(at(now))
    return live


def assemble(database, home, clock):
    store = DefinitionStore(database)
    found = prove([BPMN])
    publish([BPMN / folder for folder in found.packages], store, by="admin", note="首次发布", at=clock.now())
    catalog = Catalog(store)
    directory = Directory(database)
    agencies, _ = read_agencies(BPMN)
    left = dict(agencies.organisations)
    while left:
        for organisation in [one for one in left.values() if one.parent not in left]:
            directory.put(organisation)
            del left[organisation.code]
    files = Files(database, home / "files")
    engine = Engine(partial(UnitOfWork, database), catalog, directory, Calendars(), clock)
    return Services(
        execute=engine.execute,
        foresee=engine.foresee,
        clock=clock,
        calendars=Calendars(),
        directory=directory,
        accounts=Accounts(database, directory),
        inbox=Inbox(database),
        cases=CaseQueries(database),
        catalog=CatalogQueries(database),
        store=store,
        definitions=catalog,
        packages=catalog.packages,
        drafts=DraftStore(database, files),
        files=files,
        publish=lambda *a, **k: None,
        health=lambda: {"database": "ok"},
        roles=agencies.roles,
    )


def people(site):
    from dataclasses import replace

    stored = hash_password(PASSWORD)
    for user in (GUILI, ZHOU):
        site.accounts.add(replace(user, password_hash=stored))
    agencies, _ = read_agencies(BPMN)
    for person in agencies.people:
        site.accounts.add(
            User(f"s-{person.username}", person.username, person.name, "staff", stored, person.org, person.groups)
        )


class Play:
    """Acts on one case at moments of our choosing."""

    def __init__(self, live, applicant=None):
        self.live, self.case_no = live, None
        self.applicant = applicant or Applicant(
            GUILI.name, GUILI.id_number, GUILI.phone, "organisation", GUILI.user_id, "陆志成"
        )

    def submit(self, when, item=ENERGY, **form):
        self.live.clock.set(at(when))
        citizen = Actor(self.applicant.user_id, self.applicant.name)
        ids = [
            self.upload(name, field)
            for field, name in (("application", "申请书.pdf"), ("energy_report", "节能报告.pdf"))
        ]
        command = SubmitCase(citizen, item, self.applicant, form, tuple(ids))
        self.case_no = self.live.services.execute(command).case_no
        return self

    def upload(self, filename, field, task_id=None):
        return self.live.services.files.add(
            field=field,
            filename=filename,
            media_type="application/pdf",
            content=PDF + filename.encode(),
            owner=self.applicant.user_id,
            draft_id=task_id,
            at=self.live.clock.now(),
        ).attachment_id

    def complete(self, when, node, outcome, opinion=None, **form):
        self.live.clock.set(at(when))
        view = self.live.services.cases.view(self.case_no)
        (task,) = [t for t in view.tasks if t.node_id == node and t.status in ("open", "claimed")]
        files = ()
        if task.group == APPLICANT_GROUP:
            who = Actor(self.applicant.user_id, self.applicant.name)
            files = (self.upload("节能报告签章页.pdf", "energy_report", task.task_id),)
            form["files"] = list(files)
        actors = [who] if task.group == APPLICANT_GROUP else self.staff(task)
        for who in actors:
            with suppress(NotAllowed):
                self.live.services.execute(CompleteTask(who, task.task_id, outcome, opinion, form, files))
                return self
        raise LookupError(f"nobody may work {task.name}")

    @staticmethod
    def staff(task):
        agencies, _ = read_agencies(BPMN)
        return [Actor(f"s-{p.username}", p.name, p.org, p.groups) for p in agencies.people if task.group in p.groups]


def tell(live):
    """The stories: one case under review after an expert review, one to be supplemented, one paused, one concluded."""
    form = sample_form(live)
    review = Play(live).submit("2026-09-14 15:26", **form)
    review.complete("2026-09-15 10:48", "accept", "supplement", "节能报告缺少编制单位签章页", missing=["energy_report"])
    review.complete("2026-09-17 17:32", "fill_supplement", "submitted")
    review.complete("2026-09-18 11:05", "accept", "accepted")
    live.cases["review"] = review.case_no
    commission(review, "2026-09-20 15:10", "2026-10-12 16:20")
    paused = Play(live).submit("2026-10-09 09:12", **form).complete("2026-10-09 16:00", "accept", "accepted")
    live.cases["paused"] = paused.case_no
    asked = Play(live).submit("2026-10-12 14:05", **form)
    asked.complete(
        "2026-10-13 09:30", "accept", "supplement", "节能报告第12页用能设备表未填完整", missing=["energy_report"]
    )
    live.cases["asked"] = asked.case_no
    refused = Play(live).submit("2026-09-08 10:00", **form)
    refused.complete(
        "2026-09-08 16:20", "accept", "not_accepted", "项目年综合能源消费量不足1000吨标准煤，不需要单独进行节能审查"
    )
    live.cases["refused"] = refused.case_no


def commission(play, when, back):
    nodes = {t.node_id for t in play.live.services.cases.view(play.case_no).tasks}
    first = next(n for n in ("commission_review", "commission") if n in nodes)
    play.complete(when, first, outcome_of(play, first))
    view = play.live.services.cases.view(play.case_no)
    (second,) = [t.node_id for t in view.tasks if t.status == "open"]
    play.complete(back, second, outcome_of(play, second))


def outcome_of(play, node_id):
    view = play.live.services.cases.view(play.case_no)
    node = play.live.services.definitions.get(view.case.definition_id).process.nodes[node_id]
    return node.ext.outcomes[0].code if node.ext.outcomes else None


def sample_form(live):
    """Plausible values for every required question of the application."""
    definition = live.services.definitions.current(ENERGY)
    form = live.services.packages.get(definition.id).forms[definition.process.start_node.ext.form]
    values = {}
    for one in form.fields:
        if one.show_if and not one.show_if.holds(values):
            continue
        values[one.key] = SAMPLES.get(one.key, _guess(one))
    return {key: value for key, value in values.items() if value is not None}


SAMPLES = {"project_name": "荔枝深加工及冷链仓储项目"}


def _guess(one):
    kind = str(one.type)
    if kind in ("radio", "select"):
        return one.options[-1].value
    if kind == "checkboxes":
        return [one.options[0].value]
    if kind in ("decimal", "integer"):
        return 1286.4 if kind == "decimal" else 12
    return {"date": "2026-03-08", "checkbox": True}.get(kind, one.label)
