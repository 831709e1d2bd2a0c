"""The connection to SQLite or PostgreSQL: one engine, three ways to use it.

* :meth:`Database.reading` — single statements, each on the newest committed data, no transaction to open or close;
* :meth:`Database.snapshot` — several statements that see one and the same state;
* :meth:`Database.writing` — a transaction, committed when the block ends, rolled back when it raises.

A process that forks opens its database afterwards: connections must not be shared between processes.
"""

from __future__ import annotations

import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from engine.errors import Collision, Conflict, InvalidValue, StorageFull, Unavailable, YichuangError
from storage.types import Unstorable

#: how long a writer waits for another one, in milliseconds
PATIENCE_MS = 10_000
# how long a writer waits between two looks at SQLite's lock, in seconds
_NAP = 0.001
#: execution option: the statement that opens a transaction on SQLite
_BEGIN = "yichuang_begin"
#: SQLSTATEs of PostgreSQL: undone to let another transaction through (serialization failure, deadlock)
_UNDONE = frozenset({"40001", "40P01"})
#: … "waited too long for a lock"
_IMPATIENT = "55P03"
#: … "the disk is full"
_FULL = frozenset({"53100"})
#: … "the server is stopping, starting, out of connections, or cannot read its disk"; 08 is the class of broken lines
_DOWN = frozenset({"57P01", "57P02", "57P03", "57P05", "53300", "58000", "58030"})
#: what SQLite says when the system below it fails; short of space it reports one or the other
_FAILED = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PROTOCOL")


class Busy(Conflict):
    """系统正忙，这次操作没有保存，请稍后再试。"""

    code = "busy"


