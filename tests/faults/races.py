"""Several at the same moment: four clerks on one task, eight requests under one key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.doctor import line
from tests.faults.crew import CONTEXT, Place, take_part
from tests.faults.result import Result
from tests.faults.site import Site
from webapp.errors import STATUS

CLERKS, WAYS = 4, 8


def clerks(place: Place, count: int) -> Result:
    """Four clerks complete the same task, ``count`` times: one may, the others are told of a conflict (409)."""
    wrong: list[str] = []
    answers: Counter[str] = Counter()
    with _runners(place, [f"clerk{n}" for n in range(CLERKS)]) as (site, pipes):
        for task_id in _tasks(site, count):
            said = _ask(pipes, (task_id, None))
            won = [one["receipt"] for one in said if "receipt" in one]
            answers.update(one["error"].code if "error" in one else "done" for one in said)
            if len(won) != 1:
                wrong.append(f"{len(won)} of {CLERKS} clerks completed {task_id}")
            wrong += [f"a clerk was told {e}" for one in said if (e := one.get("error")) and _status(e) != 409]
        wrong += [line(one) for one in site.violations()]
    return Result("four clerks on one task", {"rounds": count} | dict(sorted(answers.items())), wrong)


def same_key(place: Place, count: int) -> Result:
    """The same request eight times at once under one key: one effect, and every client has the same receipt."""
    wrong: list[str] = []
    replayed = 0
    with _runners(place, ["clerk"] * WAYS) as (site, pipes):
        for number, task_id in enumerate(_tasks(site, count)):
            said = _ask(pipes, (task_id, f"key-{number}"))
            receipts = [one["receipt"] for one in said if "receipt" in one]
            wrong += [f"a client was told {one['error']}" for one in said if "error" in one]
            again = [receipt.pop("replayed") for receipt in receipts]
            replayed += sum(again)
            if again.count(False) != 1 or any(receipt != receipts[0] for receipt in receipts):
                wrong.append(f"{task_id}: {again.count(False)} effects, {len(receipts)} receipts")
        wrong += [line(one) for one in site.violations()]
    return Result("same Idempotency-Key, 8 ways at once", {"rounds": count, "replayed": replayed}, wrong)


@contextmanager
def _runners(place: Place, names: list[str]) -> Iterator[tuple[Site, list[Any]]]:
    site = Site.found(place.home, place.url)
    start = CONTEXT.Barrier(len(names))
    pipes, workers = [], []
    for name in names:
        ours, theirs = CONTEXT.Pipe()
        worker = CONTEXT.Process(target=take_part, args=(place, theirs, start, name))
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    yield site, pipes
    for pipe in pipes:
        pipe.send(None)
    for worker in workers:
        worker.join()
    site.close()


def _tasks(site: Site, count: int) -> Iterator[str]:
    """``count`` open tasks, of every step of the procedure."""
    given: set[str] = set()
    while len(given) < count:
        fresh = [task.task_id for task in site.open_tasks() if task.task_id not in given]
        for task_id in (fresh or site.submit(20))[: count - len(given)]:
            given.add(task_id)
            yield task_id


def _ask(pipes: list[Any], order: tuple[str, str | None]) -> list[dict[str, Any]]:
    for pipe in pipes:
        pipe.send(order)
    return [pipe.recv() for pipe in pipes]


def _status(error: type) -> int:
    return next(STATUS[cls] for cls in error.__mro__ if cls in STATUS)
