"""Time the engine, the databases and HTTP in one run: ``make bench`` (``BENCH=--quick`` for a smoke test).

Every figure is measured in the same run on the same machine, SQLite and PostgreSQL beside each other, both keeping what
they commit on disk.  What was found, and what limits it, stands in docs/performance.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import acts, bare, inbox, machine, memory, pages, together, web, yardstick
from tests.bench.figures import Figure, as_json, table
from tests.bench.hall import Hall
from tests.bench.stores import Store, stores


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    #: rounds of the engine without a database, and of parallel answers
    rounds: int
    #: cases played in one run of a throughput figure
    cases: int
    #: open tasks of an inbox
    inboxes: tuple[int, ...]
    #: cases that stay open beside a worker, and completions it is watched over
    running: int
    completions: int


QUICK = Size(rounds=20, cases=8, inboxes=(1_000,), running=20, completions=100)
FULL = Size(rounds=200, cases=100, inboxes=(1_000, 100_000, 1_000_000), running=10_000, completions=20_000)


def _without_database(databases: tuple[Store, ...], home: Path, size: Size) -> Iterator[Figure]:
    hall = Hall.open(home, databases[0].fresh())
    yield from yardstick.measure(hall, size.rounds)
    yield from bare.measure(hall, size.rounds)
    hall.close()


def _each(
    measure: Callable[[Store, Path, Size], Iterator[Figure]],
) -> Callable[[tuple[Store, ...], Path, Size], Iterator[Figure]]:
    """Measure on both databases."""

    def both(databases: tuple[Store, ...], home: Path, size: Size) -> Iterator[Figure]:
        for store in databases:
            yield from measure(store, home, size)

    return both


PARTS: Mapping[str, Callable[[tuple[Store, ...], Path, Size], Iterator[Figure]]] = {
    "bare": _without_database,
    "acts": _each(lambda store, home, size: acts.measure(store, home, size.cases)),
    "together": _each(lambda store, home, size: together.measure(store, home, size.rounds)),
    "web": _each(lambda store, home, size: web.measure(store, home, size.cases)),
    "pages": lambda databases, home, size: pages.measure(home, size.rounds),
    "inbox": _each(lambda store, home, size: inbox.measure(store, size.inboxes)),
    "memory": lambda databases, home, size: memory.measure(databases[-1], home, size.running, size.completions),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {' '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="little of everything, in less than a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {' '.join(sorted(unknown))}")
    size = QUICK if options.quick else FULL
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="yichuang-bench-") as folder:
        home = Path(folder)
        measured_on = machine.describe(home)
        with stores(home) as databases:
            for name in options.parts or PARTS:
                print(f"… {name}", file=sys.stderr, flush=True)
                figures += PARTS[name](databases, home, size)
    print(machine.in_words(measured_on), table(figures), sep="\n\n")
    if options.json:
        options.json.write_text(as_json(measured_on, figures))


if __name__ == "__main__":
    main()
