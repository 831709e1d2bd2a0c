"""Every item in ``bpmn/`` is worked from application to conclusion, the usual way and by its detours."""

from __future__ import annotations

from datetime import timedelta

import pytest

import run
from engine.clock import ManualClock
from engine.doctor import Examination
from engine.records import Actor, CaseStatus, TaskStatus
from processes.demo import read_applicants, sample_pdf
from processes.publish import prove
from processes.simulate import Play, Simulation
from storage.queries.casefiles import CaseFiles
from tests.acceptance.conftest import MONDAY

ITEMS = sorted(package.key for package in prove([run.BPMN]).packages.values())
#: what is chosen once on the way → results with which a case may then end
WAYS = {
    (): {"granted"},
    ("supplement",): {"granted", "not_accepted"},
    ("supplement", "supplement"): {"granted", "not_accepted"},
    ("not_accepted",): {"not_accepted", "granted"},
    ("refused",): {"refused", "granted"},
    ("return",): {"granted"},
}
#: there a supplement ends the application, which may be handed in anew
ENDS_BY_SUPPLEMENT = {"guangming-drainage-acceptance"}


def play(platform: run.Platform, item: str, detours: tuple[str, ...]) -> str:
    """Work one case to its end; its number."""
    services = platform.services
    assert isinstance(services.clock, ManualClock)
    services.clock.set(MONDAY)
    sample = next(one for one in read_applicants(run.BPMN) if one.username == "company1")

    def upload(*, field: str, filename: str, owner: str) -> str:
        return services.files.add(
            field=field,
            filename=filename,
            media_type="application/pdf",
            content=sample_pdf(),
            owner=owner,
            draft_id=None,
            at=services.clock.now(),
        ).attachment_id

    before = {case.case_no for case in services.cases.page(run.CaseQuery(item_key=item, limit=100)).rows}
    Simulation(
        execute=platform.engine.execute,
        sweep=platform.sweeper.sweep,
        clock=services.clock,
        calendar=services.calendars.of(None),
        definitions=services.definitions,
        packages=services.packages.get,
        cases=services.cases,
        staff=[Actor(user.user_id, user.name, user.org, user.groups) for user in services.accounts.staff()],
        upload=upload,
    ).run(
        [Play(item, sample.applicant(sample.username), MONDAY, detours=detours)],
        until=MONDAY + timedelta(days=200),
    )
    after = {case.case_no for case in services.cases.page(run.CaseQuery(item_key=item, limit=100)).rows}
    (case_no,) = after - before
    return case_no


@pytest.mark.parametrize("detours", WAYS, ids=lambda way: "+".join(way) or "usual")
@pytest.mark.parametrize("item", ITEMS)
def test_a_case_comes_to_its_end(platform: run.Platform, item: str, detours: tuple[str, ...]) -> None:
    case_no = play(platform, item, detours)
    view = platform.services.cases.view(case_no)
    assert view is not None
    assert view.case.status is CaseStatus.CONCLUDED, [(t.name, t.group) for t in view.tasks if t.status == "open"]
    ends_early = item in ENDS_BY_SUPPLEMENT and "supplement" in detours
    assert view.case.result in ({"lapsed"} if ends_early else WAYS[detours])
    assert not [task for task in view.tasks if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)]
    assert all(span.ended_at for span in view.spans)
    assert view.notices
    file = CaseFiles(platform.database).case_file(case_no)
    services = platform.services
    examination = Examination(CaseFiles(platform.database), services.definitions, services.calendars, services.files)
    assert list(examination.case(file)) == []
    for decider in (task for task in view.tasks if task.node_id == "decide"):
        assert decider.assignee_id not in {task.assignee_id for task in view.tasks if task.node_id == "accept"}
