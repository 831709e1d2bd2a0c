"""Days, weeks and months by the wall clock, and how they stand in addresses."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.errors import InvalidValue
from engine.supervision import BoardMoments
from webapp.formatting import ZONE, local

#: weeks that the trend goes back, this one included
WEEKS = 12


def day_start(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time.min, ZONE)


def moments_of(now: datetime) -> BoardMoments:
    """The edges of a board drawn at ``now``."""
    today = local(now).date()
    monday = today - timedelta(days=today.weekday())
    return BoardMoments(
        now=now,
        today=day_start(today),
        yesterday=day_start(today - timedelta(days=1)),
        yesterday_now=now - timedelta(days=1),
        month=day_start(today.replace(day=1)),
        weeks=tuple(day_start(monday - timedelta(weeks=n)) for n in reversed(range(WEEKS))),
    )


def in_address(at: datetime) -> str:
    """A moment as a query string holds it: the day alone where the day begins."""
    there = local(at)
    return there.date().isoformat() if there.time() == time.min else there.replace(tzinfo=None).isoformat()


def from_address(text: str | None, name: str) -> datetime | None:
    """The moment that :func:`in_address` wrote; InvalidValue for anything else."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError:
        raise InvalidValue("日期应写作 2026-10-14。", place=name) from None
