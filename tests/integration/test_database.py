"""Connections: what each database is told, and what becomes of contention."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import event, text
from storage_samples import NOW, a_case, a_task, an_entry, stored

from engine.commands import IdempotencyKey, Receipt
from engine.errors import Conflict, InvalidValue, Unavailable
from engine.records import FormRecord, TaskStatus
from storage import database as module
from storage.database import Busy, Database, connect
from storage.uow import UnitOfWork, unit_of_work


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "没有", "postgresql"])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidValue, match="数据库"):
        connect(url)


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(Unavailable):
        connect("postgresql://nobody@127.0.0.1:1/none").ping()


def test_sqlite_file_is_made_with_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "var" / "deep" / "yichuang.sqlite3"
    database = connect(f"sqlite:///{path}")
    database.ping()
    database.close()
    assert path.exists()


def test_sqlite_is_told_to_lose_nothing(tmp_path: Path) -> None:
    database = connect(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    with database.reading() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert told == ["wal", 2, 1, module.PATIENCE_MS]
    database.close()


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    case = a_case()
    with UnitOfWork(database) as uow:
        uow.cases.add(case)
        with database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 0
        with database.snapshot() as connection:
            assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 0
        uow.commit()
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 1


def test_a_snapshot_stands_still(database: Database) -> None:
    with database.snapshot() as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 0
        stored(database, a_case())
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar() == 0


def test_a_writer_that_waits_too_long_is_told_so(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_MS", 50)
    database = connect(database_url)
    case = a_case()
    stored(database, case)
    held, done = Event(), Event()

    def hold() -> None:
        with UnitOfWork(database) as uow:
            uow.cases.lock(case.case_no)
            held.set()
            done.wait(30)

    holder = Thread(target=hold)
    holder.start()
    held.wait(30)
    try:
        with pytest.raises(Busy) as raised:
            _lock(database, case.case_no)
        assert isinstance(raised.value, Conflict)
    finally:
        done.set()
        holder.join()
    _lock(database, case.case_no)
    database.close()


def test_a_writer_that_waits_goes_on_when_the_other_has_ended(database: Database) -> None:
    case = a_case()
    stored(database, case)
    other, held = connect(database.engine.url.render_as_string(hide_password=False)), Event()

    def hold() -> None:
        # as another process would: it shares neither the lock nor the connections of this one
        with UnitOfWork(other) as uow:
            uow.cases.save(replace(uow.cases.lock(case.case_no), version=2))
            held.set()
            time.sleep(0.1)
            uow.commit()

    holder = Thread(target=hold)
    holder.start()
    held.wait(30)
    with UnitOfWork(database) as uow:
        assert uow.cases.lock(case.case_no).version == 2
    holder.join()
    other.close()


def _lock(database: Database, case_no: str) -> None:
    with UnitOfWork(database) as uow:
        uow.cases.lock(case_no)


def test_a_failed_commit_leaves_the_connection_clean(database: Database) -> None:
    uow = UnitOfWork(database)
    with pytest.raises(Exception, match=r"(?i)foreign key"), uow:
        _commit_a_task_without_a_case(uow)
    stored(database, a_case())
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM tasks")).scalar() == 0


def test_connections_that_lost_their_server_are_replaced(shared_postgres_url: str) -> None:
    database = connect(shared_postgres_url)
    held = [database.engine.connect() for _ in range(3)]
    pids = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in held]
    for connection in held:
        connection.close()
    other = connect(shared_postgres_url)
    with other.reading() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.close()
    for _ in range(4):
        database.ping()
    with database.reading() as one, database.reading() as two:
        now = {connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, two)}
    assert len(now) == 2
    assert not now & set(pids)
    database.close()


def test_an_act_is_few_statements_and_one_commit(database: Database) -> None:
    """What the completion of a task asks of the store, with every port in use."""
    case = a_case()
    task, sibling = a_task(case), a_task(case)
    stored(database, case, tasks=(task, sibling))
    statements: list[str] = []
    commits: list[object] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    event.listen(database.engine, "commit", commits.append)
    key = IdempotencyKey("k", "u", "h")
    with unit_of_work(database)() as uow:
        assert uow.idempotency.find(key) is None
        held = uow.cases.lock_of_task(task.task_id)
        uow.tasks.open_of(held.case_no)
        uow.tasks.handlers(held.case_no, ["accept"])
        uow.timers.of_case(held.case_no)
        uow.spans.of_case(held.case_no)
        uow.tasks.save(_done(task))
        uow.tasks.add([a_task(case), a_task(case)])
        uow.tasks.set_case_clock(case.case_no, NOW, False)
        uow.forms.put(FormRecord(case.case_no, "review", task.task_id, {"a": 1}, NOW, "u"))
        uow.history.append([an_entry(case, 1), an_entry(case, 2), an_entry(case, 3)])
        uow.cases.save(_next(held))
        uow.idempotency.keep(key, Receipt(case.case_no, "processing"), NOW)
        uow.commit()
    acts = [statement for statement in statements if not statement.startswith("BEGIN")]
    assert len(acts) <= 15, acts
    assert len(commits) == 1


def _commit_a_task_without_a_case(uow: UnitOfWork) -> None:
    uow.tasks.add([a_task(a_case())])
    uow.commit()


def _done(task: object) -> object:
    return replace(task, status=TaskStatus.DONE, done_at=NOW, version=2)


def _next(case: object) -> object:
    return replace(case, history_seq=3, version=case.version + 1)
