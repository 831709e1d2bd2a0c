"""Lists of cases, and the page of one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event
from storage_samples import DAY, NOW, OWNER, a_case, a_task, an_entry, stored

from engine.errors import InvalidValue
from engine.records import Applicant, CaseRecord, CaseStatus, WarningRecord
from engine.views import CaseQuery, CaseView
from storage.database import Database
from storage.queries.cases import CaseQueries
from storage.uow import UnitOfWork

HIGHER = "450700-fgw"


def numbers(rows: object) -> list[str]:
    return [row.case_no for row in rows]


def walked(database: Database, query: CaseQuery) -> list[str]:
    """Every case number, page by page."""
    found: list[str] = []
    while True:
        page = CaseQueries(database).page(query)
        assert len(page.rows) <= query.limit
        assert all(row.state == b"" for row in page.rows)
        assert not set(found) & set(numbers(page.rows)), "a page repeats what came before"
        found += numbers(page.rows)
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=page.next_cursor)


def a_year(database: Database) -> list[CaseRecord]:
    """Cases of two organisations, oldest first, two at each moment, every third with a task of HIGHER."""
    cases = [a_case(submitted_at=NOW - (30 - n // 2) * DAY, owner_org=[OWNER, "other"][n % 2]) for n in range(30)]
    tasks = [a_task(case, org=HIGHER) for case in cases[::3]]
    stored(database, *cases, tasks=tuple(tasks))
    return cases


@pytest.mark.parametrize("limit", [1, 4, 30, 50])
def test_newest_first_in_complete_pages(database: Database, limit: int) -> None:
    cases = a_year(database)
    assert walked(database, CaseQuery(limit=limit)) == numbers(reversed(cases))


@pytest.mark.parametrize("limit", [1, 4, 50])
def test_an_organisation_sees_its_own_and_those_it_had_a_task_in(database: Database, limit: int) -> None:
    cases = a_year(database)
    mine = [case for n, case in enumerate(cases) if case.owner_org == OWNER]
    higher = cases[::3]
    either = [case for case in cases if case in mine or case in higher]
    for orgs, expected in (({OWNER}, mine), ({HIGHER}, higher), ({OWNER, HIGHER, "none"}, either), ({"none"}, [])):
        query = CaseQuery(orgs=frozenset(orgs), limit=limit)
        assert walked(database, query) == numbers(reversed(expected)), orgs
    assert walked(database, CaseQuery(orgs=frozenset())) == []


def test_more_organisations_than_a_compound_holds(database: Database) -> None:
    cases = a_year(database)
    orgs = frozenset({OWNER, "other", HIGHER, *(f"org-{n}" for n in range(200))})
    assert walked(database, CaseQuery(orgs=orgs, limit=4)) == numbers(reversed(cases))


def test_filters(database: Database) -> None:
    case = a_case(status=CaseStatus.SUPPLEMENT, result=None)
    water = a_case(
        item_key="wanyuan-water",
        item_name="取水许可",
        applicant=Applicant("Wanyuan 供水站", "1", "2", user_id="u-water"),
        submitted_at=NOW,
    )
    stored(database, case, water, tasks=(a_task(water, org=HIGHER),))
    expectations = [
        (CaseQuery(status="supplement"), [case]),
        (CaseQuery(item_key="wanyuan-water"), [water]),
        (CaseQuery(applicant_user_id="u-water"), [water]),
        (CaseQuery(applicant_user_id="nobody"), []),
        (CaseQuery(text="节能"), [case]),
        (CaseQuery(text="WANYUAN"), [water]),
        (CaseQuery(text=water.case_no), [water]),
        (CaseQuery(text="%"), []),
        (CaseQuery(text=" "), [water, case]),
        (CaseQuery(orgs=frozenset({HIGHER, OWNER}), status="processing"), [water]),
        (CaseQuery(orgs=frozenset({HIGHER}), status="supplement"), []),
    ]
    for query, expected in expectations:
        assert walked(database, query) == numbers(expected), query
    with pytest.raises(InvalidValue):
        walked(database, CaseQuery(status="lost"))
    with pytest.raises(InvalidValue):
        walked(database, CaseQuery(cursor="W10"))


def test_view_has_everything_of_the_case_and_no_state(database: Database) -> None:
    case, other = a_case(), a_case()
    task, elsewhere = a_task(case), a_task(other)
    warning = WarningRecord(case.case_no, "case", "yellow", NOW, NOW + DAY, OWNER, None)
    stored(database, case, other, tasks=(task, elsewhere))
    with UnitOfWork(database) as uow:
        uow.history.append([an_entry(case, 1), an_entry(other, 1), an_entry(case, 2)])
        uow.warnings.add(warning)
        uow.commit()
    expected = CaseView(
        case=replace(case, state=b""),
        tasks=[task],
        spans=[],
        history=[an_entry(case, 1), an_entry(case, 2)],
        notices=[],
        forms=[],
        attachments=[],
        warnings=[warning],
        remarks=[],
        copies=[],
        questions=[],
        incidents=[],
    )
    assert CaseQueries(database).view(case.case_no) == expected
    assert CaseQueries(database).view("450721-261014-9999") is None


def test_tracking_needs_number_and_phone(database: Database) -> None:
    case, other = a_case(), a_case(applicant=Applicant("黄珍", "1", "13807770002"))
    stored(database, case, other)
    queries = CaseQueries(database)
    assert queries.by_number_and_phone(case.case_no, case.applicant.phone) == replace(case, state=b"")
    assert queries.by_number_and_phone(case.case_no, other.applicant.phone) is None
    assert queries.by_number_and_phone(case.case_no, "") is None
    with pytest.raises(InvalidValue):
        queries.by_number_and_phone(case.case_no, "\ud800")


def test_a_case_tells_which_version_it_is_pinned_to(database: Database) -> None:
    case = a_case()
    stored(database, case)
    queries = CaseQueries(database)
    assert queries.definition_of(case.case_no) == case.definition_id
    assert queries.definition_of("450721-260914-9999") is None


def test_queries_never_read_engine_state(database: Database) -> None:
    case = a_case()
    stored(database, case, tasks=(a_task(case),))
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    queries = CaseQueries(database)
    queries.page(CaseQuery(orgs=frozenset({OWNER, HIGHER}), text="节能"))
    queries.view(case.case_no)
    queries.by_number_and_phone(case.case_no, case.applicant.phone)
    with UnitOfWork(database) as uow:
        uow.cases.applicant_group_case(case.case_no)
        uow.warnings.cases_due(NOW + 9 * DAY, 10)
    assert len(statements) > 10
    assert not any("cases.state" in statement for statement in statements)
