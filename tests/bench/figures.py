"""A measured figure: its samples in milliseconds, their median and 95th percentile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    name: str
    samples: tuple[float, ...]
    #: the median that an issue asks for, in milliseconds
    bound: float | None = None

    @property
    def p50(self) -> float:
        return median(self.samples)

    @property
    def p95(self) -> float:
        return quantiles(self.samples, n=20)[-1] if len(self.samples) > 1 else self.samples[0]

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "median_ms": round(self.p50, 3),
            "p95_ms": round(self.p95, 3),
            "n": len(self.samples),
            "bound_ms": self.bound,
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
    lines = ["| figure | median ms | p95 ms | n | asked |", "|---|---:|---:|---:|---:|"]
    for figure in figures:
        asked = (
            "" if figure.bound is None else f"{'≤' if figure.p50 <= figure.bound else '**missed** ≤'} {figure.bound:g}"
        )
        lines.append(f"| {figure.name} | {figure.p50:.2f} | {figure.p95:.2f} | {len(figure.samples)} | {asked} |")
    return "\n".join(lines)
