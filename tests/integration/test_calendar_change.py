"""A day is closed while cases are under way: the wired platform puts every deadline right, and the checker agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.records import SYSTEM
from engine.rulebook import NATIONAL, DayKind, DayRule
from engine.views import CaseQuery
from storage.calendar_jobs import SETTLED
from tests.databases import ENGINES, NewDatabase
from tests.faults.site import Site

#: one in the running limit, one after a decision within the limit that held then
CLOSED = (date(2026, 9, 18), date(2026, 9, 21))


@pytest.fixture(params=ENGINES)
def site(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> Iterator[Site]:
    with new_database(request.param) as url:
        site = Site.found(tmp_path, url)
        site.play_samples()
        yield site
        site.close()


def test_every_deadline_is_put_right(site: Site) -> None:
    platform, clock = site.platform, site.clock
    assert site.violations() == []
    before = {case.case_no: case for case in platform.services.cases.page(CaseQuery(limit=50)).rows}
    rules = [DayRule(day, DayKind.REST, "台风停工") for day in CLOSED]
    change = platform.calendars.set_days(NATIONAL, rules, SYSTEM, clock.now(), "防汛指挥部通知")
    assert change is not None
    assert platform.recomputer.work().cases == 0
    clock.advance(SETTLED + timedelta(seconds=1))
    done = platform.recomputer.work()
    assert done.cases > 0
    assert done.failed == 0
    assert platform.calendars.progress([change])[change.change_id].finished
    moved = 0
    for case_no, old in before.items():
        view = platform.services.cases.view(case_no)
        assert view is not None
        told = [e for e in view.history if e.kind == "deadline_moved" and e.facts["deadline"] == "promised"]
        assert (view.case.promised_due_at != old.promised_due_at) == bool(told), case_no
        if told:
            moved += 1
            assert told[0].facts["cause"] == change.what
            assert view.case.promised_due_at > old.promised_due_at
    assert moved
    assert site.violations() == []
