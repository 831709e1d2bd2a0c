"""Office hours: when a day's work begins and ends, and whether the office closes at noon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise

#: opens, closes
Session = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a working day, by the clock on the wall.  ValueError when they are not in order."""

    opening: time = time(9)
    closing: time = time(17)
    #: closed from, until; None: the office serves through noon (午间不断档)
    noon: Session | None = None
    #: first day on which these hours hold; None: they always did
    since: date | None = None

    def __post_init__(self) -> None:
        points = (self.opening, *(self.noon or ()), self.closing)
        if any(one >= two for one, two in pairwise(points)):
            raise ValueError("a working day must open before it closes")

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The parts of the day in which the office is open, in order."""
        if self.noon is None:
            return ((self.opening, self.closing),)
        return ((self.opening, self.noon[0]), (self.noon[1], self.closing))

    @property
    def words(self) -> str:
        """``9:00–12:00，14:30–17:30``."""
        return "，".join(f"{_clock(one)}–{_clock(two)}" for one, two in self.sessions)


def _clock(at: time) -> str:
    return f"{at.hour}:{at:%M}"
