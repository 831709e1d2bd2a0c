"""Time the engine, the database and HTTP in one run: ``make bench`` (``--json FILE`` keeps the figures).

Figures of one run belong together: bare engine beside the same act through storage and through HTTP.
"""

from __future__ import annotations

import argparse
import json
import os
import platform as host
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import acts, pages
from tests.bench.figures import Figure, table


def machine() -> str:
    """What the figures were measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        host.processor(),
    )
    return f"{model}, {os.cpu_count()} CPU, {host.system()} {host.release()}, Python {host.python_version()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=200, help="completions of each kind")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="yichuang-bench-") as home:
        figures: list[Figure] = [*acts.measure(Path(home), options.rounds), *pages.measure(Path(home))]
    print(machine())
    print(table(figures))
    if options.json:
        rows = [figure.as_dict() for figure in figures]
        options.json.write_text(json.dumps({"machine": machine(), "figures": rows}, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
