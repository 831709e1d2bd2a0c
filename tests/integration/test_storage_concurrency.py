"""Many at once: one of them wins, nothing is lost and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from storage_samples import DAY, NOW, OWNER, a_case, a_task, an_entry, stored

from engine.commands import IdempotencyKey, Receipt
from engine.errors import Collision, IdempotencyConflict, StaleVersion
from engine.records import TaskStatus, WarningRecord
from storage.database import Database, connect
from storage.queries.cases import CaseQueries
from storage.queries.inbox import Inbox
from storage.uow import UnitOfWork

KEY = IdempotencyKey("order-1", "u-guihe", "a" * 64)
RECEIPT = Receipt("450721-261014-0001", "processing", "t" * 32, "done", 2, opened=("x" * 32, "y" * 32))


def together(ways: int, act: Callable[[int], Any]) -> list[Any]:
    """What ``act(0)`` … ``act(ways - 1)``, let go at the same moment, return or raise."""
    start = Barrier(ways)

    def run(n: int) -> Any:
        start.wait()
        try:
            return act(n)
        except Exception as error:
            return error

    with ThreadPoolExecutor(ways) as pool:
        return list(pool.map(run, range(ways)))


def test_clerks_who_saw_the_same_task_complete_it_once(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))

    def complete(n: int) -> str:
        done = replace(task, status=TaskStatus.DONE, assignee_id=f"u-{n}", done_at=NOW, version=2)
        with UnitOfWork(database) as uow:
            uow.tasks.save(done)
            uow.commit()
        return f"u-{n}"

    results = together(4, complete)
    winners = [result for result in results if isinstance(result, str)]
    assert len(winners) == 1
    assert Counter(type(result) for result in results)[StaleVersion] == 3
    assert Inbox(database).task(task.task_id).assignee_id == winners[0]


def test_clerks_who_lock_first_see_each_others_work(database: Database) -> None:
    case = a_case()
    tasks = [a_task(case) for _ in range(6)]
    stored(database, case, tasks=tuple(tasks))

    def complete(n: int) -> None:
        with UnitOfWork(database) as uow:
            locked = uow.cases.lock_of_task(tasks[n].task_id)
            (mine,) = (one for one in uow.tasks.open_of(case.case_no) if one.task_id == tasks[n].task_id)
            uow.tasks.save(replace(mine, status=TaskStatus.DONE, done_at=NOW, version=mine.version + 1))
            for other in uow.tasks.open_of(case.case_no):
                uow.tasks.save(replace(other, provisional=True, version=other.version + 1))
            seq = locked.history_seq + 1
            uow.history.append([an_entry(case, seq)])
            uow.cases.save(replace(locked, history_seq=seq, version=locked.version + 1))
            uow.commit()

    assert together(6, complete) == [None] * 6
    view = CaseQueries(database).view(case.case_no)
    assert [entry.seq for entry in view.history] == [1, 2, 3, 4, 5, 6]
    assert view.case.version == 7
    assert {task.status for task in view.tasks} == {TaskStatus.DONE}


def test_processes_that_read_first_and_write_later_all_get_through(database_url: str) -> None:
    processes = [connect(database_url) for _ in range(2)]
    case = a_case()
    stored(processes[0], case)

    def work(n: int) -> None:
        for _ in range(20):
            with UnitOfWork(processes[n]) as uow:
                locked = uow.cases.lock(case.case_no)
                uow.tasks.open_of(case.case_no)
                uow.cases.save(replace(locked, version=locked.version + 1))
                uow.commit()

    assert together(2, work) == [None, None]
    assert CaseQueries(processes[0]).view(case.case_no).case.version == 41
    for process in processes:
        process.close()


def test_numbers_are_given_once_and_without_gaps(database: Database) -> None:
    def draw(n: int) -> list[int]:
        numbers = []
        for turn in range(5):
            with UnitOfWork(database) as uow:
                number = uow.numbers.next("case:450721-261014")
                if (n + turn) % 4:
                    uow.commit()
                    numbers.append(number)
        return numbers

    given = [number for numbers in together(8, draw) for number in numbers]
    assert sorted(given) == list(range(1, 31))
    with UnitOfWork(database) as uow:
        assert uow.numbers.next("case:450721-261014") == 31
        assert uow.numbers.next("case:450721-261014") == 32
        assert uow.numbers.next("notice:灵审受字2026") == 1


def test_one_of_eight_equal_requests_acts_and_all_get_its_receipt(database: Database) -> None:
    def request(_: int) -> Receipt:
        with UnitOfWork(database) as uow:
            known = uow.idempotency.find(KEY)
            if known is not None:
                return known
            uow.numbers.next("acts")
            uow.idempotency.keep(KEY, RECEIPT, NOW)
            uow.commit()
        return RECEIPT

    results = together(8, request)
    assert Counter(results) == {RECEIPT: 1, replace(RECEIPT, replayed=True): 7}
    with UnitOfWork(database) as uow:
        assert uow.numbers.next("acts") == 2


def test_key_is_free_again_when_the_act_failed(database: Database) -> None:
    with UnitOfWork(database) as uow:
        assert uow.idempotency.find(KEY) is None
        uow.idempotency.keep(KEY, RECEIPT, NOW)
    with UnitOfWork(database) as uow:
        assert uow.idempotency.find(KEY) is None
        uow.commit()
    with UnitOfWork(database) as uow:
        assert uow.idempotency.find(KEY) is None


def test_key_is_bound_to_its_request_and_its_user(database: Database) -> None:
    with UnitOfWork(database) as uow:
        uow.idempotency.keep(KEY, RECEIPT, NOW)
        uow.commit()
    with UnitOfWork(database) as uow, pytest.raises(IdempotencyConflict):
        uow.idempotency.find(replace(KEY, request_hash="b" * 64))
    with UnitOfWork(database) as uow:
        assert uow.idempotency.find(replace(KEY, user_id="u-other")) is None
        assert uow.idempotency.find(KEY) == replace(RECEIPT, replayed=True)


def test_receipts_are_dropped_after_a_day(database: Database) -> None:
    second, sweeping = replace(KEY, key="order-2"), replace(KEY, key="order-3", request_hash="0" * 64)
    for key, at in ((KEY, NOW), (second, NOW + DAY), (sweeping, NOW + DAY + DAY / 24)):
        with UnitOfWork(database) as uow:
            uow.idempotency.keep(key, RECEIPT, at)
            uow.commit()
    with UnitOfWork(database) as uow:
        assert uow.idempotency.find(second) is not None
        assert uow.idempotency.find(KEY) is None


def test_a_card_is_raised_once_by_many_tickers(database: Database) -> None:
    case = a_case()
    stored(database, case)

    def tick(_: int) -> int:
        with UnitOfWork(database) as uow:
            due = uow.warnings.cases_due(NOW + 100 * DAY, 10)
            new = 0
            for found, level in due:
                new += uow.warnings.add(WarningRecord(found.case_no, "case", level, NOW, NOW, OWNER, None))
            uow.commit()
        return new

    assert sum(together(8, tick)) == 1
    assert len(CaseQueries(database).view(case.case_no).warnings) == 1


def test_a_case_is_entered_for_an_organisation_by_many_at_once(database: Database) -> None:
    case = a_case()
    stored(database, case)

    def open_task(_: int) -> None:
        with UnitOfWork(database) as uow:
            uow.cases.lock(case.case_no)
            uow.tasks.add([a_task(case, org="450700-fgw")])
            uow.commit()

    assert together(6, open_task) == [None] * 6


def test_two_that_wait_for_each_other_collide_and_one_gets_through(shared_postgres_url: str) -> None:
    database, met = connect(shared_postgres_url), Barrier(2)

    def draw(n: int) -> int:
        with UnitOfWork(database) as uow:
            uow.numbers.next(f"collision-{n}")
            met.wait()
            number = uow.numbers.next(f"collision-{1 - n}")
            uow.commit()
        return number

    results = together(2, draw)
    database.close()
    assert Counter(map(type, results)) == {int: 1, Collision: 1}
