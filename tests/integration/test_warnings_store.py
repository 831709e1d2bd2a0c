"""Cards: found when due, in order, raised once."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import pytest
from storage_samples import DAY, NOW, OWNER, a_case, a_task, stored

from engine.records import CaseClock, CaseRecord, TaskRecord, TaskStatus, WarningRecord
from storage.database import Database
from storage.queries.cases import CaseQueries
from storage.uow import UnitOfWork

YELLOW_AT, RED_AT = NOW + 4 * DAY, NOW + 5 * DAY
LONG_AGO = NOW + 100 * DAY


def card(case: CaseRecord, level: str, task: TaskRecord | None = None) -> WarningRecord:
    due_at = task.due_at if task else case.promised_due_at
    return WarningRecord(case.case_no, task.task_id if task else "case", level, NOW, due_at, OWNER, None)


def cases_due(database: Database, now: object, limit: int = 10) -> list[tuple[str, str]]:
    with UnitOfWork(database) as uow:
        return [(case.case_no, level) for case, level in uow.warnings.cases_due(now, limit)]


def tasks_due(database: Database, now: object, limit: int = 10) -> list[tuple[str, str]]:
    with UnitOfWork(database) as uow:
        return [(task.task_id, level) for task, level in uow.tasks.warnable(now, limit)]


def raise_card(database: Database, warning: WarningRecord) -> bool:
    with UnitOfWork(database) as uow:
        new = uow.warnings.add(warning)
        uow.commit()
    return new


def test_a_case_comes_due_yellow_then_red_and_then_no_more(database: Database) -> None:
    case = a_case(warn_at=YELLOW_AT, promised_due_at=RED_AT)
    stored(database, case)
    assert cases_due(database, YELLOW_AT - DAY / 86400) == []
    assert cases_due(database, YELLOW_AT) == [(case.case_no, "yellow")]
    assert raise_card(database, card(case, "yellow"))
    assert cases_due(database, YELLOW_AT) == []
    assert cases_due(database, RED_AT) == [(case.case_no, "red")]
    assert raise_card(database, card(case, "red"))
    assert cases_due(database, LONG_AGO) == []
    assert not raise_card(database, card(case, "red"))
    assert not raise_card(database, card(case, "yellow"))
    assert len(CaseQueries(database).view(case.case_no).warnings) == 2


def test_late_for_yellow_is_red(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    assert cases_due(database, LONG_AGO) == [(case.case_no, "red")]
    assert tasks_due(database, LONG_AGO) == [(task.task_id, "red")]
    assert raise_card(database, card(case, "red"))
    assert raise_card(database, card(case, "red", task))
    assert cases_due(database, LONG_AGO) == []
    assert tasks_due(database, LONG_AGO) == []


@pytest.mark.parametrize("clock", [CaseClock.NOT_STARTED, CaseClock.PAUSED, CaseClock.STOPPED])
def test_a_case_whose_clock_stands_gets_no_card(database: Database, clock: CaseClock) -> None:
    case = a_case()
    stored(database, case, a_case(clock=clock))
    with UnitOfWork(database) as uow:
        uow.cases.lock(case.case_no)
        uow.cases.save(replace(case, clock=clock, version=2))
        uow.commit()
    assert cases_due(database, LONG_AGO) == []
    with UnitOfWork(database) as uow:
        moved = replace(case, version=3, warn_at=LONG_AGO, promised_due_at=LONG_AGO + DAY)
        uow.cases.save(moved)
        uow.commit()
    assert cases_due(database, LONG_AGO - DAY) == []
    assert cases_due(database, LONG_AGO) == [(case.case_no, "yellow")]


def test_a_card_once_raised_stays_raised_when_the_deadline_moves(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    assert raise_card(database, card(case, "yellow"))
    assert raise_card(database, card(case, "yellow", task))
    later = {"warn_at": LONG_AGO, "version": 2}
    with UnitOfWork(database) as uow:
        uow.cases.save(replace(case, promised_due_at=LONG_AGO + DAY, **later))
        uow.tasks.save(replace(task, due_at=LONG_AGO + DAY, **later))
        uow.commit()
    assert cases_due(database, LONG_AGO) == tasks_due(database, LONG_AGO) == []
    assert cases_due(database, LONG_AGO + DAY) == [(case.case_no, "red")]
    assert tasks_due(database, LONG_AGO + DAY) == [(task.task_id, "red")]


def test_statutory_limit_counts_where_none_is_promised(database: Database) -> None:
    case = a_case(promised_due_at=None, statutory_due_at=RED_AT, warn_at=YELLOW_AT)
    stored(database, case, a_case(promised_due_at=None, statutory_due_at=None, warn_at=None))
    assert cases_due(database, YELLOW_AT) == [(case.case_no, "yellow")]
    raise_card(database, replace(card(case, "yellow"), due_at=RED_AT))
    assert cases_due(database, RED_AT) == [(case.case_no, "red")]


def test_only_open_tasks_with_a_limit_get_cards(database: Database) -> None:
    case = a_case()
    running = a_task(case)
    claimed = a_task(case, status=TaskStatus.CLAIMED, due_at=NOW + 9 * DAY, warn_at=None)
    endless = a_task(case, due_at=None, warn_at=None)
    done = a_task(case, status=TaskStatus.DONE, done_at=NOW)
    stored(database, case, tasks=(claimed, running, endless, done))
    assert tasks_due(database, NOW + 2 * DAY) == [(running.task_id, "yellow")]
    assert tasks_due(database, LONG_AGO) == [(running.task_id, "red"), (claimed.task_id, "red")]
    assert tasks_due(database, LONG_AGO, limit=1) == [(running.task_id, "red")]
    with UnitOfWork(database) as uow:
        uow.tasks.save(replace(running, status=TaskStatus.DONE, done_at=NOW, version=2))
        uow.commit()
    assert tasks_due(database, LONG_AGO) == [(claimed.task_id, "red")]


def test_a_card_not_committed_is_not_raised(database: Database) -> None:
    case = a_case()
    stored(database, case)
    with UnitOfWork(database) as uow:
        assert uow.warnings.add(card(case, "red"))
    assert cases_due(database, LONG_AGO) == [(case.case_no, "red")]
    assert raise_card(database, card(case, "red"))


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=False)
def test_a_ticker_passes_over_cases_in_other_hands(database: Database) -> None:
    busy, free = a_case(), a_case()
    stored(database, busy, free, tasks=(a_task(busy), a_task(free)))
    held, seen = Event(), Event()

    def hold() -> None:
        with UnitOfWork(database) as uow:
            uow.cases.lock(busy.case_no)
            held.set()
            seen.wait(10)

    clerk = Thread(target=hold)
    clerk.start()
    held.wait(10)
    try:
        with UnitOfWork(database) as uow:
            assert [case.case_no for case, _ in uow.warnings.cases_due(LONG_AGO, 10)] == [free.case_no]
            assert [task.case_no for task, _ in uow.tasks.warnable(LONG_AGO, 10)] == [free.case_no]
    finally:
        seen.set()
        clerk.join()
    assert {number for number, _ in cases_due(database, LONG_AGO)} == {busy.case_no, free.case_no}
