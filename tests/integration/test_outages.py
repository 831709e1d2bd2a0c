"""A database that stops, a disk that is full: told in clear words, and nothing half done."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from sqlalchemy import text
from storage_samples import NOW, a_case, a_task, stored

from engine.errors import StorageFull, TaskNotOpen, Unavailable, Unconfirmed
from storage.database import Database, connect
from storage.files import Files
from storage.queries.cases import CaseQueries
from storage.uow import UnitOfWork
from tests.databases import NewDatabase


def cut_off(uow: UnitOfWork, admin: Database) -> None:
    """End the server's side of the unit's connection, as a crash does."""
    key = uow._connection.scalar(text("SELECT pg_backend_pid()"))
    with admin.writing() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:key)"), {"key": key})


@pytest.fixture
def postgres(new_database: NewDatabase) -> Database:
    with new_database("postgresql") as url:
        database = connect(url)
        yield database
        database.close()


def test_a_connection_lost_before_the_commit_is_told_as_nothing_saved(postgres: Database) -> None:
    case = a_case()

    def act() -> None:
        with UnitOfWork(postgres) as uow:
            uow.cases.add(case)
            cut_off(uow, postgres)
            uow.tasks.add([a_task(case)])

    with pytest.raises(Unavailable) as raised:
        act()
    assert type(raised.value) is Unavailable
    assert CaseQueries(postgres).view(case.case_no) is None


def test_a_connection_lost_in_the_commit_is_told_as_unknown(postgres: Database) -> None:
    case = a_case()

    def act() -> None:
        with UnitOfWork(postgres) as uow:
            # nothing is left to be said but COMMIT
            cut_off(uow, postgres)
            uow.commit()

    with pytest.raises(Unconfirmed):
        act()
    stored(postgres, case)
    assert CaseQueries(postgres).view(case.case_no) is not None


def test_what_was_refused_is_not_hidden_by_a_connection_that_breaks(postgres: Database) -> None:
    case = a_case()

    def act() -> None:
        with UnitOfWork(postgres) as uow:
            uow.cases.add(case)
            cut_off(uow, postgres)
            raise TaskNotOpen

    with pytest.raises(TaskNotOpen):
        act()
    stored(postgres, case)
    assert CaseQueries(postgres).view(case.case_no) is not None


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    database = connect(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Unavailable):
        database.ping()
    with pytest.raises(Unavailable):
        UnitOfWork(database).__enter__()
    database.close()


def test_a_database_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = connect(f"sqlite:///{tmp_path / 'folder'}")
    with pytest.raises(Unavailable):
        database.ping()
    database.close()


def test_an_embedded_database_without_room(new_database: NewDatabase) -> None:
    with new_database("sqlite") as url:
        database = connect(url, pool_size=1)
        with database.writing() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        case = a_case(state=b"\0" * 100_000)
        with pytest.raises(StorageFull):
            stored(database, case)
        with database.writing() as connection:
            connection.execute(text("PRAGMA max_page_count = 1000000"))
        stored(database, case)
        database.close()


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, StorageFull), (errno.EIO, Unavailable)])
def test_an_upload_that_the_disk_refuses_leaves_nothing(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    with new_database("sqlite") as url:
        database = connect(url)
        files = Files(database, tmp_path)
        particulars = {"field": "f", "filename": "a.pdf", "media_type": "application/pdf", "owner": "u", "at": NOW}
        with monkeypatch.context() as patch:
            # directories exist already, so that it is the content which is refused
            (tmp_path / "ca").mkdir()
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(error):
                files.add(content=b"hello", draft_id=None, **particulars)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        kept = files.add(content=b"hello", draft_id=None, **particulars)
        assert files.content(kept) == b"hello"
        database.close()