class Database:
    """An open database.  Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Lock()
        if self.is_sqlite:
            self._reads = engine.execution_options(**{_BEGIN: None})
            self._snapshots = engine.execution_options(**{_BEGIN: "BEGIN"})
        else:
            self._reads = engine.execution_options(isolation_level="AUTOCOMMIT")
            self._snapshots = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for independent queries."""
        with translated(), self._reads.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection for queries that must agree with each other."""
        with translated(), self._snapshots.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that is rolled back unless the block commits it.

        Raises :class:`Busy` when another writer was in the way for too long.
        """
        with self._turn(), translated():
            connection = self.engine.connect()
            try:
                connection.begin()
                yield connection
            finally:
                _let_go(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends."""
        with self.transaction() as connection:
            yield connection
            connection.commit()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # SQLite has one writer at a time and lets the others try again after ever longer naps, which may starve one
        # for half a second; the threads of a process can simply queue
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=PATIENCE_MS / 1000):
            raise Busy
        try:
            yield
        finally:
            self._writer.release()

    def ping(self) -> None:
        """Ask the database for an answer.  Raises :class:`engine.errors.Unavailable` when there is none."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def connect(url: str, *, pool_size: int = 8) -> Database:
    """Open the database at ``url``: ``sqlite:///FILE`` or ``postgresql://…``.

    ``pool_size`` bounds the connections kept open; as many again may be opened for a moment.  Raises
    :class:`engine.errors.InvalidValue` for another kind of database.  Nothing is sent to the server yet.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidValue("数据库地址不正确。", place="YICHUANG_DATABASE_URL") from error
    sizes: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size}
    match parsed.get_backend_name():
        case "sqlite" if parsed.database not in (None, "", ":memory:"):
            return Database(_sqlite(parsed, sizes))
        case "postgresql":
            return Database(_postgresql(parsed, sizes))
    raise InvalidValue("只支持 SQLite 文件和 PostgreSQL 数据库。", place="YICHUANG_DATABASE_URL")


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the drivers raise as the project's own errors, where it is not a fault of ours."""
    try:
        yield
    except (DBAPIError, PoolTimeout, UnicodeEncodeError) as error:
        known = translation(error)
        if known is None:
            raise
        raise known from error


def translation(error: BaseException | None) -> YichuangError | None:
    """The project's own error for what a driver raised; None for what is a fault of ours.

    :class:`engine.errors.Collision` for deadlocks, :class:`Busy` for lock time-outs,
    :class:`engine.errors.StorageFull` for a full disk, :class:`engine.errors.Unavailable` for a database that does not
    answer, :class:`storage.types.Unstorable` for values that it cannot hold or look for.
    """
    if isinstance(error, DataError | UnicodeEncodeError):
        return Unstorable("填写的内容含有不能保存的字符或数值。")
    if isinstance(error, PoolTimeout):
        return Busy()
    if not isinstance(error, DBAPIError):
        return None
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _UNDONE:
        return Collision()
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or state == _IMPATIENT:
        return Busy()
    if name == "SQLITE_FULL" or state in _FULL:
        return StorageFull()
    if name.startswith(_FAILED) or state in _DOWN or state.startswith("08") or is_lost(error):
        return Unavailable()
    return None


def _let_go(connection: Connection) -> None:
    # one that breaks as it is given back changes nothing any more: what was committed stays, everything else the server
    # undoes; what the block raised is what its caller must learn, above all that a commit is unconfirmed
    try:
        connection.close()
    except DBAPIError:
        if not connection.closed:
            connection.invalidate()
            connection.close()


def is_lost(error: DBAPIError) -> bool:
    """True when the connection broke, or none could be made: the server said nothing about the statement."""
    said = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return error.connection_invalidated or (isinstance(error, OperationalError) and not said)


def _sqlite(url: URL, sizes: dict[str, Any]) -> Engine:
    Path(url.database or "").resolve().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(drivername="sqlite"), connect_args={"timeout": PATIENCE_MS / 1000}, **sizes)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # the driver must not open transactions of its own accord: _begin below does
        connection.isolation_level = None
        cursor = connection.cursor()
        _use_wal(cursor)
        # FULL, not WAL's customary NORMAL: NORMAL may forget the last commits when the power fails, and an act
        # that was acknowledged to a citizen or a clerk must still be there afterwards
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # writers take the write lock at once: a deferred transaction that reads first and writes later fails
        # with SQLITE_BUSY, without waiting, when another one wrote in between
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE")
        if statement == "BEGIN IMMEDIATE":
            _begin_writing(connection)
        elif statement is not None:
            connection.exec_driver_sql(statement)

    @event.listens_for(engine, "checkin")
    def _leave_clean(connection: Any, _record: Any) -> None:
        # a COMMIT that fails (a full disk, a broken reference) leaves SQLite's transaction open, which SQLAlchemy
        # takes for closed: the next user of the connection would find itself inside it
        if connection is not None and connection.in_transaction:
            connection.rollback()

    return engine


def _begin_writing(connection: Connection) -> None:
    # SQLite itself would nap for up to a tenth of a second between two looks at a lock that is held for a few
    # milliseconds; the threads of a process queue before they get here, so few wait like this at a time
    driver, deadline = connection.connection, time.monotonic() + PATIENCE_MS / 1000
    cursor = driver.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if not isinstance(translation(error), Busy) or time.monotonic() > deadline:
                    raise
                time.sleep(_NAP)
            else:
                return
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}")
        cursor.close()


def _use_wal(cursor: sqlite3.Cursor) -> None:
    # only the first connection ever to a file changes anything; while it does, others are turned away at once,
    # whatever their time-out
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql(url: URL, sizes: dict[str, Any]) -> Engine:
    settings = f"-c timezone=UTC -c lock_timeout={PATIENCE_MS}"
    given = url.query.get("options")
    if isinstance(given, str):
        settings = f"{settings} {given}"
    engine = create_engine(url.set(drivername="postgresql+psycopg"), connect_args={"options": settings}, **sizes)

    @event.listens_for(engine, "checkout")
    def _replace_dead(connection: Any, _record: Any, _proxy: Any) -> None:
        # A server that goes away says so, and to a connection at rest nothing else is said: only one with something
        # to read has to be asked.  SQLAlchemy's pool_pre_ping asks each one before each use, which costs a round trip
        if connection.closed or (_has_news(connection) and not _answers(engine, connection)):
            raise DisconnectionError

    return engine


def _has_news(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False
