"""The resident memory of a worker: after its start, beside many running cases, over many completions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.hall import FIVE_TASKS, Hall
from tests.bench.site import Site, served
from tests.bench.stores import Store
from tests.bench.web import WORKERS, give_tokens, work_off

MOST = 250.0
CLIENTS = 8
#: parts that the completions are divided into; memory is read after each
PARTS = 10


def measure(store: Store, home: Path, running: int, completions: int) -> Iterator[Figure]:
    """Megabytes; ``running`` cases stay open while ``completions`` tasks of others are completed over HTTP."""
    url = store.fresh()
    hall = Hall.open(home, url)
    steps = hall.script(FIVE_TASKS)
    tokens = give_tokens(hall, steps)
    for _ in range(running):
        hall.submit(FIVE_TASKS)
    cases = max(1, completions // len(steps) // PARTS)
    with served(home, url, WORKERS) as site:
        yield Figure(f"{store.name}: a worker just started", _resident(site), MOST, "MB")
        sizes = []
        for _ in range(PARTS):
            opened = [hall.submit(FIVE_TASKS).opened[0] for _ in range(cases)]
            work_off(site.port, steps, tokens, opened, CLIENTS)
            sizes.append(_resident(site))
    hall.close()
    done, beside = PARTS * cases * len(steps), f"{store.name}: a worker beside {running:,} running cases"
    yield Figure(f"{beside}, after {done // PARTS:,} completions", sizes[0], MOST, "MB")
    yield Figure(f"{beside}, after {done:,} completions", sizes[-1], MOST, "MB")
    yield Figure(f"{beside}, grown in the second half of them", (_growth(sizes),), 5.0, "MB")


def _growth(sizes: Sequence[Sequence[float]]) -> float:
    """What the largest worker has gained since half time; the first half fills caches that have an end."""
    return max(late - middle for late, middle in zip(sizes[-1], sizes[len(sizes) // 2 - 1], strict=True))


def _resident(site: Site) -> tuple[float, ...]:
    """Resident memory of each worker, in megabytes."""
    return tuple(_of(pid) for pid in sorted(site.workers))


def _of(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
