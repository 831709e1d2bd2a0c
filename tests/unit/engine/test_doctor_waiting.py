"""A case is accounted for by an open task, a pending timer or a visible incident; by nothing else."""

from dataclasses import replace

import pytest

from engine.doctor.subject import CaseFile, Subject
from engine.doctor.waiting import waiting
from engine.records import IncidentRecord, TaskStatus, TimerRecord
from tests.unit.engine.fakes import Calendars, at, calendar_2026
from tests.unit.engine.office import Office


@pytest.fixture
def submitted():
    office = Office()
    office.submit()
    (case,) = office.store.tables.cases.values()
    tasks = tuple(office.store.tables.tasks.values())
    return CaseFile(case, tasks=tasks, listed=frozenset(task.task_id for task in tasks))


def found(file):
    return [one.what for one in waiting(Subject(file, Calendars(calendar_2026())))]


def test_an_open_task_will_do(submitted):
    assert found(submitted) == []


def test_a_case_with_nothing_is_lost(submitted):
    done = tuple(replace(task, status=TaskStatus.CANCELLED) for task in submitted.tasks)
    lost = replace(submitted, tasks=done, listed=frozenset())
    assert len(found(lost)) == 1
    now = at("2026-09-14 09:30")
    assert found(replace(lost, timers=(TimerRecord("t", lost.case.case_no, "late", now),))) == []
    incident = IncidentRecord(lost.case.case_no, "t", "fire_timer", "process_fault", "走不下去", None, now, now)
    assert found(replace(lost, incidents=(incident,))) == []
    assert found(replace(lost, case=replace(lost.case, concluded_at=now))) == []


def test_a_task_that_no_inbox_shows_will_not_do(submitted):
    hidden = replace(submitted, listed=frozenset())
    assert ["不在任何收件箱" in what for what in found(hidden)] == [True, False]
    assert "没有待办环节" in found(hidden)[1]
