"""The outbox on both databases: due, claimed by one, delivered, given up; and the lists that its messages stand in."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select, text
from storage_samples import DAY, NOW, a_case, stored

from engine.clock import ManualClock
from engine.delivery import Courier, Delivered, OnSite
from engine.errors import InvalidValue
from engine.records import MessageRecord
from storage.database import Database, connect
from storage.migrations import downgrade, migrate
from storage.queries.messages import Messages
from storage.tables import outbox
from storage.uow import UnitOfWork, unit_of_work

LATER = NOW + DAY / 24


def queued(database: Database, count: int, reader: str | None = "u-guihe", case: Any = None) -> list[MessageRecord]:
    if case is None:
        case = a_case()
        stored(database, case)
    messages = [
        MessageRecord(
            f"{case.case_no[-4:]}{n:028x}", case.case_no, "applicant", "13907770001", "acceptance", {"n": n}, at, reader
        )
        for n, at in enumerate(NOW + DAY * n / 86400 for n in range(count))
    ]
    with UnitOfWork(database) as uow:
        uow.outbox.add(messages)
        uow.commit()
    return messages


def claim(database: Database, at: Any = LATER, limit: int = 10) -> list[Any]:
    with UnitOfWork(database) as uow:
        claimed = uow.outbox.claim(at, at + DAY / 288, limit)
        uow.commit()
    return list(claimed)


def row(database: Database, message: MessageRecord) -> Any:
    with database.reading() as connection:
        return connection.execute(select(outbox).where(outbox.c.message_id == message.message_id)).one()


def test_due_messages_come_oldest_first_and_once(database: Database) -> None:
    messages = queued(database, 3)
    first = claim(database, limit=2)
    assert [one.message for one in first] == messages[:2]
    assert [one.attempt for one in first] == [1, 1]
    assert [one.message for one in claim(database)] == messages[2:]
    assert claim(database) == []
    assert [one.attempt for one in claim(database, LATER + DAY)] == [2, 2, 2]


def test_results_are_kept_unless_the_claim_has_lapsed(database: Database) -> None:
    sent, failed, late = queued(database, 3)
    one, two, three = claim(database)
    claim(database, LATER + DAY)  # all three were claimed again
    again = [replace(delivery, attempt=2) for delivery in (one, two)]
    with UnitOfWork(database) as uow:
        uow.outbox.delivered(again[0], "http", LATER)
        uow.outbox.failed(again[1], "网关忙", LATER + DAY)
        uow.outbox.delivered(three, "http", LATER)
        uow.outbox.failed(one, "迟到的消息", LATER)
        uow.commit()
    assert (row(database, sent).due_at, row(database, sent).delivered_at, row(database, sent).channel) == (
        None,
        LATER,
        "http",
    )
    assert (row(database, failed).due_at, row(database, failed).reason) == (LATER + DAY, "网关忙")
    assert row(database, late).delivered_at is None


def test_one_given_up_is_due_no_more(database: Database) -> None:
    (message,) = queued(database, 1)
    with UnitOfWork(database) as uow:
        uow.outbox.failed(uow.outbox.claim(LATER, LATER, 1)[0], "空号", None)
        uow.commit()
    assert (row(database, message).due_at, row(database, message).reason) == (None, "空号")
    assert claim(database, LATER + 100 * DAY) == []


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_workers_at_once_pass_over_each_other_s(database: Database) -> None:
    messages = queued(database, 4)
    held, seen = Event(), Event()
    theirs: list[Any] = []

    def hold() -> None:
        with UnitOfWork(database) as uow:
            theirs.extend(uow.outbox.claim(LATER, LATER + DAY, 2))
            held.set()
            seen.wait(10)
            uow.commit()

    other = Thread(target=hold)
    other.start()
    held.wait(10)
    try:
        mine = claim(database)
    finally:
        seen.set()
        other.join()
    assert [one.message for one in theirs] == messages[:2]
    assert [one.message for one in mine] == messages[2:]


def test_many_couriers_send_everything_once(database: Database) -> None:
    messages = queued(database, 40)
    sent: list[str] = []

    class Gateway(OnSite):
        def send(self, message: MessageRecord) -> None:
            sent.append(message.message_id)

    couriers = [Courier(unit_of_work(database), Gateway(), ManualClock(LATER), batch=3) for _ in range(4)]
    threads = [Thread(target=courier.deliver) for courier in couriers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [message.message_id for message in messages]
    assert couriers[0].deliver() == Delivered()


def test_the_list_is_one_s_own_newest_first_in_pages(database: Database) -> None:
    case = a_case()
    stored(database, case)
    mine = queued(database, 5, "u-1", case)
    others = replace(mine[0], message_id="f" * 32, reader="450721-spj:supervisor", created_at=NOW + DAY)
    nobody = replace(mine[0], message_id="e" * 32, reader=None)
    with UnitOfWork(database) as uow:
        uow.outbox.add([others, nobody])
        uow.commit()
    lists = Messages(database)
    page = lists.of(frozenset({"u-1"}), 2)
    assert page.rows == mine[:2:-1]
    page = lists.of(frozenset({"u-1"}), 3, page.next_cursor)
    assert page.rows == mine[2::-1]
    assert page.next_cursor is None
    assert lists.of(frozenset({"u-1", "450721-spj:supervisor"}), 2).rows == [others, mine[-1]]
    assert lists.of(frozenset()).rows == lists.of(frozenset({"u-2"})).rows == []
    with pytest.raises(InvalidValue):
        lists.of(frozenset({"u-1"}), 2, "forged")


def test_what_was_queued_before_there_was_delivery_is_not_sent_any_more(blank_url: str) -> None:
    database = connect(blank_url)
    migrate(database, "0002")
    with database.writing() as connection:
        columns = "case_no, item_key, item_name, definition_id, owner_org, applicant_name, applicant_id_number,"
        connection.execute(
            text(
                f"INSERT INTO cases ({columns} applicant_phone, applicant_kind, applicant_user_id, channel, status,"
                " submitted_at, clock, provisional, version, history_seq, history_hash, search, state)"
                " VALUES ('c-1', 'k', 'n', 'd', 'o', 'a', 'i', 'p', 'person', 'u-1', 'web', 'submitted',"
                " '2026-10-14 00:00:00.000000', 'running', false, 1, 0, '', '', :state)"
            ),
            {"state": b""},
        )
        for to, address in (("applicant", "13907770001"), ("supervisor", "o:supervisor")):
            connection.execute(
                text(
                    'INSERT INTO outbox (message_id, case_no, "to", address, template, facts, created_at)'
                    " VALUES (:id, 'c-1', :id, :address, 'acceptance', '{}', '2026-10-14 00:00:00.000000')"
                ),
                {"id": to, "address": address},
            )
    migrate(database)
    assert claim(database) == []
    assert [m.to for m in Messages(database).of(frozenset({"u-1"})).rows] == ["applicant"]
    assert [m.to for m in Messages(database).of(frozenset({"o:supervisor"})).rows] == ["supervisor"]
    downgrade(database, "0002")
    database.close()
