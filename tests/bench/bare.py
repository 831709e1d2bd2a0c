"""The process engine alone, without a database: one act, the size of a case's state, a long loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.process import Process, Run
from tests.bench.figures import Figure, timed
from tests.bench.hall import FIVE_TASKS, LOOP, Hall, Step

#: times that a decision goes back to the review
ROUNDS = 400


def measure(hall: Hall, rounds: int) -> Iterator[Figure]:
    """Times in milliseconds, sizes in bytes."""
    process, steps = hall.definition(FIVE_TASKS).process, hall.script(FIVE_TASKS)
    played = timed([lambda: _play(process, steps)] * rounds)
    rates = tuple(1000 / sample for sample in played)
    yield Figure("engine in memory: five-task cases", rates, unit="cases/s", more_is_better=True)
    states = [state for _ in range(rounds) for state in _states(process, steps)]
    pairs = [(state, steps[number % len(steps)]) for number, state in enumerate(states)]
    acts = timed([lambda pair=pair: _act(process, *pair) for pair in pairs])
    yield Figure("load, complete, save: no database", acts, 0.8)
    yield Figure("state of a five-task case", tuple(float(len(state)) for state in states), 4096, "bytes")
    yield from _loop(hall.definition(LOOP).process, hall.script(LOOP))


def _play(process: Process, steps: Sequence[Step]) -> None:
    case = process.start({})
    for step in steps:
        _complete(case, step)
    assert case.finished


def _states(process: Process, steps: Sequence[Step]) -> Iterator[bytes]:
    """The state before each step."""
    case = process.start({})
    for step in steps:
        yield case.dump()
        _complete(case, step)


def _act(process: Process, state: bytes, step: Step) -> bytes:
    case = process.load(state)
    _complete(case, step)
    return case.dump()


def _complete(case: Run, step: Step, outcome: str | None = None) -> None:
    task = next(waiting for waiting in case.waiting() if waiting.node.id == step.node_id)
    data: dict[str, Any] = {step.node_id: {"outcome": outcome or step.outcome}}
    case.complete(task.ref, data)


def _loop(process: Process, steps: Sequence[Step]) -> Iterator[Figure]:
    by_node = {step.node_id: step for step in steps}
    case = process.start({})
    for node_id in ("accept", "commission_review", "record_review"):
        _complete(case, by_node[node_id])
    state, sizes = case.dump(), []

    def once() -> None:
        nonlocal state
        for node_id, outcome in (("review", None), ("decide", "return")):
            loaded = process.load(state)
            _complete(loaded, by_node[node_id], outcome)
            state = loaded.dump()
        sizes.append(float(len(state)))

    samples = timed([once] * ROUNDS)
    yield Figure("reject loop, rounds 1–50, no database: two completions", samples[:50])
    yield Figure(f"reject loop, rounds {ROUNDS - 49}–{ROUNDS}, no database: two completions", samples[-50:])
    yield Figure(f"state in a reject loop of {ROUNDS} rounds", tuple(sizes), 4096, "bytes")
