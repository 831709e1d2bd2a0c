"""A calendar's year as people read it: the stretches of days that are not what their weekday makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from engine.calendar import WorkCalendar

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row that are open, or closed, for the same reason."""

    first: date
    last: date
    is_open: bool
    #: a holiday's name, 调休, 圩日, why offices are closed
    name: str

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def days_of(year: int) -> Iterator[date]:
    """Every day of a year."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += _DAY


def stretches(calendar: WorkCalendar, year: int) -> list[Stretch]:
    """The year's days that have a name on this calendar, in order; of a year not published, those set by offices."""
    found: list[Stretch] = []
    for day in days_of(year):
        name = calendar.called(day)
        if name is None:
            continue
        one = Stretch(day, day, calendar.is_workday(day), name)
        before = found[-1] if found else None
        if before and (before.last + _DAY, before.is_open, before.name) == (day, one.is_open, name):
            found[-1] = replace(before, last=day)
        else:
            found.append(one)
    return found


def workdays_in(calendar: WorkCalendar, year: int) -> int:
    """How many days of the year are worked."""
    return sum(map(calendar.is_workday, days_of(year)))
