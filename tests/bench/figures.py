"""A measured figure: its samples, their median and 95th percentile, and what was asked of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    """``samples`` are all in ``unit``."""

    name: str
    samples: tuple[float, ...]
    #: what the median is asked to be at most (at least, where more is better); None: nothing is asked
    asked: float | None = None
    unit: str = "ms"
    more_is_better: bool = False

    @property
    def p50(self) -> float:
        return median(self.samples)

    @property
    def p95(self) -> float:
        """The value that one sample in twenty is worse than; the worst where there are fewer than twenty."""
        if len(self.samples) < 20:
            return min(self.samples) if self.more_is_better else max(self.samples)
        cuts = quantiles(self.samples, n=20)
        return cuts[0] if self.more_is_better else cuts[-1]

    @property
    def is_reached(self) -> bool:
        """True when the median is what was asked."""
        if self.asked is None:
            return True
        return self.p50 >= self.asked if self.more_is_better else self.p50 <= self.asked

    def as_dict(self) -> Mapping[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": round(self.p50, 3),
            "p95": round(self.p95, 3),
            "n": len(self.samples),
            "asked": self.asked,
            "reached": self.is_reached,
        }


def timed(work: Iterable[Callable[[], object]]) -> tuple[float, ...]:
    """How long each piece of work took, in milliseconds."""
    samples = []
    for piece in work:
        start = perf_counter()
        piece()
        samples.append((perf_counter() - start) * 1000)
    return tuple(samples)


def table(figures: Iterable[Figure]) -> str:
    """The figures as a Markdown table."""
    lines = ["| figure | unit | median | p95 | n | asked |", "|---|---|---:|---:|---:|---:|"]
    for figure in figures:
        columns = (figure.name, figure.unit, _short(figure.p50), _short(figure.p95), str(len(figure.samples)))
        lines.append(f"| {' | '.join(columns)} | {_asked(figure)} |")
    return "\n".join(lines)


def as_json(machine: Mapping[str, object], figures: Iterable[Figure]) -> str:
    """The figures with what they were measured on."""
    rows = [figure.as_dict() for figure in figures]
    return json.dumps({"machine": machine, "figures": rows}, ensure_ascii=False, indent=2)


def _asked(figure: Figure) -> str:
    if figure.asked is None:
        return ""
    return f"{'' if figure.is_reached else '**missed** '}{'≥' if figure.more_is_better else '≤'} {figure.asked:g}"


def _short(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
