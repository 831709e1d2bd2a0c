"""Cards and what is done about them: stored once, paged newest first, never outside one's organisations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from storage_samples import NOW, OWNER, a_case, a_task, stored
from test_query_plans import assert_walks, plan

from engine.errors import InvalidValue, WarningMoved
from engine.oversight import WarningAct, WarningKey, WarningStatus
from engine.records import WarningRecord
from engine.supervision import WarningQuery
from storage.database import Database
from storage.queries import cards
from storage.queries.supervision import SupervisionQueries
from storage.uow import UnitOfWork

ORGS = frozenset({OWNER, "450721-fgj"})


def an_act(key: WarningKey, seq: int = 1, **changes: object) -> WarningAct:
    one = WarningAct(key, seq, WarningStatus.ACKNOWLEDGED, NOW, "ls_mo", "莫少芬", "450721-zf")
    return replace(one, **changes)


@pytest.fixture
def town(database: Database) -> list[WarningRecord]:
    """Twelve cards of three organisations, four of them raised at the same moment."""
    found = []
    for n in range(12):
        case = a_case(item_key=f"item-{n % 2}", item_name=f"事项{n % 2}")
        task = a_task(case, name="受理")
        stored(database, case, tasks=(task,))
        deadline = "case" if n % 3 else task.task_id
        org = ["450721-fgj", OWNER, "450722-spj"][n % 3]
        level = "red" if n % 4 else "yellow"
        at = NOW - timedelta(minutes=n // 4)
        found.append(WarningRecord(case.case_no, deadline, level, at, NOW, org, "u-1" if n % 2 else None))
    with UnitOfWork(database) as uow:
        for card in found:
            uow.warnings.add(card)
        uow.commit()
    return found


def key_of(record: WarningRecord) -> WarningKey:
    return WarningKey(record.case_no, record.deadline, record.level)


def pages(database: Database, query: WarningQuery) -> Iterator[WarningRecord]:
    while True:
        page = SupervisionQueries(database).warnings(query)
        yield from (row.card.record for row in page.rows)
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


def order(record: WarningRecord) -> tuple[object, ...]:
    return record.raised_at, record.case_no, record.deadline, record.level


@pytest.mark.parametrize(
    "narrowed",
    [{}, {"level": "red"}, {"level": "yellow"}, {"org": OWNER}, {"item_key": "item-1"}, {"org": "450722-spj"}],
)
def test_the_list_page_by_page(database: Database, town: list[WarningRecord], narrowed: dict[str, str]) -> None:
    def wanted(record: WarningRecord) -> bool:
        item = f"item-{town.index(record) % 2}"
        facts = {"level": record.level, "org": record.org, "item_key": item}
        return record.org in ORGS and all(facts[key] == value for key, value in narrowed.items())

    expected = sorted(filter(wanted, town), key=order, reverse=True)
    assert list(pages(database, WarningQuery(ORGS, limit=2, **narrowed))) == expected


def test_acts_move_a_card_on(database: Database, town: list[WarningRecord]) -> None:
    key = key_of(town[0])
    with UnitOfWork(database) as uow:
        uow.oversight.add(an_act(key))
        uow.oversight.add(an_act(key, 2, status=WarningStatus.ORDERED, text="三日内改正", due_on=date(2026, 10, 19)))
        uow.commit()
    with UnitOfWork(database) as uow:
        card = uow.oversight.get(key)
        assert card is not None
        assert (card.status, card.version, card.record) == (WarningStatus.ORDERED, 2, town[0])
        assert uow.oversight.get(replace(key, level="blue")) is None
    file = SupervisionQueries(database).warning(key)
    assert file is not None
    assert [one.seq for one in file.acts] == [1, 2]
    assert file.acts[1].text == "三日内改正"
    assert file.row.due_on == date(2026, 10, 19)
    assert (file.row.step, file.row.item_name, file.case.case_no) == ("受理", "事项0", key.case_no)
    assert list(pages(database, WarningQuery(ORGS, status=WarningStatus.ORDERED))) == [town[0]]


@pytest.mark.parametrize("seq", [1, 3])
def test_two_acts_never_get_one_number(database: Database, town: list[WarningRecord], seq: int) -> None:
    key = key_of(town[0])
    with UnitOfWork(database) as uow:
        uow.oversight.add(an_act(key))
        uow.commit()
    with UnitOfWork(database) as uow, pytest.raises(WarningMoved):
        uow.oversight.add(an_act(key, seq))


def test_a_card_not_raised_is_not_there(database: Database) -> None:
    assert SupervisionQueries(database).warning(WarningKey("x", "case", "red")) is None
    assert not SupervisionQueries(database).warnings(WarningQuery(frozenset())).rows
    with pytest.raises(InvalidValue):
        SupervisionQueries(database).warnings(WarningQuery(ORGS, cursor="x"))


def test_the_list_walks_along_its_index(database: Database, town: list[WarningRecord]) -> None:
    statement = cards.page_statement(WarningQuery(ORGS), 21)
    assert statement is not None
    assert_walks(plan(database, statement), "ix_warnings_org")
