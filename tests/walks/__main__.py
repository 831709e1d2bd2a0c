"""``python -m tests.walks --count 20000 --seed 7``: walk, and print the seed of every process that differs."""

from __future__ import annotations

import argparse
import sys
import time
import traceback

from tests.walks.walking import Walker


def main() -> int:
    options = argparse.ArgumentParser(description="random walks over random processes")
    options.add_argument("--count", type=int, default=2000, help="walks")
    options.add_argument("--seed", type=int, default=0, help="seed of the first process")
    options.add_argument("--each", type=int, default=10, help="walks over one process")
    options.add_argument("--size", type=int, default=12, help="blocks of a process")
    options.add_argument("--draw", action="store_true", help="print the processes that differ")
    asked = options.parse_args()
    began, steps, wrong = time.monotonic(), 0, 0
    for seed in range(asked.seed, asked.seed + -(-asked.count // asked.each)):
        walker = None
        try:
            walker = Walker(seed, asked.size)
            for number in range(asked.each):
                walker.walk(number)
        except Exception as error:  # whatever it is, the other processes are walked all the same
            wrong += 1
            print(f"seed {seed}: {type(error).__name__}: {error}")
            if asked.draw and walker is not None:
                traceback.print_exc()
                print(walker.main, walker.drawing.main.decode(), sep="\n")
        steps += walker.steps if walker else 0
    print(f"{asked.count} walks, {steps} steps, {wrong} processes differ, {time.monotonic() - began:.1f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
