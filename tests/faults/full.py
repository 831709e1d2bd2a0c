"""The disk is full: a write is refused in clear words, nothing of it is kept, and the next one succeeds again."""

from __future__ import annotations

import os
import resource
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from engine.doctor import line
from engine.errors import Unavailable
from tests.faults.crew import CONTEXT, Place
from tests.faults.postgres import administer, database
from tests.faults.result import Result
from tests.faults.site import Site, citizen, key

#: bytes of an upload
UPLOAD = 64 * 1024


def full(place: Place, count: int, seed: int = 1) -> Result:
    """``count`` refused writes, of acts and of uploads, on an embedded database.

    A limit on the size of files (RLIMIT_FSIZE), drawn anew for each attempt, stands for the full disk: the operating
    system refuses a write in the middle of a transaction, at another place every time, as a full disk does.
    """
    Site.found(place.home, place.url).close()
    ours, theirs = CONTEXT.Pipe()
    worker = CONTEXT.Process(target=_cramped, args=(place, theirs, count, seed))
    worker.start()
    theirs.close()
    try:
        counts, wrong = ours.recv()
    except EOFError:
        worker.join()
        counts, wrong = {}, [f"the worker was brought down: exit code {worker.exitcode}"]
    worker.join()
    site = Site.open(place.home, place.url)
    wrong += [line(one) for one in site.violations()]
    site.close()
    return Result("disk full", counts, wrong)


def full_disk(home: Path, server: Any, count: int, seed: int = 1) -> Result:
    """``count`` refused writes on a file system of 24 MB that holds the database.  Needs the right to mount one.

    ``server`` is the PostgreSQL that is to keep its tables there, None for an embedded database.
    """
    room = home / "room"
    with _mounted(room), _kept_in(room, server) as url:
        site = Site.found(room if server is None else home, url)

        def cramp(random: Random) -> None:
            free = os.statvfs(room).f_bavail * os.statvfs(room).f_frsize
            # the server may have taken some of it meanwhile
            with suppress(OSError):
                (room / "filler").write_bytes(b"\0" * max(0, free - random.randrange(5) * 8192))

        def relieve() -> None:
            (room / "filler").unlink(missing_ok=True)

        counts, wrong = _attempts(site, count, seed, cramp, relieve, uploads=server is None)
        wrong += [line(one) for one in site.violations()]
        site.close()
    return Result("disk full", counts, wrong)


def _cramped(place: Place, pipe: Any, count: int, seed: int) -> None:
    site = Site.open(place.home, place.url)
    wal = Path(place.url.removeprefix("sqlite:///") + "-wal")

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def cramp(random: Random) -> None:
        limit(random.randrange(4096, (wal.stat().st_size if wal.exists() else 0) + 48 * 1024))

    pipe.send(_attempts(site, count, seed, cramp, lambda: limit(resource.RLIM_INFINITY), uploads=True))
    site.close()


def _attempts(
    site: Site,
    count: int,
    seed: int,
    cramp: Callable[[Random], None],
    relieve: Callable[[], None],
    *,
    uploads: bool,
) -> tuple[dict[str, int], list[str]]:
    """Act in cramped room until ``count`` writes were refused; each is repeated with room enough."""
    random, said, wrong = Random(seed), Counter[str](), list[str]()
    turn = 0
    while sum(said[code] for code in said if code not in ("done", "replayed")) < count:
        turn += 1
        waiting = site.open_tasks(20)
        act = _upload(site, turn) if uploads and turn % 4 == 0 else _act(site, random, waiting, f"{seed}-{turn}")
        before = _stored(site)
        cramp(random)
        try:
            act()
        except Unavailable as error:
            said[error.code] += 1
            relieve()
            if _stored(site) != before:
                wrong.append(f"turn {turn}: refused ({error.code}), and yet something was stored")
            if act().get("replayed"):
                wrong.append(f"turn {turn}: refused ({error.code}), and yet done")
        except Exception as error:
            relieve()
            wrong.append(f"turn {turn}: {type(error).__name__}: {error}")
            if len(wrong) > 20:
                break
        else:
            relieve()
            said["done"] += 1
            if _stored(site) == before:
                wrong.append(f"turn {turn}: told, and yet nothing was stored")
    return dict(sorted(said.items())), wrong


def _act(site: Site, random: Random, waiting: list[Any], name: str) -> Callable[[], dict[str, Any]]:
    command: Any = site.completion(random.choice(waiting)) if len(waiting) > 10 else site.application()
    return lambda: asdict(site.execute(command, key(name, command.actor.user_id)))


def _upload(site: Site, turn: int) -> Callable[[], dict[str, Any]]:
    content = f"{turn}\n".encode() * (UPLOAD // len(f"{turn}\n"))

    def upload() -> dict[str, Any]:
        files, owner = site.platform.services.files, citizen().user_id
        kept = files.add(
            field="report",
            filename="报告.pdf",
            media_type="application/pdf",
            content=content,
            owner=owner,
            draft_id=None,
            at=site.clock.now(),
        )
        return {"id": kept.attachment_id}

    return upload


def _stored(site: Site) -> tuple[int, ...]:
    """What there is: cases, versions, entries, tasks, keys, uploads."""
    counts = (
        "SELECT count(*), coalesce(sum(version), 0), coalesce(sum(history_seq), 0) FROM cases",
        "SELECT count(*), coalesce(sum(version), 0) FROM tasks",
        "SELECT count(*) FROM history",
        "SELECT count(*) FROM idempotency",
        "SELECT count(*) FROM attachments",
    )
    with site.platform.database.reading() as connection:
        return tuple(int(one) for text in counts for one in connection.exec_driver_sql(text).one())


@contextmanager
def _mounted(room: Path) -> Iterator[None]:
    room.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(room)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(room)], check=True)


@contextmanager
def _kept_in(room: Path, server: Any) -> Iterator[str]:
    """A database whose tables are in ``room``."""
    if server is None:
        yield f"sqlite:///{room / 'yichuang.sqlite3'}"
        return
    folder = room / "tables"
    folder.mkdir()
    if server.system_user:
        for parent in (room, room.parent):
            parent.chmod(0o755)
        subprocess.run(["chown", server.system_user, str(folder)], check=True)
    administer(server.get_uri(), f"CREATE TABLESPACE room LOCATION '{folder}'")
    with database(server, "cramped", "room") as url:
        yield url
    administer(server.get_uri(), "DROP TABLESPACE room")
