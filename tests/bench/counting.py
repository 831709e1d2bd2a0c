"""What an act sends to the database: statements, commits, rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Tally:
    """Counted while the block runs."""

    #: what is sent to the database, transaction control left out
    statements: int = 0
    commits: int = 0
    #: rows inserted, updated or deleted
    rows: int = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Tally]:
    """Count what passes through ``engine``."""
    tally = Tally()

    def executed(
        _connection: Any, cursor: Any, statement: str, _parameters: Any, _context: Any, _executemany: bool
    ) -> None:
        if statement.startswith("BEGIN"):
            return
        tally.statements += 1
        if statement.startswith(_WRITES):
            tally.rows += max(0, cursor.rowcount)

    def committed(_connection: Any) -> None:
        tally.commits += 1

    event.listen(engine, "after_cursor_execute", executed)
    event.listen(engine, "commit", committed)
    try:
        yield tally
    finally:
        event.remove(engine, "after_cursor_execute", executed)
        event.remove(engine, "commit", committed)
