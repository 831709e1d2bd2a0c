"""Incidents on both databases: put off, settled by hand and by what moves the case on; the pages that list them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from storage_samples import DAY, NOW, OWNER, a_case, a_task, stored

from engine.errors import InvalidValue
from engine.records import SYSTEM, Actor, IncidentRecord, TaskStatus, TimerRecord
from storage.database import Database
from storage.queries.incidents import Incidents
from storage.uow import UnitOfWork

ADMIN = Actor("huang", "黄志强", "platform", frozenset({"platform:admin"}))


def note(database: Database, *incidents: IncidentRecord) -> list[int]:
    with UnitOfWork(database) as uow:
        times = [uow.incidents.note(incident) for incident in incidents]
        uow.commit()
    return times


def within(database: Database, act: Any) -> Any:
    with UnitOfWork(database) as uow:
        result = act(uow)
        uow.commit()
    return result


def of(case: Any, ref: str, at: Any = NOW, **changes: Any) -> IncidentRecord:
    record = IncidentRecord(case.case_no, ref, "complete_task", "process_fault", "走不下去", "g1", at, at)
    return replace(record, node_id="review", **changes)


def due(database: Database, at: Any) -> list[str]:
    return within(database, lambda uow: [timer.timer_id for timer in uow.timers.due(at, 10)])


def test_a_timer_put_off_is_not_due_and_the_next_one_is(database: Database) -> None:
    case, other = a_case(), a_case()
    stored(database, case, other)
    timers = [TimerRecord(name * 32, one.case_no, "wait", NOW) for name, one in (("a", case), ("b", other))]
    within(database, lambda uow: uow.timers.add(timers))
    assert note(database, of(case, "a" * 32)) == [1]
    within(database, lambda uow: uow.incidents.put_off(case.case_no, "a" * 32, NOW + DAY))
    assert due(database, NOW) == ["b" * 32]
    assert due(database, NOW + DAY) == ["a" * 32, "b" * 32]
    within(database, lambda uow: uow.incidents.settle(case.case_no, "a" * 32, NOW, ADMIN, "改好了"))
    assert due(database, NOW) == ["a" * 32, "b" * 32]


def test_settled_by_hand_and_open_again_when_it_comes_again(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    lists = Incidents(database)
    assert note(database, of(case, task.task_id), of(case, task.task_id, NOW + DAY)) == [1, 2]
    (row,) = lists.page().rows
    assert (row.incident.times, row.incident.first_at, row.incident.last_at) == (2, NOW, NOW + DAY)
    assert (row.item_name, row.owner_org, row.definition_id) == (case.item_name, OWNER, case.definition_id)
    assert row.task == task
    assert row.is_open
    within(database, lambda uow: uow.incidents.settle(case.case_no, task.task_id, NOW + DAY, ADMIN, "改好了"))
    within(database, lambda uow: uow.incidents.settle(case.case_no, task.task_id, NOW + 2 * DAY, SYSTEM, "晚了一步"))
    assert lists.page().rows == []
    (row,) = lists.page(settled=True).rows
    assert (row.incident.settled_by_name, row.incident.remark, row.is_open) == ("黄志强", "改好了", False)
    assert note(database, of(case, task.task_id, NOW + 2 * DAY)) == [3]
    assert lists.page(settled=True).rows == []
    assert lists.get(case.case_no, task.task_id).incident.remark is None


def test_what_is_no_longer_waited_for_is_overcome(database: Database) -> None:
    case = a_case()
    task, waiting = a_task(case), a_task(case)
    stored(database, case, tasks=(task, waiting))
    note(database, of(case, task.task_id), of(case, waiting.task_id), of(case, "f" * 32))

    def settle(uow: UnitOfWork) -> int:
        uow.tasks.save(replace(task, status=TaskStatus.CANCELLED, done_at=NOW, version=2))
        return uow.incidents.settle_overcome(NOW, SYSTEM, "后来已经办成")

    assert within(database, settle) == 2
    assert [row.incident.ref for row in Incidents(database).page().rows] == [waiting.task_id]
    row = Incidents(database).get(case.case_no, task.task_id)
    assert (row.incident.settled_by, row.waiting) == ("system", False)


def test_pages_of_incidents(database: Database) -> None:
    case = a_case()
    tasks = tuple(a_task(case) for _ in range(5))
    stored(database, case, tasks=tasks)
    note(database, *(of(case, task.task_id, NOW + timedelta(minutes=n)) for n, task in enumerate(tasks)))
    lists = Incidents(database)
    first = lists.page(limit=3)
    rest = lists.page(limit=3, cursor=first.next_cursor)
    newest_first = [task.task_id for task in reversed(tasks)]
    assert [row.incident.ref for row in (*first.rows, *rest.rows)] == newest_first
    assert rest.next_cursor is None
    with pytest.raises(InvalidValue):
        lists.page(cursor="forged")
    assert lists.get(case.case_no, "nothing") is None
