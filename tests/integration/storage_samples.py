"""Records to store, true to life and each a little different."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from engine.records import Applicant, CaseClock, CaseRecord, CaseStatus, HistoryEntry, TaskRecord, TaskStatus
from storage.database import Database
from storage.uow import UnitOfWork

#: Wednesday, 14 October 2026, 09:30 in Beijing
NOW = datetime(2026, 10, 14, 1, 30, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER = "450721-spj"
GROUP = f"{OWNER}:reviewer"

_numbers = count(1)


def a_case(**changes: Any) -> CaseRecord:
    """A running case."""
    case = CaseRecord(
        case_no=f"450721-261014-{next(_numbers):04d}",
        item_key="lingshan-energy-review",
        item_name="固定资产投资项目节能审查",
        definition_id="a" * 64,
        owner_org=OWNER,
        applicant=Applicant(
            name="广西桂合食品有限公司",
            id_number="91450721MA5KXXXX0K",
            phone="13907770001",
            kind="organisation",
            user_id="u-guihe",
            agent_name="覃晓明",
        ),
        channel="web",
        status=CaseStatus.PROCESSING,
        submitted_at=NOW - 3 * DAY,
        state=b"\x01state \x00\xff",
        clock=CaseClock.RUNNING,
        accepted_at=NOW - 2 * DAY,
        promised_due_at=NOW + 5 * DAY,
        statutory_due_at=NOW + 20 * DAY,
        warn_at=NOW + 4 * DAY,
    )
    return replace(case, **changes)


def a_task(case: CaseRecord, **changes: Any) -> TaskRecord:
    """An open task of the case."""
    task = TaskRecord(
        task_id=uuid4().hex,
        case_no=case.case_no,
        item_key=case.item_key,
        item_name=case.item_name,
        applicant_name=case.applicant.name,
        node_id="review",
        name="审查",
        stage="review",
        group=GROUP,
        org=OWNER,
        status=TaskStatus.OPEN,
        opened_at=NOW - DAY,
        due_at=NOW + 3 * DAY,
        warn_at=NOW + 2 * DAY,
        case_due_at=case.promised_due_at,
    )
    return replace(task, **changes)


def an_entry(case: CaseRecord, seq: int, **changes: Any) -> HistoryEntry:
    """A line of the case's history."""
    entry = HistoryEntry(
        case_no=case.case_no,
        seq=seq,
        at=NOW,
        kind="task_completed",
        actor_id="u-wei",
        actor_name="韦晓兰",
        org=OWNER,
        node_id="review",
        task_id=None,
        facts={"step": "审查", "outcome": "通过", "days": 3},
        prev_hash="0" * 64,
        hash=f"{seq:064x}",
    )
    return replace(entry, **changes)


def stored(database: Database, *cases: CaseRecord, tasks: tuple[TaskRecord, ...] = ()) -> None:
    """Store cases and tasks."""
    with UnitOfWork(database) as uow:
        for case in cases:
            uow.cases.add(case)
        uow.tasks.add(tasks)
        uow.commit()
