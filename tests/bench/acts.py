"""Acts through the command layer: one at a time, whole cases by one process and by two, a long loop."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from engine.commands import Receipt
from tests.bench.bare import ROUNDS
from tests.bench.counting import counted
from tests.bench.figures import Figure, timed
from tests.bench.hall import FIVE_TASKS, LOOP, Hall, Step
from tests.bench.stores import Store

#: runs of each throughput figure, whose median counts
RUNS = 3
#: threads of each process, so that one may work while another waits for the disk; a web worker has eight
THREADS = 4


def measure(store: Store, home: Path, cases: int) -> Iterator[Figure]:
    """``cases``: how many are played in one run of a throughput figure, by each process."""
    url = store.fresh()
    hall = Hall.open(home, url)
    steps = hall.script(FIVE_TASKS)
    yield from _one_by_one(hall, store.name, steps, cases)
    yield from _long_loop(hall, store.name)
    hall.close()
    for processes, asked in ((1, None), (2, 100 if store.server else None)):
        rates = tuple(_throughput(home, url, processes, cases, steps) for _ in range(RUNS))
        name = f"{store.name}: five-task cases, {processes} process{'es' * (processes > 1)} of {THREADS} threads"
        yield Figure(name, rates, asked, "cases/s", more_is_better=True)


def _one_by_one(hall: Hall, name: str, steps: Sequence[Step], cases: int) -> Iterator[Figure]:
    samples: list[float] = []
    for _ in range(cases):
        receipt = hall.submit(FIVE_TASKS)
        for step in steps:
            command = step.command(receipt.opened[0])
            start = perf_counter()
            receipt = hall.execute(command)
            samples.append((perf_counter() - start) * 1000)
    yield Figure(f"{name}: complete a task, command layer", tuple(samples))
    yield from _counted(hall, name, steps)


def _counted(hall: Hall, name: str, steps: Sequence[Step]) -> Iterator[Figure]:
    """The same acts once more, watched."""
    tallies = []
    receipt = hall.submit(FIVE_TASKS)
    for step in steps:
        with counted(hall.platform.database.engine) as tally:
            receipt = hall.execute(step.command(receipt.opened[0]))
        tallies.append(tally)
    for what, asked in (("statements", 15), ("commits", 1), ("rows", None)):
        numbers = tuple(float(getattr(tally, what)) for tally in tallies)
        label = "rows written" if what == "rows" else f"SQL {what}"
        yield Figure(f"{name}: {label} per completion", numbers, asked, "")


def _long_loop(hall: Hall, name: str) -> Iterator[Figure]:
    steps = {step.node_id: step for step in hall.script(LOOP)}
    receipt = hall.submit(LOOP)
    for node_id in ("accept", "commission_review", "record_review"):
        receipt = hall.execute(steps[node_id].command(receipt.opened[0]))

    def once() -> None:
        nonlocal receipt
        receipt = _round(hall, steps, receipt)

    samples = timed([once] * ROUNDS)
    yield Figure(f"{name}: reject loop, rounds 1–50: two completions", samples[:50])
    yield Figure(f"{name}: reject loop, rounds {ROUNDS - 49}–{ROUNDS}: two completions", samples[-50:])


def _round(hall: Hall, steps: dict[str, Step], receipt: Receipt) -> Receipt:
    receipt = hall.execute(steps["review"].command(receipt.opened[0]))
    back = Step("decide", steps["decide"].actor, "return", {})
    return hall.execute(back.command(receipt.opened[0]))


def _throughput(home: Path, url: str, processes: int, cases: int, steps: Sequence[Step]) -> float:
    """Whole cases a second, every process playing ``cases`` of them at the same time."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes)
    with context.Pool(processes, _open, (home, url, ready)) as pool:
        spans = pool.starmap(_play, [(cases, steps)] * processes, chunksize=1)
    return processes * cases / (max(end for _, end in spans) - min(start for start, _ in spans))


def _open(home: Path, url: str, ready: object) -> None:
    global _hall, _ready
    _hall, _ready = Hall.open(home, url, fill=False), ready
    _hall.play(FIVE_TASKS, _hall.script(FIVE_TASKS))


def _play(cases: int, steps: Sequence[Step]) -> tuple[float, float]:
    """Play cases; when it began and ended, on a clock that all processes share."""
    _ready.wait()
    start = perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(lambda _: _hall.play(FIVE_TASKS, steps), range(cases)):
            pass
    return start, perf_counter()
