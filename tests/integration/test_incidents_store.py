"""Incidents in the store: counted where they repeat, shown as long as the process waits there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storage_samples import NOW, a_case, a_task, stored

from engine.records import IncidentRecord, TaskStatus
from storage.database import Database
from storage.queries.casefiles import CaseFiles
from storage.queries.cases import CaseQueries
from storage.uow import UnitOfWork


def test_an_incident_repeats_and_is_settled_by_what_moves_the_case_on(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    later = NOW + timedelta(minutes=5)
    first = IncidentRecord(case.case_no, task.task_id, "complete_task", "process_fault", "走不下去", "g1", NOW, NOW)
    for incident in (first, replace(first, message="还是走不下去", first_at=later, last_at=later)):
        with UnitOfWork(database) as uow:
            uow.incidents.note(incident)
            uow.commit()
    kept = replace(first, message="还是走不下去", last_at=later, times=2)
    assert CaseQueries(database).view(case.case_no).incidents == [kept]
    assert CaseFiles(database).case_file(case.case_no).incidents == [kept]
    with UnitOfWork(database) as uow:
        uow.tasks.save(replace(task, status=TaskStatus.DONE, assignee_id="u", done_at=later, version=2))
        uow.commit()
    assert not CaseQueries(database).view(case.case_no).incidents
    assert not CaseFiles(database).case_file(case.case_no).incidents
