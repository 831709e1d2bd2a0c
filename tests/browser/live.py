"""The real application on a real socket, and a few cases brought to known places."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.serving import make_server

import run
from engine.clock import ManualClock
from engine.commands import ClaimTask, CompleteTask, SubmitCase
from engine.records import APPLICANT_GROUP, Actor, IncidentRecord, TaskRecord
from engine.views import CaseView, Draft
from processes.demo import read_applicants, sample_pdf
from processes.simulate import sample_value
from webapp.app import create_app
from webapp.config import ServiceCentre, WebConfig

ZONE = ZoneInfo("Asia/Shanghai")
ENERGY = "lingshan-energy-review"
#: the sample applicant whose cases these are, and a draft of his
COMPANY, DRAFT = "company1", "d" * 32
CENTRE = ServiceCentre(
    "灵山县政务服务中心",
    "三海街道江南路5号",
    "工作日 9:00–12:00，14:00–17:00",
    "0777-6428820",
    "0777-6428880",
)


def at(text: str) -> datetime:
    """``at("2026-09-14 15:26")`` by the clock on the wall."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@dataclass
class Live:
    """A running site, and what a test needs to know of it."""

    url: str
    platform: run.Platform
    clock: ManualClock
    #: name of the story → case number
    cases: dict[str, str] = field(default_factory=dict)


