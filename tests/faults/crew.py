"""Who works while faults happen: processes of their own, started from a server that has everything imported.

What a process was told to do and what it was told of it is written to a journal, one line for each, with a single
``write``: the line is with the operating system when the call returns, whatever becomes of the process.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from threading import Timer
from typing import Any

from sqlalchemy import event

from engine.errors import Conflict, Unavailable, YichuangError
from tests.faults.site import Site, key

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.crew"])


@dataclass(frozen=True)
class Place:
    """Where a site is kept."""

    home: Path
    url: str

    @property
    def journal(self) -> Path:
        return self.home / "journal"


class Journal:
    """Lines of JSON that survive their writer."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, **facts: Any) -> None:
        os.write(self._handle, (json.dumps(facts) + "\n").encode())


def entries(path: Path) -> list[dict[str, Any]]:
    """Everything written to a journal."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# -- killed in the middle of a completion


@dataclass(frozen=True)
class Death:
    """When a worker dies: after some completions, at one point of the next."""

    #: completions carried out before
    after: int
    #: ``statement`` the n-th one sent · ``commit`` so long after COMMIT was sent · ``returned`` before it was told
    at: str
    statement: int = 0
    seconds: float = 0.0

    @classmethod
    def drawn(cls, random: Random) -> Death:
        """One of the points, each statement of a completion as likely as the others."""
        at = random.choice(("statement", "statement", "commit", "returned"))
        return cls(random.randrange(3), at, random.randrange(1, 16), random.choice((0.0, random.random() * 0.004)))


def complete_until_killed(place: Place, death: Death, seed: int) -> None:
    """Complete tasks, whichever are open, and die."""
    site, journal, random = Site.open(place.home, place.url), Journal(place.journal), Random(seed)
    fate = _Fate(site, death)
    while True:
        waiting = site.open_tasks()
        if not waiting:
            return
        task = random.choice(waiting)
        command = site.completion(task)
        name = f"{task.task_id}-{os.getpid()}"
        journal.write(what="asked", task=task.task_id, key=name)
        with fate.hanging_over():
            try:
                receipt = site.execute(command, key(name, command.actor.user_id))
            except Conflict as error:
                journal.write(what="refused", task=task.task_id, key=name, error=error.code)
                continue
        journal.write(what="told", task=task.task_id, key=name, receipt=asdict(receipt))


class _Fate:
    """Kills this process at the drawn point."""

    def __init__(self, site: Site, death: Death) -> None:
        self._death, self._done, self._sent, self._armed = death, 0, 0, False
        engine = site.platform.database.engine
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "commit", self._commit)

    @contextmanager
    def hanging_over(self) -> Iterator[None]:
        """One completion."""
        self._armed = self._done >= self._death.after
        yield
        self._done += 1
        if self._armed:
            # too few statements, or the commit was faster than the timer
            die()

    def _statement(self, *_: Any) -> None:
        if self._armed and self._death.at == "statement":
            self._sent += 1
            if self._sent == self._death.statement:
                die()

    def _commit(self, _: Any) -> None:
        if self._armed and self._death.at == "commit":
            if not self._death.seconds:
                die()
            timer = Timer(self._death.seconds, die)
            timer.daemon = True
            timer.start()


def die() -> None:
    """End this process as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


# -- several at the same moment


def take_part(place: Place, pipe: Any, start: Any, clerk: str) -> None:
    """Answer each ``(task id, key)`` that comes through ``pipe`` by completing it, all runners at one moment."""
    site = Site.open(place.home, place.url)
    while (order := pipe.recv()) is not None:
        task_id, name = order
        command = site.completion(site.task(task_id), clerk)
        start.wait()
        try:
            receipt = site.execute(command, key(name, command.actor.user_id) if name else None)
        except YichuangError as error:
            pipe.send({"error": type(error)})
        else:
            pipe.send({"receipt": asdict(receipt)})


# -- while the database comes and goes


def labour(place: Place, stop: Any, seed: int) -> None:
    """Complete tasks and hand in new cases until told to stop; what fails is repeated under its key."""
    site, journal, random = Site.open(place.home, place.url), Journal(place.journal), Random(seed)
    turn = 0
    while not stop.is_set():
        turn += 1
        name = f"{seed}-{turn}"
        try:
            waiting = site.open_tasks(20)
            command: Any = site.completion(random.choice(waiting)) if waiting else site.application()
        except Unavailable as error:
            journal.write(what="failed", error=error.code, place="reading")
            time.sleep(0.05)
            continue
        while True:
            try:
                receipt = site.execute(command, key(name, command.actor.user_id))
            except Conflict as error:
                journal.write(what="refused", key=name, error=error.code)
            except Unavailable as error:
                journal.write(what="failed", key=name, error=error.code, place="writing")
                time.sleep(0.05)
                continue
            else:
                task = getattr(command, "task_id", None)
                user = command.actor.user_id
                journal.write(what="told", task=task, key=name, user=user, receipt=asdict(receipt))
            break


# -- as time passes


def sweep_for_ever(place: Place, at: datetime) -> None:
    """Sweep over and over at one moment."""
    logging.disable(logging.CRITICAL)  # a sweeper that was too slow says so, and tries again
    site = Site.open(place.home, place.url, at)
    while True:
        site.platform.sweeper.sweep()
        time.sleep(0.01)
