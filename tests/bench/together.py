"""Two agencies that answer two parallel branches of one case at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import perf_counter

from engine.commands import CompleteTask
from tests.bench.figures import Figure
from tests.bench.hall import PARALLEL, Hall
from tests.bench.stores import Store

_BRANCHES = ("opinion_planning", "opinion_land")


def measure(store: Store, home: Path, rounds: int) -> Iterator[Figure]:
    """How long each of the two takes until its answer is kept; that one fails ends the measurement."""
    hall = Hall.open(home, store.fresh())
    together, samples = Barrier(2), []

    def answer(command: CompleteTask) -> float:
        together.wait()
        start = perf_counter()
        hall.execute(command)
        return (perf_counter() - start) * 1000

    steps = {step.node_id: step for step in hall.script(PARALLEL)}
    with ThreadPoolExecutor(2) as clerks:
        for _ in range(rounds):
            receipt = hall.submit(PARALLEL)
            opened = hall.execute(steps["accept"].command(receipt.opened[0])).opened
            tasks = {task.node_id: task.task_id for task in map(hall.task, opened)}
            samples += clerks.map(answer, [steps[branch].command(tasks[branch]) for branch in _BRANCHES])
    yield Figure(f"{store.name}: two agencies answer one case at the same moment", tuple(samples), 50)
    yield Figure(f"{store.name}: … the slowest of all", (max(samples),), 50)
    hall.close()
