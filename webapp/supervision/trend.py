"""The on-time share per week as points of a line, in the units of the drawing's view box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.supervision import Share
from webapp.formatting import local

#: the plot within the view box of 420 × 232
_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 406.0, 30.0, 180.0
#: grid lines above the lowest one
_STEPS = 3
#: distances of grid lines, in percent
_DISTANCES = (0.5, 1, 2, 5, 10, 20, 34)


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the trend."""

    since: datetime
    until: datetime
    share: Share

    @property
    def monday(self) -> date:
        return local(self.since).date()

    @property
    def sunday(self) -> date:
        return local(self.until).date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    week: Week


@dataclass(frozen=True, slots=True)
class Trend:
    """What the macro draws."""

    weeks: Sequence[Week]
    #: weeks in which something was concluded
    points: Sequence[Point]
    #: runs of weeks without a gap, each as the ``points`` of a polyline
    lines: Sequence[str]
    #: ``(y, label)`` of the grid
    grid: Sequence[tuple[float, str]]


def trend_of(weeks: Sequence[datetime], shares: Sequence[Share]) -> Trend:
    """The trend of ``shares``, one per week that begins at ``weeks``."""
    ends = [*weeks[1:], weeks[-1] + timedelta(weeks=1)]
    all_ = [Week(since, until, share) for since, until, share in zip(weeks, ends, shares, strict=True)]
    step = _distance([share.percent for share in shares if share.percent is not None])
    lowest = 100 - _STEPS * step

    def height(percent: float) -> float:
        return round(_BOTTOM - (max(percent, lowest) - lowest) / (100 - lowest) * (_BOTTOM - _TOP), 1)

    apart = (_RIGHT - _LEFT) / (len(all_) - 1)
    placed = [
        None if week.share.percent is None else Point(round(_LEFT + n * apart, 1), height(week.share.percent), week)
        for n, week in enumerate(all_)
    ]
    grid = [(height(100 - n * step), f"{max(100 - n * step, 0):g}%") for n in range(_STEPS + 1)]
    return Trend(all_, [point for point in placed if point], _lines(placed), grid)


def _distance(percents: Sequence[float]) -> float:
    """The distance of grid lines with which the lowest share is still on the paper."""
    needed = (100 - min(percents, default=100)) / _STEPS
    return next((one for one in _DISTANCES if one >= needed), math.ceil(needed))


def _lines(placed: Sequence[Point | None]) -> list[str]:
    runs: list[list[Point]] = [[]]
    for point in placed:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [" ".join(f"{point.x},{point.y}" for point in run) for run in runs if len(run) > 1]
