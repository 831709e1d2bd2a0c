"""Long runs by hand: ``python -m tests.faults NAME --count N --database sqlite|postgresql``.

``kill`` workers killed in the middle of a completion · ``clerks`` four on one task · ``key`` one key eight ways at once
· ``restart`` the database crashes under load (PostgreSQL) · ``full`` writes refused by a limit
on files (SQLite) · ``disk`` a full file system (needs the right to mount one) · ``timers`` two sweepers, a kill for
every hundred timers.  Exit code 1 when anything went wrong.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.faults.crew import Place
from tests.faults.full import full, full_disk
from tests.faults.kills import kills
from tests.faults.postgres import database, server
from tests.faults.races import clerks, same_key
from tests.faults.restarts import restarts
from tests.faults.result import Result
from tests.faults.timers import timers

#: the counts of the fault list
COUNTS = {"kill": 1000, "clerks": 1000, "key": 1000, "restart": 20, "full": 200, "disk": 200, "timers": 20_000}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("name", choices=COUNTS)
    parser.add_argument("--count", type=int, help="how many; by default as many as the fault list asks for")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = options.count or COUNTS[options.name]
    started = time.monotonic()
    with TemporaryDirectory(prefix="yc-faults-") as home, _database(options.database, Path(home)) as (url, running):
        result = _carry_out(options.name, Place(Path(home), url), running, count, options.seed)
    print(f"[{options.database}] {result}", f"({time.monotonic() - started:.0f} s, {os.cpu_count()} CPU,", end=" ")
    print(f"{platform.system()} {platform.release()}, Python {platform.python_version()})")
    return 1 if result.wrong else 0


@contextmanager
def _database(kind: str, home: Path) -> Iterator[tuple[str, Any]]:
    if kind == "sqlite":
        yield f"sqlite:///{home / 'yichuang.sqlite3'}", None
        return
    with server() as running, database(running, "faults") as url:
        yield url, running


def _carry_out(name: str, place: Place, running: Any, count: int, seed: int) -> Result:
    match name:
        case "kill":
            return kills(place, count, seed)
        case "clerks":
            return clerks(place, count)
        case "key":
            return same_key(place, count)
        case "timers":
            return timers(place, count, deaths=count // 100, seed=seed)
        case "disk":
            return full_disk(place.home, running, count, seed)
        case "full" if running is None:
            return full(place, count, seed)
        case "restart" if running is not None:
            return restarts(place, running, count, seed)
    sys.exit(f"{name} is not for this kind of database: choose the other with --database")


if __name__ == "__main__":
    sys.exit(main())
