"""Jobs that changes of the calendar leave: which cases they list, who works them off, how far they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from storage_samples import NOW, OWNER, a_case, a_task, stored

from engine.records import SYSTEM, Organisation, TaskStatus, TimerRecord
from engine.rulebook import NATIONAL, DayKind, DayRule, PublishedYear
from storage.calendar_jobs import IN_HAND, SETTLED, TRIES, CalendarJobs
from storage.calendars import Calendars
from storage.database import Database
from storage.directory import Directory
from storage.uow import UnitOfWork

READY = NOW + SETTLED
SECTION, ELSEWHERE = f"{OWNER}-tz", "450722-mzj"
#: two days after NOW, before every deadline of a sample case
FRIDAY = date(2026, 10, 16)


@pytest.fixture
def calendars(database: Database) -> Calendars:
    directory = Directory(database)
    for code, parent in ((OWNER, None), (SECTION, OWNER), (ELSEWHERE, None)):
        directory.put(Organisation(code, code, parent, "county", "450721"))
    return Calendars(database, directory)


@pytest.fixture
def jobs(database: Database, calendars: Calendars) -> CalendarJobs:
    return CalendarJobs(database, Directory(database))


def close(calendars: Calendars, org: str = NATIONAL, day: date = FRIDAY) -> int:
    change = calendars.set_days(org, [DayRule(day, DayKind.REST, "停电检修")], SYSTEM, NOW, "供电局通知")
    assert change is not None
    return change.change_id


def listed(jobs: CalendarJobs) -> set[str]:
    (change,) = jobs.due(READY)
    return set(jobs.take(change.change_id, READY, 100))


def words(calendars: Calendars) -> str:
    (change,) = calendars.changes(1)
    return calendars.progress([change])[change.change_id].words


def test_a_job_waits_until_every_process_knows_of_the_change(jobs: CalendarJobs, calendars: Calendars) -> None:
    close(calendars)
    assert jobs.due(READY - timedelta(microseconds=1)) == []
    assert words(calendars) == "等待重算"
    assert len(jobs.due(READY)) == 1


def test_cases_with_a_deadline_on_the_day_or_after_it_are_listed(
    database: Database, jobs: CalendarJobs, calendars: Calendars
) -> None:
    on_the_day = datetime(2026, 10, 16, 9, tzinfo=UTC)
    before = datetime(2026, 10, 15, 9, tzinfo=UTC)
    none = {"promised_due_at": None, "statutory_due_at": None, "warn_at": None}
    touched = {
        "promised": a_case(promised_due_at=on_the_day, statutory_due_at=None),
        "statutory": a_case(promised_due_at=before, statutory_due_at=on_the_day),
        "step": a_case(**none),
        "timer": a_case(**none),
    }
    left = {
        "early": a_case(promised_due_at=before, statutory_due_at=None),
        "without": a_case(**none),
        "over": a_case(concluded_at=NOW),
        "done": a_case(**none),
    }
    stored(
        database,
        *touched.values(),
        *left.values(),
        tasks=(
            a_task(touched["step"], due_at=on_the_day),
            a_task(left["early"], due_at=before),
            a_task(left["done"], due_at=on_the_day, status=TaskStatus.DONE),
        ),
    )
    with UnitOfWork(database) as uow:
        uow.timers.add([TimerRecord(uuid4().hex, touched["timer"].case_no, "lapse", on_the_day)])
        uow.commit()
    close(calendars)
    assert listed(jobs) == {case.case_no for case in touched.values()}


def test_a_change_of_one_office_touches_its_cases_and_those_it_works_in(
    database: Database, jobs: CalendarJobs, calendars: Calendars
) -> None:
    own, below = a_case(), a_case(owner_org=SECTION)
    shared, foreign = a_case(owner_org=ELSEWHERE), a_case(owner_org=ELSEWHERE)
    stored(database, own, below, shared, foreign, tasks=(a_task(shared, org=SECTION), a_task(foreign, org=ELSEWHERE)))
    close(calendars, OWNER)
    assert listed(jobs) == {own.case_no, below.case_no, shared.case_no}


def test_a_published_year_touches_what_lies_in_it(database: Database, jobs: CalendarJobs, calendars: Calendars) -> None:
    this_year, next_year = a_case(), a_case(statutory_due_at=datetime(2027, 1, 4, 9, tzinfo=UTC), provisional=True)
    stored(database, this_year, next_year)
    year = PublishedYear(2027, (DayRule(date(2027, 1, 1), DayKind.REST, "元旦"),), "国办通知")
    assert calendars.publish_year(year, SYSTEM, NOW, "国办通知")
    assert listed(jobs) == {next_year.case_no}


def test_progress_is_told_from_the_first_case_to_the_last(
    database: Database, jobs: CalendarJobs, calendars: Calendars
) -> None:
    cases = [a_case() for _ in range(5)]
    stored(database, *cases)
    change_id = close(calendars)
    jobs.due(READY)
    assert words(calendars) == "已重算 0 / 5 件"
    jobs.put_away(change_id, jobs.take(change_id, READY, 2))
    jobs.finish(change_id, READY)
    assert words(calendars) == "已重算 2 / 5 件"
    jobs.put_away(change_id, jobs.take(change_id, READY, 9))
    jobs.finish(change_id, READY)
    assert words(calendars) == "已重算 5 件"
    assert jobs.due(READY) == []


def test_a_change_that_touches_nothing_says_so(jobs: CalendarJobs, calendars: Calendars) -> None:
    change_id = close(calendars)
    jobs.due(READY)
    jobs.finish(change_id, READY)
    assert words(calendars) == "没有涉及的办件"


def test_what_a_killed_worker_had_in_hand_is_taken_over(
    database: Database, jobs: CalendarJobs, calendars: Calendars
) -> None:
    case = a_case()
    stored(database, case)
    change_id = close(calendars)
    jobs.due(READY)
    assert jobs.take(change_id, READY, 9) == [case.case_no]
    assert jobs.take(change_id, READY, 9) == []
    jobs.finish(change_id, READY)
    assert len(jobs.due(READY)) == 1
    assert jobs.take(change_id, READY + IN_HAND, 9) == [case.case_no]


def test_a_case_that_fails_again_and_again_is_left_and_counted(
    database: Database, jobs: CalendarJobs, calendars: Calendars
) -> None:
    stored(database, a_case())
    change_id = close(calendars)
    jobs.due(READY)
    now = READY
    for _ in range(TRIES):
        assert jobs.take(change_id, now, 9)
        now += IN_HAND
    assert jobs.take(change_id, now, 9) == []
    jobs.finish(change_id, now)
    assert words(calendars) == "0 件已重算，1 件未能重算"
    assert jobs.due(now) == []


def test_workers_side_by_side_share_the_cases(database: Database, jobs: CalendarJobs, calendars: Calendars) -> None:
    cases = [a_case() for _ in range(40)]
    stored(database, *cases)
    change_id = close(calendars)

    def work(_: int) -> list[str]:
        mine: list[str] = []
        jobs.due(READY)
        while batch := jobs.take(change_id, READY, 3):
            mine += batch
            jobs.put_away(change_id, batch)
        return mine

    with ThreadPoolExecutor(3) as pool:
        taken = [case_no for part in pool.map(work, range(3)) for case_no in part]
    assert sorted(taken) == sorted(case.case_no for case in cases)


def test_a_task_gets_its_new_date_and_place_and_keeps_its_version(database: Database) -> None:
    case = a_case(promised_due_at=NOW + timedelta(days=9), warn_at=NOW + timedelta(days=8))
    task = a_task(case)
    stored(database, case, tasks=(task,))
    later = replace(task, due_at=NOW + timedelta(days=4), warn_at=NOW + timedelta(days=3), provisional=True)
    with UnitOfWork(database) as uow:
        uow.cases.lock(case.case_no)
        uow.tasks.reschedule(later)
        uow.commit()
    with UnitOfWork(database) as uow:
        assert uow.tasks.open_of(case.case_no) == [later]
        assert uow.tasks.warnable(NOW + timedelta(days=2, hours=12), 9) == []
        ((found, level),) = uow.tasks.warnable(NOW + timedelta(days=3), 9)
    assert (found.task_id, level) == (task.task_id, "yellow")
