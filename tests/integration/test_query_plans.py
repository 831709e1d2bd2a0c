"""What is asked all day walks along an index: on both databases, on the first page and deep down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Select, event, insert, text
from storage_samples import DAY, NOW, OWNER, a_case, a_task, stored

from engine.records import TaskStatus, TimerRecord
from engine.views import CaseQuery, DueBounds, InboxQuery
from storage.database import Database, connect
from storage.queries import cases as case_queries
from storage.queries.inbox_statements import Shape, choices_statement, counts_statement, page_statement, parameters_of
from storage.queries.messages import page_statement as message_page
from storage.queries.paging import cursor_of
from storage.repositories import outbox as outbox_repository
from storage.repositories import tasks as task_repository
from storage.repositories import timers as timer_repository
from storage.repositories import warnings as warning_repository
from storage.rows import TASK, TIMER, case_values
from storage.tables import case_orgs, cases, tasks, timers

GROUP = f"{OWNER}:role-1"
BOUNDS = DueBounds(now=NOW, today=NOW + DAY / 3, soon=NOW + 3 * DAY)
DEEP = cursor_of((False, NOW + DAY, "8" * 32))
DEEP_DONE = cursor_of((NOW - DAY, "8" * 32))
DEEP_CASE = cursor_of((NOW - 50 * DAY, "450721-261014-0001"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowd(request: pytest.FixtureRequest, new_database: Any) -> Iterator[Database]:
    """9,000 tasks in 1,500 cases, a third of them one group's and one clerk's; statistics as a running database has."""
    with new_database(request.param) as url:
        database = connect(url)
        _fill(database)
        yield database
        database.close()


def _fill(database: Database) -> None:
    many = [a_case(submitted_at=NOW - n * DAY / 8, warn_at=NOW + n * DAY) for n in range(1500)]
    statuses = [TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.DONE]
    orgs = [
        {"case_no": case.case_no, "org": f"org-{n % 2}", "submitted_at": case.submitted_at}
        for n, case in enumerate(many)
    ]
    waiting = [TimerRecord(f"{n:032x}", case.case_no, "wait", NOW + n * DAY) for n, case in enumerate(many)]
    with database.writing() as connection:
        connection.execute(insert(cases), [case_values(case) | {"card_at": case.warn_at} for case in many])
        connection.execute(insert(case_orgs), orgs)
        connection.execute(insert(tasks), [_task_row(many[n % 1500], n, statuses[n // 3 % 3]) for n in range(9000)])
        connection.execute(insert(timers), [TIMER.values(timer) for timer in waiting])
    with database.reading() as connection:
        connection.execute(text("ANALYZE"))


def _task_row(case: Any, n: int, status: TaskStatus) -> dict[str, Any]:
    task = a_task(
        case,
        group=f"{OWNER}:role-{n % 3}",
        status=status,
        assignee_id=f"u-{n % 3}",
        done_at=NOW - n * DAY / 100 if status is TaskStatus.DONE else None,
        due_at=NOW + n * DAY / 100,
        warn_at=None,
        case_due_at=None,
    )
    place = task_repository.place(task)
    card_at = task.due_at if place["urgent_at"] else None
    return TASK.values(task) | place | {"card": 0, "card_at": card_at, "search": ""}


def plan(database: Database, statement: Select[Any], parameters: dict[str, Any] | None = None) -> str:
    """The database's own plan for a statement, with the parameters that it would be run with."""
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN (COSTS OFF) "

    def explained(_c: Any, _cursor: Any, sql: str, given: Any, _context: Any, _many: bool) -> tuple[str, Any]:
        return explain + sql, given

    with database.engine.connect() as connection:
        if not database.is_sqlite:
            # the tables are so small here that PostgreSQL likes to read and sort them whole; they do not stay so
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        event.listen(connection, "before_cursor_execute", explained, retval=True)
        rows = connection.execute(statement, parameters or {}).cursor.fetchall()
    return "\n".join(str(row[-1]) for row in rows)


def inbox_plan(database: Database, query: InboxQuery) -> str:
    """The plan for the inbox page of a query."""
    return plan(database, page_statement(Shape.of(query)), parameters_of(query, BOUNDS) | {"limit": 21})


def assert_walks(found: str, *indexes: str) -> None:
    """The plan uses the indexes, reads no table from end to end and sorts nothing but a page."""
    for index in indexes:
        assert index in found, found
    for table in ("tasks", "cases", "case_orgs", "timers", "outbox"):
        assert f"SCAN {table}\n" not in found + "\n", found
        assert f"Seq Scan on {table}" not in found, found


