"""Where a calendar comes from: what the State Council publishes, what administrators correct, what offices set.

Days and hours are data.  Statutory days come year by year; on top of them every organisation, and the whole platform
(:data:`NATIONAL`), may say of single days that offices are open or closed, and which hours they keep.  What an
organisation says holds for everything below it that says nothing itself: the nearest word wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from engine.calendar import WorkCalendar
from engine.errors import InvalidValue
from engine.hours import Hours
from engine.records import Actor, Organisation

#: stands for the whole platform where an organisation's code is expected
NATIONAL = ""
#: years that can be published
FIRST_YEAR, LAST_YEAR = 1990, 2100
#: days that one change may name
MAX_DAYS = 366


class DayKind(StrEnum):
    """What is said of a day."""

    #: 休
    REST = "rest"
    #: 班
    WORK = "work"


@dataclass(frozen=True, slots=True)
class DayRule:
    """A day that is not what its weekday makes it."""

    day: date
    kind: DayKind
    #: a holiday's name, 调休, 圩日, why the office is closed
    name: str


@dataclass(frozen=True, slots=True)
class PublishedYear:
    """A year's holidays and the weekend days worked for them, as the State Council's notice gives them."""

    year: int
    days: tuple[DayRule, ...]
    #: the notice, or where it was taken from
    source: str

    def check(self) -> PublishedYear:
        """Itself; InvalidValue names the day that cannot be right."""
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise InvalidValue(f"年份应在 {FIRST_YEAR} 到 {LAST_YEAR} 之间，现为 {self.year}。")
        seen: set[date] = set()
        for rule in self.days:
            _check_published(self.year, rule)
            if rule.day in seen:
                raise InvalidValue(f"{rule.day} 列了两次。", place=str(rule.day))
            seen.add(rule.day)
        if not any(rule.kind is DayKind.REST for rule in self.days):
            raise InvalidValue(f"{self.year} 年没有列出任何放假的日子。")
        return self


def _check_published(year: int, rule: DayRule) -> None:
    # a notice may begin in the last days of the year before: 元旦 of 2024 began on 30 December 2023
    if rule.day.year != year and (rule.day.year, rule.day.month) != (year - 1, 12):
        raise InvalidValue(f"{rule.day} 不在 {year} 年的安排里。", place=str(rule.day))
    if rule.kind is DayKind.WORK and rule.day.weekday() < 5:
        raise InvalidValue(f"{rule.day} 不是周末，不能是调休上班日。", place=str(rule.day))


@dataclass(frozen=True, slots=True)
class Own:
    """What one organisation, or the platform, says for itself and those below it."""

    days: Mapping[date, DayRule] = field(default_factory=dict)
    #: in the order in which they came into force
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """Everything said of days and hours, at one moment.  Never changes."""

    years: Mapping[int, PublishedYear] = field(default_factory=dict)
    #: code of an organisation, or :data:`NATIONAL` → what it says
    own: Mapping[str, Own] = field(default_factory=dict)

    def speakers(self, org: str | None, tree: Mapping[str, Organisation]) -> tuple[str, ...]:
        """Those whose word holds in ``org``, the nearest first; only those that say something."""
        return tuple(code for code in (*upward(org, tree), NATIONAL) if code in self.own)

    def calendar(self, speakers: Sequence[str]) -> WorkCalendar:
        """The calendar of those who hear ``speakers``, the nearest first."""
        published = [rule for year in sorted(self.years) for rule in self.years[year].days]
        rest, work = _sorted_out({rule.day: rule for rule in published})
        said: dict[date, DayRule] = {}
        for code in reversed(speakers):
            said |= self.own[code].days
        closed, opened = _sorted_out(said)
        return WorkCalendar(
            holidays=rest,
            workdays=frozenset(work),
            years=frozenset(self.years),
            hours=_merged([self.own[code].hours for code in speakers]),
            opened=opened,
            closed=closed,
        )


def _sorted_out(rules: Mapping[date, DayRule]) -> tuple[dict[date, str], dict[date, str]]:
    """Days of rest and days of work, each with its name."""
    rest = {rule.day: rule.name for rule in rules.values() if rule.kind is DayKind.REST}
    work = {rule.day: rule.name for rule in rules.values() if rule.kind is DayKind.WORK}
    return rest, work


def _merged(nearest_first: Sequence[tuple[Hours, ...]]) -> tuple[Hours, ...]:
    """The hours in force from each day on which those of anybody begin; before all of them, the usual ones."""
    merged = [Hours()]
    for since in sorted({one.since for hours in nearest_first for one in hours if one.since is not None}):
        began = ([one for one in hours if one.since is not None and one.since <= since] for hours in nearest_first)
        nearest = next((hours[-1] for hours in began if hours), None)
        if nearest is not None:
            merged.append(replace(nearest, since=since))
    return tuple(merged)


def upward(org: str | None, tree: Mapping[str, Organisation]) -> tuple[str, ...]:
    """The organisation and all above it, nearest first; nothing for one that is not in the tree."""
    chain: list[str] = []
    while org is not None and org in tree and org not in chain:
        chain.append(org)
        org = tree[org].parent
    return tuple(chain)


def downward(org: str, tree: Mapping[str, Organisation]) -> frozenset[str]:
    """The organisation and all below it; everybody for :data:`NATIONAL`."""
    if org == NATIONAL:
        return frozenset(tree)
    return frozenset(code for code in tree if org in upward(code, tree)) | {org}


class ChangeKind(StrEnum):
    """What a change of the calendars does."""

    #: a year's holidays are imported, or imported anew
    YEAR = "year"
    #: days are said to be open or closed
    DAYS = "days"
    #: what was said of days is taken back
    CLEARED = "cleared"
    #: hours are set from a day on
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """One change of the calendars, as it is kept for ever."""

    #: 1, 2, 3 …
    change_id: int
    kind: ChangeKind
    #: whose calendar; :data:`NATIONAL` for everybody's
    org: str
    #: first and last day that it is about; None: without end
    first: date
    last: date | None
    #: what was changed, in words
    what: str
    why: str
    by_id: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the deadlines touched by a change are worked out anew."""

    #: cases touched; None until they are listed
    total: int | None
    #: cases still to be done
    left: int
    finished: bool

    @property
    def words(self) -> str:
        """``等待重算``, ``已重算 120 / 300 件``, ``298 件已重算，2 件未能重算``, ``没有涉及的办件``."""
        if self.total is None:
            return "等待重算"
        done = self.total - self.left
        if not self.finished:
            return f"已重算 {done} / {self.total} 件"
        if self.left:
            return f"{done} 件已重算，{self.left} 件未能重算"
        return f"已重算 {done} 件" if done else "没有涉及的办件"


class CalendarBook(Protocol):
    """The calendars as an administrator sees them.  Every change is kept with who, when and why."""

    def of(self, org: str | None) -> WorkCalendar:
        """The calendar that holds for an organisation."""

    def rules(self) -> Rulebook: ...

    def publish_year(self, year: PublishedYear, by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Import a year, in place of what was known of it; None when nothing differs.

        Raises InvalidValue for what cannot be right.
        """

    def set_days(self, org: str, rules: Sequence[DayRule], by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Say of days that offices are open or closed; None when all of it holds already.  Raises InvalidValue."""

    def clear_days(self, org: str, days: Sequence[date], by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Take back what ``org`` itself says of days; None when it says nothing of them.  Raises InvalidValue."""

    def set_hours(self, org: str, hours: Hours, by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Set hours from ``hours.since`` on; None when they hold already.

        Raises InvalidValue, also for hours without a first day.
        """

    def changes(self, limit: int = 20) -> Sequence[CalendarChange]:
        """The latest changes, newest first."""

    def progress(self, changes: Sequence[CalendarChange]) -> Mapping[int, Progress]:
        """By number of the change, how far the deadlines that it touches are worked out anew."""
