"""Completions over HTTP: whole cases worked off by API clients, each clerk with a token of his own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from engine.records import Actor
from tests.bench.figures import Figure
from tests.bench.hall import FIVE_TASKS, OPINION, Hall, Step
from tests.bench.site import Client, served
from tests.bench.stores import Store

WORKERS = 2
RUNS = 3


def measure(store: Store, home: Path, cases: int) -> Iterator[Figure]:
    """``cases`` are worked off by one client, twice as many by eight together, each :data:`RUNS` times."""
    url = store.fresh()
    hall = Hall.open(home, url)
    steps = hall.script(FIVE_TASKS)
    tokens = give_tokens(hall, steps)
    with served(home, url, WORKERS) as site:
        _work(site.port, steps, tokens, _submit(hall, 2 * WORKERS))  # both workers have read what they keep
        for clients, latency, rate in ((1, 6.0, None), (8, None, 300.0)):
            samples, rates = [], []
            for _ in range(RUNS):
                opened = _submit(hall, cases if clients == 1 else 2 * cases)
                took, seconds = work_off(site.port, steps, tokens, opened, clients)
                samples += took
                rates.append(len(took) / seconds)
            name = f"{store.name}: complete a task over HTTP, {clients} client{'s' * (clients > 1)}"
            yield Figure(name, tuple(samples), latency)
            yield Figure(f"{name}, a second", tuple(rates), rate, "1/s", more_is_better=True)
    hall.close()


def give_tokens(hall: Hall, steps: Sequence[Step]) -> dict[Actor, str]:
    """An API token for everybody who has a step to complete."""
    accounts, tokens = hall.platform.services.accounts, {}
    now = hall.platform.services.clock.now() - timedelta(seconds=1)
    for actor in {step.actor for step in steps}:
        tokens[actor] = f"bench-token-of-{actor.user_id}"
        accounts.add_token(actor.user_id, hashlib.sha256(tokens[actor].encode()).hexdigest(), "测量", now)
    return tokens


def work_off(
    port: int, steps: Sequence[Step], tokens: dict[Actor, str], opened: Sequence[str], clients: int
) -> tuple[list[float], float]:
    """Complete every step of the cases whose first tasks are ``opened``.

    Milliseconds of each completion, and the seconds that all of them took.
    """
    shares = [opened[number::clients] for number in range(clients)]
    start = perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        took = list(pool.map(lambda share: _work(port, steps, tokens, share), shares))
    return [sample for samples in took for sample in samples], perf_counter() - start


def _submit(hall: Hall, cases: int) -> list[str]:
    return [hall.submit(FIVE_TASKS).opened[0] for _ in range(cases)]


def _work(port: int, steps: Sequence[Step], tokens: dict[Actor, str], opened: Sequence[str]) -> list[float]:
    client, samples = Client(port), []
    for task_id in opened:
        for step in steps:
            client.headers = {"Authorization": f"Bearer {tokens[step.actor]}"}
            body = {"outcome": step.outcome, "opinion": OPINION, "form": step.form}
            start = perf_counter()
            status, answer = client.post(f"/api/v1/tasks/{task_id}/complete", body)
            samples.append((perf_counter() - start) * 1000)
            assert status == 200, answer.decode()
            task_id = next(iter(json.loads(answer)["opened"]), "")
    return samples
