"""Working-day law as pure functions.

Days are working days: weekends and statutory holidays do not count, weekends worked in exchange do (行政许可法
第八十二条).  A limit counts from the day after the day on which it starts and ends at the close of business of its last
day (民法典 第二百零一条、第二百零三条).  Which days are holidays comes in as data, published one year at a time by the
State Council; a year that is not published yet is computed from weekends alone and everything that touches it is
marked provisional.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from engine.elements import Limit, Unit
from engine.errors import InvalidValue
from engine.hours import Hours

#: longest limit that is computed, in any unit; far beyond every limit of law
MAX_LIMIT = 10_000

_DAY = timedelta(days=1)

#: an interval in which the clock stands still: from, until
Stop = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """The moment at which a limit is used up."""

    at: datetime
    #: the computation touched a year whose holidays are not published yet
    provisional: bool = False


class RemainingKind(StrEnum):
    LEFT = "left"
    TODAY = "today"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Remaining:
    """How far off a deadline is, in whole working days."""

    kind: RemainingKind
    #: working days left or overdue; 0 when due today, or when only rest days lie before a deadline
    workdays: int

    @property
    def words(self) -> str:
        """In the words of the chips: 剩 3 个工作日 · 今天到期 · 已超 1 个工作日."""
        if self.kind is RemainingKind.TODAY:
            return "今天到期"
        if self.kind is RemainingKind.OVERDUE:
            return f"已超 {self.workdays} 个工作日"
        return f"剩 {self.workdays} 个工作日" if self.workdays else "剩不到 1 个工作日"


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """The days and hours on which the offices of one place are open.  Never changes; compared by identity."""

    #: day off → name of the holiday; also the weekend days that belong to a holiday
    holidays: Mapping[date, str] = field(default_factory=dict)
    #: weekend days worked in exchange for a holiday (调休上班)
    workdays: Collection[date] = frozenset()
    #: years whose holidays are published; in every other year only weekends are known
    years: Collection[int] = frozenset()
    tz: tzinfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    #: the hours of a working day, the last one whose ``since`` has come; the first always held
    hours: Sequence[Hours] = (Hours(),)
    #: days on which these offices are open whatever is published → what they are called, such as 圩日
    opened: Mapping[date, str] = field(default_factory=dict)
    #: days on which they are closed whatever is published → why
    closed: Mapping[date, str] = field(default_factory=dict)

    # ---- days

    def covers(self, day: date) -> bool:
        """True when the holidays of the day's year are published."""
        return day.year in self.years

    def is_workday(self, day: date) -> bool:
        """True when offices are open on this day."""
        if day in self.opened:
            return True
        if day in self.closed:
            return False
        if self.covers(day):
            if day in self.workdays:
                return True
            if day in self.holidays:
                return False
        return day.weekday() < 5

    def holiday(self, day: date) -> str | None:
        """The holiday's name or why offices are closed, None on a working day and on an ordinary weekend."""
        if self.is_workday(day):
            return None
        return self.closed.get(day) or (self.holidays.get(day) if self.covers(day) else None)

    def is_makeup(self, day: date) -> bool:
        """True on a weekend day that is worked in exchange for a holiday."""
        return day.weekday() >= 5 and day not in self.opened and self.is_workday(day)

    def called(self, day: date) -> str | None:
        """What the day is known for: a holiday's name, why offices are closed or open, 调休; else None."""
        return self.opened.get(day) or ("调休" if self.is_makeup(day) else self.holiday(day))

    def hours_of(self, day: date) -> Hours:
        """The hours that hold on a day, worked or not."""
        return next((one for one in reversed(self.hours) if one.since is None or one.since <= day), self.hours[0])

    def local_date(self, at: datetime) -> date:
        """The day, by this calendar's wall clock, on which a moment falls."""
        return at.astimezone(self.tz).date()

    def starts(self, day: date) -> datetime:
        """The first moment of a day."""
        return datetime.combine(day, time.min, self.tz)

    def opens(self, day: date) -> datetime:
        """Opening time of a day, worked or not."""
        return datetime.combine(day, self.hours_of(day).opening, self.tz)

    def closes(self, day: date) -> datetime:
        """Closing time of a day, worked or not."""
        return datetime.combine(day, self.hours_of(day).closing, self.tz)

    def add_workdays(self, day: date, n: int) -> date:
        """The ``n``-th working day after ``day``; ``day`` itself for 0.  ValueError when ``n`` is negative."""
        if n < 0:
            raise ValueError("working days are counted forward")
        for _ in range(n):
            day = self._next_workday(day + _DAY)
        return day

    def workdays_between(self, first: date, last: date) -> int:
        """Number of working days after ``first`` up to and including ``last``; negative when ``last`` lies before."""
        if last < first:
            return -self.workdays_between(last, first)
        return sum(self.is_workday(first + _DAY * i) for i in range(1, (last - first).days + 1))

    # ---- limits

    def due(self, start: datetime, limit: Limit, stops: Sequence[Stop] = ()) -> Due:
        """When ``limit`` is used up that starts at ``start``.

        Working and calendar days count from the day after ``start``; the limit ends at closing time of its last day,
        for calendar days moved to the next working day when that is a day of rest (民法典 第二百零三条).  Hours run
        from the moment itself, working hours only while offices are open.

        ``stops`` are intervals that are not counted.  A day is not counted when a stop was in force as it began, so
        the day on which a stop starts still counts and the day on which it ends does not; hours are left out to the
        second.

        Raises InvalidValue when the limit is below 1 or above :data:`MAX_LIMIT`.
        """
        at = self._used(start, limit, Fraction(1), stops)
        if limit.unit is Unit.DAY:
            at = self.closes(self._next_workday(self.local_date(at)))
        return Due(at, provisional=self._provisional(self.local_date(start), self.local_date(at)))

    def warn_at(self, start: datetime, due: datetime, limit: Limit, stops: Sequence[Stop] = ()) -> datetime:
        """When the share ``limit.warn`` of the limit is used up, never later than ``due``.

        Part of a day is measured in office hours: 0.9 of five working days is half way through the fifth.
        """
        return min(due, self._used(start, limit, Fraction(str(limit.warn)), stops))

    def remaining(self, now: datetime, due_at: datetime) -> Remaining:
        """How far ``due_at`` is off at ``now``; just past it counts as one working day overdue."""
        today, last = self.local_date(now), self.local_date(due_at)
        if now > due_at:
            return Remaining(RemainingKind.OVERDUE, max(1, self.workdays_between(last, today)))
        if today == last:
            return Remaining(RemainingKind.TODAY, 0)
        return Remaining(RemainingKind.LEFT, self.workdays_between(today, last))

    def stopped_days(self, stops: Sequence[Stop]) -> frozenset[date]:
        """Days that were in a stop as they began: after the day of its start up to the day of its end."""
        return frozenset(
            day for start, end in stops for day in _days(self.local_date(start) + _DAY, self.local_date(end))
        )

    # ---- how limits are used up

    def _used(self, start: datetime, limit: Limit, share: Fraction, stops: Sequence[Stop]) -> datetime:
        """The moment at which ``share`` of the limit is used up."""
        if not 1 <= limit.value <= MAX_LIMIT:
            raise InvalidValue(f"时限必须在 1 到 {MAX_LIMIT} 之间，现为 {limit.value}。")
        amount = limit.value * share
        if limit.unit in (Unit.WORKDAY, Unit.DAY):
            stopped = self.stopped_days(stops)
            works = self.is_workday if limit.unit is Unit.WORKDAY else _always
            return self._used_days(self.local_date(start), amount, lambda day: works(day) and day not in stopped)
        return self._used_hours(start, amount, limit.unit, stops)

    def _sessions(self, day: date) -> Iterator[Stop]:
        """The hours of a day in which offices are open, were it worked."""
        for opens, closes in self.hours_of(day).sessions:
            yield datetime.combine(day, opens, self.tz), datetime.combine(day, closes, self.tz)

    def _used_days(self, day: date, amount: Fraction, counts: Callable[[date], bool]) -> datetime:
        whole, part = divmod(amount, 1)
        for _ in range(int(whole) + (part > 0)):
            day += _DAY
            while not counts(day):
                day += _DAY
        if not part:
            return self.closes(day)
        sessions = list(self._sessions(day))
        left = sum((closes - opens for opens, closes in sessions), timedelta()) * float(part)
        return _after(left, sessions)

    def _used_hours(self, start: datetime, amount: Fraction, unit: Unit, stops: Sequence[Stop]) -> datetime:
        return _after(timedelta(hours=float(amount)), self._open_intervals(start, unit, stops))

    def _open_intervals(self, start: datetime, unit: Unit, stops: Sequence[Stop]) -> Iterator[Stop]:
        """Intervals after ``start`` in which hours of ``unit`` pass, in order, without end."""
        day = self.local_date(start)
        while True:
            if unit is Unit.HOUR:
                yield from _outside(max(start, self.starts(day)), self.starts(day + _DAY), stops)
            elif self.is_workday(day):
                for opens, closes in self._sessions(day):
                    yield from _outside(max(start, opens), closes, stops)
            day += _DAY

    def _next_workday(self, day: date) -> date:
        """The day itself when it is worked, otherwise the first worked day after it."""
        while not self.is_workday(day):
            day += _DAY
        return day

    def _provisional(self, first: date, last: date) -> bool:
        return any(year not in self.years for year in range(first.year, last.year + 1))


def _always(_: date) -> bool:
    return True


def _days(first: date, last: date) -> Iterator[date]:
    """Every day from ``first`` to ``last``, both included."""
    return (first + _DAY * i for i in range((last - first).days + 1))


def _after(left: timedelta, intervals: Iterable[Stop]) -> datetime:
    """The moment at which ``left`` has passed within the intervals."""
    for opens, closes in intervals:
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("the intervals are too short")


def _outside(start: datetime, end: datetime, stops: Sequence[Stop]) -> Iterator[Stop]:
    """The parts of an interval that no stop covers, in order."""
    for stop_start, stop_end in sorted(stops):
        if stop_end <= start or stop_start >= end:
            continue
        if start < stop_start:
            yield start, stop_start
        start = max(start, stop_end)
    if start < end:
        yield start, end