def assert_no_sort(found: str) -> None:
    assert "TEMP B-TREE FOR ORDER BY" not in found, found
    assert "Sort" not in found, found


@pytest.mark.parametrize("cursor", [None, DEEP])
@pytest.mark.parametrize(
    ("scope", "index"), [("group", "ix_tasks_inbox"), ("claimable", "ix_tasks_claimable"), ("mine", "ix_tasks_mine")]
)
def test_inbox_page_of_one_group(crowd: Database, scope: str, index: str, cursor: str | None) -> None:
    found = inbox_plan(crowd, InboxQuery("u-1", frozenset({GROUP}), scope=scope, cursor=cursor))
    assert_walks(found, index)
    assert_no_sort(found)


@pytest.mark.parametrize("cursor", [None, DEEP])
def test_inbox_page_of_several_groups(crowd: Database, cursor: str | None) -> None:
    groups = frozenset({GROUP, f"{OWNER}:role-0", f"{OWNER}:role-2"})
    found = inbox_plan(crowd, InboxQuery("u-1", groups, cursor=cursor))
    assert_walks(found, "ix_tasks_inbox")
    assert found.count("ix_tasks_inbox") == 3, found


@pytest.mark.parametrize("cursor", [None, DEEP_DONE])
def test_inbox_page_of_what_is_done(crowd: Database, cursor: str | None) -> None:
    found = inbox_plan(crowd, InboxQuery("u-2", frozenset(), scope="done", cursor=cursor))
    assert_walks(found, "ix_tasks_done")
    assert_no_sort(found)


@pytest.mark.parametrize("due", ["overdue", "today", "soon"])
def test_inbox_page_by_due(crowd: Database, due: str) -> None:
    found = inbox_plan(crowd, InboxQuery("u-1", frozenset({GROUP}), due=due))
    assert_walks(found, "ix_tasks_inbox")
    assert_no_sort(found)


def test_what_the_inbox_can_be_narrowed_to(crowd: Database) -> None:
    query = InboxQuery("u-1", frozenset({GROUP, f"{OWNER}:role-0"}))
    found = plan(crowd, choices_statement(2), parameters_of(query))
    assert_walks(found, "ix_tasks_choices")
    if crowd.is_sqlite:
        assert "(group=? AND item_key=? AND item_name=? AND name>?)" in found, found


def test_counts_of_the_inbox(crowd: Database) -> None:
    query = InboxQuery("u-1", frozenset({GROUP, f"{OWNER}:role-0"}))
    found = plan(crowd, counts_statement("group", ()), parameters_of(query, BOUNDS))
    assert_walks(found)


@pytest.mark.parametrize("cursor", [None, DEEP_CASE])
def test_case_list_of_organisations(crowd: Database, cursor: str | None) -> None:
    for orgs in (frozenset({"org-1"}), frozenset({"org-1", "org-2"})):
        statement = case_queries.page_statement(CaseQuery(orgs=orgs, cursor=cursor), 21)
        assert_walks(plan(crowd, statement), "ix_case_orgs_org")


@pytest.mark.parametrize("cursor", [None, DEEP_CASE])
def test_case_list_of_everything(crowd: Database, cursor: str | None) -> None:
    found = plan(crowd, case_queries.page_statement(CaseQuery(cursor=cursor), 21))
    assert_walks(found, "ix_cases_submitted")
    assert_no_sort(found)


def test_tickers(crowd: Database) -> None:
    due = {"now": NOW, "limit": 20}
    assert_walks(plan(crowd, timer_repository._TIMERS_DUE, due), "ix_timers_due")
    assert_walks(plan(crowd, task_repository._CARDS_DUE, due), "ix_tasks_card")
    assert_walks(plan(crowd, warning_repository._CASES_DUE, due), "ix_cases_card")


def test_messages(crowd: Database) -> None:
    claim = plan(crowd, outbox_repository._CLAIM, {"now": NOW, "until": NOW + DAY, "limit": 20})
    assert_walks(claim, "ix_outbox_due")
    for readers in (frozenset({"u-1"}), frozenset({"u-1", GROUP})):
        assert_walks(plan(crowd, message_page(readers, 21)), "ix_outbox_reader")


def test_what_an_act_reads(crowd: Database) -> None:
    case = a_case()
    stored(crowd, case)
    key = {"key": case.case_no}
    assert_walks(plan(crowd, task_repository._OPEN_OF, key), "ix_tasks_")
    assert_walks(plan(crowd, task_repository._HANDLERS, key | {"nodes": ["review", "accept"]}), "ix_tasks_case")
    assert_walks(plan(crowd, timer_repository._TIMERS_OF, key), "ix_timers_case")