@contextmanager
def live(home: Path, now: str = "2026-10-14 10:42") -> Iterator[Live]:
    """Serve the site on a free port, its stories told, its clock standing at ``now``."""
    clock = ManualClock(at("2026-09-01 09:00"))
    platform = run.build(run.Settings(home=home), clock)
    run.upgrade(platform.database)
    run.deploy_paths(platform, [run.BPMN], by="平台管理员", note="首次发布")
    run.load_people(platform.services, run.BPMN)
    config = WebConfig(
        secret_key="browser tests only, 0123456789abcdef",
        home=home,
        site_name="灵山县政务服务",
        limit_requests=False,
        centre=CENTRE,
    )
    server = make_server("127.0.0.1", 0, create_app(platform.services, config), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Live(f"http://127.0.0.1:{server.server_port}", platform, clock)
    tell(site)
    clock.set(at(now))
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        platform.database.close()


class Story:
    """Acts on one case at moments of our choosing."""

    def __init__(self, site: Live) -> None:
        self.site, self.services = site, site.platform.services
        self.sample = next(one for one in read_applicants(run.BPMN) if one.username == COMPANY)
        self.citizen = Actor(COMPANY, self.sample.name)
        self.case_no = ""

    def submit(self, when: str, item: str = ENERGY) -> Story:
        self.site.clock.set(at(when))
        definition = self.services.definitions.current(item)
        package = self.services.packages.get(definition.id)
        ref = definition.process.start_node.ext.form
        files = [self.upload(f"{one.name}.pdf", one.id) for one in package.item.materials or () if one.upload]
        command = SubmitCase(
            self.citizen, item, self.sample.applicant(COMPANY), self.values(ref, package.forms), tuple(files)
        )
        self.case_no = self.services.execute(command).case_no
        return self

    def complete(self, when: str, node_id: str, outcome: str | None, opinion: str | None = None, **form: Any) -> Story:
        self.site.clock.set(at(when))
        view = self.services.cases.view(self.case_no)
        assert view is not None
        task = next(t for t in view.tasks if t.node_id == node_id and t.status in ("open", "claimed"))
        definition = self.services.definitions.get(view.case.definition_id)
        package = self.services.packages.get(view.case.definition_id)
        values = self.values(definition.process.nodes[node_id].ext.form, package.forms) | form
        files: tuple[str, ...] = ()
        who = self.staff(task, view)
        if task.group == APPLICANT_GROUP:
            files = (self.upload("节能报告签章页.pdf", "energy_report", task.task_id),)
            values["files"] = list(files)
        self.services.execute(CompleteTask(who, task.task_id, outcome, opinion, values, files))
        return self

    def claim(self, when: str, username: str) -> None:
        self.site.clock.set(at(when))
        view, user = self.services.cases.view(self.case_no), self.services.accounts.by_username(username)
        assert view is not None
        assert user is not None
        task = next(t for t in view.tasks if t.status == "open")
        self.services.execute(ClaimTask(Actor(user.user_id, user.name, user.org, user.groups), task.task_id))

    def draft(self) -> None:
        """An application begun and not yet handed in."""
        definition = self.services.definitions.current(ENERGY)
        package = self.services.packages.get(definition.id)
        values = self.values(definition.process.start_node.ext.form, package.forms)
        self.services.drafts.save(
            Draft(
                draft_id=DRAFT,
                owner=COMPANY,
                item_key=ENERGY,
                item_name=package.item.name,
                definition_id=definition.id,
                values={key: str(value) for key, value in values.items() if not isinstance(value, list)},
                done=("applicant", "s1"),
                updated_at=self.site.clock.now(),
            )
        )

    def staff(self, task: TaskRecord, view: CaseView) -> Actor:
        """Somebody of the task's group, rather one who has not handled the case yet; the applicant for his own task."""
        if task.group == APPLICANT_GROUP:
            return self.citizen
        handled = {t.assignee_id for t in view.tasks}
        group = [user for user in self.services.accounts.staff() if task.group in user.groups]
        user = min(group, key=lambda user: user.user_id in handled)
        return Actor(user.user_id, user.name, user.org, user.groups)

    def upload(self, filename: str, place: str, draft_id: str | None = None) -> str:
        return self.services.files.add(
            field=place,
            filename=filename,
            media_type="application/pdf",
            content=sample_pdf(),
            owner=COMPANY,
            draft_id=draft_id,
            at=self.site.clock.now(),
        ).attachment_id

    def values(self, ref: str | None, forms: Mapping[str, Any]) -> dict[str, Any]:
        """What the samples of a form say."""
        today = self.site.clock.now().date()
        fields = forms[ref].fields if ref else ()
        return {one.key: value for one in fields if (value := sample_value(one, today)) is not None}


def tell(site: Live) -> None:
    """One case under review after the experts, one waiting for a supplement, one paused, one not accepted, one new."""
    review = Story(site).submit("2026-09-14 15:26")
    review.complete("2026-09-15 10:48", "accept", "supplement", "节能报告缺少编制单位签章页", missing=["energy_report"])
    review.complete("2026-09-17 17:32", "fill_supplement", "submitted")
    review.complete("2026-09-18 11:05", "accept", "accepted")
    review.complete("2026-09-20 15:10", *_first_outcome(review))
    review.complete("2026-10-12 16:20", *_first_outcome(review))
    review.claim("2026-10-13 09:05", "ls_lin")
    paused = Story(site).submit("2026-10-09 09:12").complete("2026-10-09 16:00", "accept", "accepted")
    asked = Story(site).submit("2026-10-12 14:05")
    asked.complete("2026-10-13 09:30", "accept", "supplement", "用能设备表未填完整", missing=["energy_report"])
    refused = Story(site).submit("2026-09-08 10:00")
    refused.complete("2026-09-08 16:20", "accept", "not_accepted", "年综合能源消费量不足1000吨标准煤，不需审查")
    fresh = Story(site).submit("2026-10-14 09:05")
    fresh.draft()
    site.cases.update(
        review=review.case_no,
        paused=paused.case_no,
        asked=asked.case_no,
        refused=refused.case_no,
        fresh=fresh.case_no,
    )
    _incidents(site)


def _incidents(site: Live) -> None:
    """Two steps that the process could not take, one of them settled since."""
    tasks = {name: _open_task(site, site.cases[name]) for name in ("paused", "fresh")}
    now = site.clock.now()
    with run.unit_of_work(site.platform.database)() as uow:
        for task in tasks.values():
            cause = "“是否评审”的条件不能判断：“apply.coal”没有值，不能比较大小。"
            record = IncidentRecord(
                task.case_no, task.task_id, "complete_task", "process_fault", cause, "needs_review", now, now
            )
            uow.incidents.note(replace(record, node_id=task.node_id))
        done = tasks["fresh"]
        uow.incidents.settle(done.case_no, done.task_id, now, Actor("admin", "平台管理员"), "补录了年综合能源消费量")
        uow.commit()


def _open_task(site: Live, case_no: str) -> TaskRecord:
    view = site.platform.services.cases.view(case_no)
    assert view is not None
    return next(t for t in view.tasks if t.status in ("open", "claimed"))


def _first_outcome(story: Story) -> tuple[str, str | None]:
    """The open task's node and the code of its first button."""
    view = story.services.cases.view(story.case_no)
    assert view is not None
    task = next(t for t in view.tasks if t.status == "open")
    node = story.services.definitions.get(view.case.definition_id).process.nodes[task.node_id]
    return task.node_id, node.ext.outcomes[0].code if node.ext.outcomes else None
