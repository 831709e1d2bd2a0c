"""kill -9 in the middle of a completion: what was told is there, what was not is whole or not at all."""

from __future__ import annotations

import signal
from collections import Counter
from multiprocessing.connection import wait
from random import Random
from typing import Any

from engine.doctor import line
from engine.errors import Conflict
from engine.records import TaskStatus
from tests.faults.crew import CONTEXT, Death, Place, complete_until_killed, entries
from tests.faults.result import Result
from tests.faults.site import Site, key

LANES = 2
#: tasks kept open, at least half of them, so that the workers sometimes choose the same one and mostly do not
OPEN = 40


def kills(place: Place, count: int, seed: int = 1) -> Result:
    """Kill ``count`` workers, two working at a time; every hundred, and at the end, ask the checker."""
    random, site = Random(seed), Site.found(place.home, place.url)
    wrong: list[str] = []
    killed = started = 0
    running: dict[int, Any] = {}
    while killed < count:
        if len(site.open_tasks(OPEN)) < OPEN // 2:
            site.submit(OPEN // 2)
        while len(running) < LANES and started < count:
            started += 1
            worker = CONTEXT.Process(target=complete_until_killed, args=(place, Death.drawn(random), started))
            worker.start()
            running[worker.sentinel] = worker
        for sentinel in wait(list(running)):
            worker = running.pop(sentinel)  # type: ignore[arg-type]
            worker.join()
            if worker.exitcode != -signal.SIGKILL:
                wrong.append(f"a worker ended with {worker.exitcode} instead of being killed")
            killed += 1
            if killed % 100 == 0:
                # the other one still works: the checker is made for a database in use
                wrong += [line(one) for one in site.violations()]
    counts = {"kills": killed} | _verify(site, place, wrong)
    wrong += [line(one) for one in site.violations()]
    site.close()
    return Result("kill -9 in the middle of a completion", counts, wrong)


def _verify(site: Site, place: Place, wrong: list[str]) -> dict[str, int]:
    """Repeat every completion under its key, as a client would that never heard of it again."""
    journal = entries(place.journal)
    told = {one["key"]: one["receipt"] for one in journal if one["what"] == "told"}
    refused = {one["key"] for one in journal if one["what"] == "refused"}
    came: Counter[str] = Counter()
    for one in journal:
        if one["what"] != "asked" or one["key"] in refused:
            continue
        came[_repeat(site, one["task"], one["key"], told.get(one["key"]), wrong)] += 1
    return {"completions told": len(told), "refused": len(refused)} | dict(sorted(came.items()))


def _repeat(site: Site, task_id: str, name: str, told: Any, wrong: list[str]) -> str:
    before = site.task(task_id)
    command = site.completion(before)
    try:
        receipt = site.execute(command, key(name, command.actor.user_id))
    except Conflict:
        if told is not None:
            wrong.append(f"a completion that was told is refused when repeated: {name}")
        if before.status is not TaskStatus.DONE:
            wrong.append(f"a completion is refused though nobody did it: {name}")
        return "lost to another worker"
    if told is None:
        return "stored, not told" if receipt.replayed else "not stored, done when repeated"
    if not receipt.replayed or list(receipt.opened) != told["opened"] or receipt.task_version != told["task_version"]:
        wrong.append(f"a completion that was told is not what is stored: {name}")
    return "told, replayed"
