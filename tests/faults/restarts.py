"""The database restarted under load: every caller gets a clear error or success, and nothing is lost."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Any

from engine.commands import Receipt
from engine.doctor import line
from tests.faults.crew import CONTEXT, Place, entries, labour
from tests.faults.postgres import restart
from tests.faults.result import Result
from tests.faults.site import Site, key

HANDS = 4


def restarts(place: Place, server: Any, count: int, seed: int = 1) -> Result:
    """Crash and restart the server ``count`` times while four processes work."""
    random, site, wrong = Random(seed), Site.found(place.home, place.url), list[str]()
    site.submit(HANDS * 5)
    stop = CONTEXT.Event()
    workers = [CONTEXT.Process(target=labour, args=(place, stop, number)) for number in range(HANDS)]
    for worker in workers:
        worker.start()
    for number in range(1, count + 1):
        _wait_for_work(place, HANDS * number)
        time.sleep(random.random() * 0.5)
        restart(server)
    _wait_for_work(place, HANDS * (count + 1))
    stop.set()
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            wrong.append(f"a worker was brought down: exit code {worker.exitcode}")
    journal = entries(place.journal)
    said = Counter(one.get("error", "told") for one in journal)
    told = [one for one in journal if one["what"] == "told"]
    wrong += [f"told, but not stored: {one['key']}" for one in told if not _stored(site, one)]
    wrong += [line(one) for one in site.violations()]
    site.close()
    return Result("database restarted under load", {"restarts": count} | dict(sorted(said.items())), wrong)


def _wait_for_work(place: Place, number: int) -> None:
    while sum(one["what"] == "told" for one in entries(place.journal)) < number:
        time.sleep(0.05)


def _stored(site: Site, told: Any) -> bool:
    """True when the store has the same receipt for the key."""
    with site.platform.engine._uow() as uow:
        kept: Receipt | None = uow.idempotency.find(key(told["key"], told["user"]))
    same = told["receipt"]["case_no"], told["receipt"]["task_version"], tuple(told["receipt"]["opened"])
    return kept is not None and (kept.case_no, kept.task_version, kept.opened) == same
