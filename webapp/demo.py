"""The demonstration: sample people, and a month of cases worked by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from engine.clock import ManualClock
from engine.records import Actor
from engine.views import User
from processes.agencies import read_agencies
from processes.demo import plays, read_applicants, sample_pdf
from processes.simulate import Simulation
from webapp.services import Services
from webapp.staffing import PLATFORM, new_administrator

DEMO_PASSWORD = "yichuang-demo"  # noqa: S105 -- printed at every demo start


def load_people(services: Services, bpmn: Path) -> None:
    """The sample people of the agencies below ``bpmn``, sample applicants, and an administrator."""
    known = services.accounts
    if known.by_username("admin"):
        return
    known.add_organisation(PLATFORM)
    administrator = new_administrator("admin", "平台管理员", DEMO_PASSWORD)
    shared_hash = administrator.password_hash  # one for all: hashing a hundred would cost half a minute
    known.add(administrator)
    agencies, _ = read_agencies(bpmn)
    for person in agencies.people:
        known.add(User(person.username, person.username, person.name, "staff", shared_hash, person.org, person.groups))
    for sample in read_applicants(bpmn):
        known.add(
            User(
                sample.username,
                sample.username,
                sample.name,
                "citizen",
                shared_hash,
                None,
                frozenset(),
                id_number=sample.id_number,
                phone=sample.phone,
                applicant_kind=sample.kind,
            )
        )


def demo_accounts() -> str:
    """The accounts to begin with."""
    rows = (
        ("company1", "广西桂荔食品有限公司，申请人"),
        ("ls_chen", "灵山县行政审批局，综合窗口"),
        ("ls_lin", "灵山县行政审批局，审查人员"),
        ("ls_wei", "灵山县行政审批局，审批负责人"),
        ("admin", "平台管理员"),
    )
    lines = [f"  {name:<10} {what}" for name, what in rows]
    return "\n".join([f"演示账号（密码都是 {DEMO_PASSWORD}）：", *lines])


def play_cases(
    services: Services,
    played: Services,
    sweep: Callable[[], object],
    rehearsal: ManualClock,
    bpmn: Path,
    *,
    cases: int,
    days: int,
) -> None:
    """Work ``cases`` cases of the last ``days`` days through ``played``, the same services under ``rehearsal``."""
    calendar = services.calendars.of(None)
    now = services.clock.now()
    samples = read_applicants(bpmn)
    people = [services.accounts.by_username(sample.username) for sample in samples]
    applicants = [sample.applicant(user.user_id) for sample, user in zip(samples, people, strict=True) if user]
    content = sample_pdf()

    def upload(*, field: str, filename: str, owner: str) -> str:
        attachment = services.files.add(
            field=field,
            filename=filename,
            media_type="application/pdf",
            content=content,
            owner=owner,
            draft_id=None,
            at=rehearsal.now(),
        )
        return attachment.attachment_id

    simulation = Simulation(
        execute=played.execute,
        sweep=sweep,
        clock=rehearsal,
        calendar=calendar,
        definitions=played.definitions,
        packages=played.packages.get,
        cases=played.cases,
        staff=[Actor(user.user_id, user.name, user.org, user.groups) for user in services.accounts.staff()],
        upload=upload,
    )
    items = services.catalog.items()
    # the walk-through is at home in one county: its inboxes shall be worth looking at
    items = [*items, *[item for item in items if item.key.startswith("lingshan-")] * 4]
    todo = list(plays(items, applicants, calendar, now, cases=cases, days=days))
    with click.progressbar(length=len(todo), label="办理示例办件") as bar:
        simulation.run(todo, now, progress=lambda done, _: bar.update(done - bar.pos))
