"""The inbox of a clerk, among ever more open tasks: pages, counts, what to filter by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, text

from engine.records import Actor, Applicant, CaseClock, CaseRecord, CaseStatus, TaskRecord, TaskStatus
from engine.views import DueBounds, InboxQuery
from storage.database import Database, connect
from storage.queries.inbox import Inbox
from storage.repositories.tasks import _new
from storage.rows import case_values
from storage.tables import cases, tasks
from tests.bench.figures import Figure, timed
from tests.bench.stores import Store

PAGE, TIMES, FAR = 20, 30, 100
NOW = datetime(2026, 9, 14, 1, 30, tzinfo=UTC)
GROUP = "450721-spj:window"
CLERK = Actor("ls_chen", "陈美玲", "450721-spj", frozenset({GROUP, "450721-spj:reviewer"}))
_BATCH = 5_000
_ITEMS = (("lingshan-energy-review", "固定资产投资项目节能审查"), ("lingshan-ethnicity-change", "民族成份变更"))
_STEPS = (("accept", "受理"), ("review", "审查"), ("deliver", "送达"))
_BOUNDS = DueBounds(NOW, NOW + timedelta(hours=14), NOW + timedelta(days=3))


def measure(store: Store, sizes: tuple[int, ...]) -> Iterator[Figure]:
    """``sizes`` ascending; every size is reached by adding to the one before."""
    database, there = connect(store.fresh()), 0
    inbox, query = Inbox(database), InboxQuery(CLERK.user_id, CLERK.groups, limit=PAGE)
    for size in sizes:
        _fill(database, there, size)
        there = size
        far = _cursor(inbox, query)
        name = f"{store.name}, {size:,} open tasks"
        for what, look, asked in _looks(inbox, query, far):
            look()
            yield Figure(f"{name}: {what}", timed([look] * TIMES), asked)
    database.close()


def _looks(
    inbox: Inbox, query: InboxQuery, far: str | None
) -> Iterator[tuple[str, Callable[[], object], float | None]]:
    yield "inbox, page 1", lambda: inbox.page(query, _BOUNDS), 5.0
    yield f"inbox, page {FAR}", lambda: inbox.page(replace(query, cursor=far), _BOUNDS), None
    yield "inbox, overdue only", lambda: inbox.page(replace(query, due="overdue"), _BOUNDS), None
    yield "inbox, next to claim", lambda: inbox.next_claimable(query.groups), None
    yield "inbox, counts", lambda: inbox.counts(query, _BOUNDS), None
    yield "inbox, filters to choose", lambda: inbox.choices(query.groups), None


def _cursor(inbox: Inbox, query: InboxQuery) -> str | None:
    """Where page :data:`FAR` starts, or the last page there is."""
    cursor = None
    for _ in range((FAR - 1) * PAGE // 180):
        cursor = inbox.page(replace(query, limit=180, cursor=cursor), _BOUNDS).next_cursor or cursor
    return cursor


def _fill(database: Database, first: int, last: int) -> None:
    """Open tasks number ``first`` to ``last``, nine in ten of the clerk's groups."""
    chance = Random(first)
    for start in range(first, last, _BATCH):
        numbers = range(start, min(start + _BATCH, last))
        opened = [_task(number, chance, f"450721-260914-{start}") for number in numbers]
        with database.writing() as connection:
            connection.execute(insert(cases), [_case(opened[0])])
            connection.execute(insert(tasks), [_new(task) for task in opened])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))


def _task(number: int, chance: Random, case_no: str) -> TaskRecord:
    key, item = chance.choice(_ITEMS)
    node, name = chance.choice(_STEPS)
    opened = NOW - timedelta(minutes=chance.randrange(60 * 24 * 20))
    role = "reviewer" if node == "review" else "window"
    org = "450721-spj" if chance.random() < 0.9 else "450721-fgj"
    claimed = chance.random() < 0.001
    return TaskRecord(
        task_id=f"{number:032x}",
        case_no=case_no,
        item_key=key,
        item_name=item,
        applicant_name="广西桂荔食品有限公司",
        node_id=node,
        name=name,
        stage=node,
        group=f"{org}:{role}",
        org=org,
        status=TaskStatus.CLAIMED if claimed else TaskStatus.OPEN,
        assignee_id=CLERK.user_id if claimed else None,
        opened_at=opened,
        due_at=opened + timedelta(days=chance.randrange(1, 40)),
        paused=chance.random() < 0.05,
    )


def _case(task: TaskRecord) -> dict[str, Any]:
    case = CaseRecord(
        case_no=task.case_no,
        item_key=task.item_key,
        item_name=task.item_name,
        definition_id="0" * 64,
        owner_org="450721-spj",
        applicant=Applicant(task.applicant_name, "91450721MA5K000000", "13800000000", "organisation"),
        channel="web",
        status=CaseStatus.PROCESSING,
        submitted_at=task.opened_at,
        state=bytes(300),
        clock=CaseClock.RUNNING,
        promised_due_at=task.due_at,
    )
    return case_values(case) | {"card": 0, "card_at": None}
