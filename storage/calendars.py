"""The calendars: days and hours as data, kept in memory, every change written down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from threading import Lock

from sqlalchemy import Connection, insert, select

from engine.calendar import WorkCalendar
from engine.errors import InvalidValue
from engine.hours import Hours
from engine.records import SYSTEM, Actor
from engine.rulebook import (
    MAX_DAYS,
    NATIONAL,
    CalendarChange,
    ChangeKind,
    DayKind,
    DayRule,
    Own,
    Progress,
    PublishedYear,
    Rulebook,
)
from engine.wording import day_words
from storage.calendar_jobs import add_job, progress
from storage.database import Database
from storage.directory import Directory
from storage.repositories.calendar_rules import forget_days, read_rules, write_days, write_hours, write_years
from storage.repositories.keys import Numbers
from storage.rows import Rows
from storage.statutory import statutory_years
from storage.tables import calendar_changes, numbers

#: seconds after which a change made by another process is seen
MAX_AGE = 3.0
#: longest reason and longest name of a day, in characters
LONGEST_WHY, LONGEST_NAME = 500, 40

#: the series that counts changes; its last number tells whether memory is out of date
_SERIES = "calendar"
_LAST = select(numbers.c.last).where(numbers.c.series == _SERIES)
_CHANGE = Rows(CalendarChange, calendar_changes)
_LATEST = select(*_CHANGE.columns).order_by(calendar_changes.c.change_id.desc())
_KINDS = {DayKind.REST: "休", DayKind.WORK: "班"}


class Calendars:
    """:class:`engine.rulebook.CalendarBook`.

    Asked for in every act and hardly ever changed, the rules are kept in memory: a change made here is seen at once,
    one made by another process within :data:`MAX_AGE` seconds.  Before anything was imported, the years of the package
    chinesecalendar hold.
    """

    def __init__(self, database: Database, directory: Directory, timer: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._directory = directory
        self._timer = timer
        self._lock = Lock()
        self._rules = Rulebook()
        #: composed calendars, by whose word holds in them
        self._composed: dict[tuple[str, ...], WorkCalendar] = {}
        self._revision = -1
        self._looked_at = float("-inf")

    def of(self, org: str | None) -> WorkCalendar:
        """The calendar that holds for ``org``; the one of the whole platform for one that is not known."""
        rules, composed = self._current()
        # an address that every act passes: the tree is not even asked for while nobody says anything
        speakers = rules.speakers(org, self._directory.all()) if rules.own else ()
        calendar = composed.get(speakers)
        if calendar is None:
            calendar = composed[speakers] = rules.calendar(speakers)
        return calendar

    def rules(self) -> Rulebook:
        """Everything said of days and hours."""
        return self._current()[0]

    def seed(self, at: datetime) -> Sequence[CalendarChange]:
        """Import every year of the package that is not known yet.  The first time nothing changes by it."""
        known = set(self.rules().years) if self._seeded() else None
        if known is None:
            with self._database.writing() as connection:
                _lock(connection)
                _plant(connection)
            return []
        new = [year for year in statutory_years() if year.year not in known]
        changes = [self.publish_year(year, SYSTEM, at, "随软件更新") for year in new]
        return [change for change in changes if change is not None]

    def publish_year(self, year: PublishedYear, by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Import a year, in place of what was known of it; None when nothing differs."""
        year = replace(year.check(), days=tuple(sorted(year.days, key=lambda rule: rule.day)))
        for rule in year.days:
            _check_name(rule.name)

        def write(connection: Connection, rules: Rulebook) -> CalendarChange | None:
            if rules.years.get(year.year) == year:
                return None
            write_years(connection, [year])
            first, last = _reach(year, rules.years.get(year.year))
            words = f"{'更正' if year.year in rules.years else '公布'} {year.year} 年放假安排"
            return _change(ChangeKind.YEAR, NATIONAL, first, last, words, why, by, at)

        return self._write(why, write)

    def set_days(self, org: str, rules: Sequence[DayRule], by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Say of days that offices are open or closed; None when all of it holds already."""
        self._check(org, [rule.day for rule in rules])
        for rule in rules:
            _check_name(rule.name)

        def write(connection: Connection, known: Rulebook) -> CalendarChange | None:
            said = known.own.get(org, Own()).days
            new = sorted((rule for rule in rules if said.get(rule.day) != rule), key=lambda rule: rule.day)
            if not new:
                return None
            write_days(connection, org, new)
            words = "、".join(dict.fromkeys(f"{rule.name}（{_KINDS[rule.kind]}）" for rule in new))
            words = f"{_span([rule.day for rule in new])}：{words}"
            return _change(ChangeKind.DAYS, org, new[0].day, new[-1].day, words, why, by, at)

        return self._write(why, write)

    def clear_days(self, org: str, days: Sequence[date], by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Take back what ``org`` itself says of days; None when it says nothing of them."""
        self._check(org, days)

        def write(connection: Connection, known: Rulebook) -> CalendarChange | None:
            said = sorted(day for day in set(days) if day in known.own.get(org, Own()).days)
            if not said:
                return None
            forget_days(connection, org, said)
            words = f"撤销 {_span(said)}的特别安排"
            return _change(ChangeKind.CLEARED, org, said[0], said[-1], words, why, by, at)

        return self._write(why, write)

    def set_hours(self, org: str, hours: Hours, by: Actor, at: datetime, why: str) -> CalendarChange | None:
        """Set hours from ``hours.since`` on; None when they hold already."""
        if hours.since is None:
            raise InvalidValue("请填写办公时间从哪一天起执行。", place="since")
        since = hours.since
        self._check(org, [since])

        def write(connection: Connection, known: Rulebook) -> CalendarChange | None:
            if hours in known.own.get(org, Own()).hours:
                return None
            write_hours(connection, org, hours)
            noon = "，午间不断档" if hours.noon is None else ""
            words = f"{day_words(since)}起办公时间 {hours.words}{noon}"
            return _change(ChangeKind.HOURS, org, since, None, words, why, by, at)

        return self._write(why, write)

    def changes(self, limit: int = 20) -> Sequence[CalendarChange]:
        """The latest changes, newest first."""
        with self._database.reading() as connection:
            return [_CHANGE.read(row) for row in connection.execute(_LATEST.limit(limit))]

    def progress(self, changes: Sequence[CalendarChange]) -> Mapping[int, Progress]:
        """How far the deadlines that changes touch are worked out anew."""
        with self._database.reading() as connection:
            return progress(connection, [change.change_id for change in changes])

    # ---- memory

    def _current(self) -> tuple[Rulebook, dict[tuple[str, ...], WorkCalendar]]:
        with self._lock:
            if self._timer() - self._looked_at >= MAX_AGE:
                self._look()
            return self._rules, self._composed

    def _look(self) -> None:
        """Read the rules again if anything changed; the caller holds the lock."""
        with self._database.reading() as connection:
            changed = (connection.scalar(_LAST) or 0) != self._revision
        if changed:
            with self._database.snapshot() as connection:
                self._revision = connection.scalar(_LAST) or 0
                rules = read_rules(connection)
            self._rules = rules if rules.years else replace(rules, years={y.year: y for y in statutory_years()})
            self._composed = {}
        self._looked_at = self._timer()

    def _forget(self) -> None:
        with self._lock:
            self._looked_at = float("-inf")

    # ---- changes

    def _seeded(self) -> bool:
        with self._database.reading() as connection:
            return bool(connection.scalar(_LAST))

    def _write(self, why: str, write: Callable[[Connection, Rulebook], CalendarChange | None]) -> CalendarChange | None:
        """Carry out a change, one after another; it is numbered and kept with who, when and why."""
        if not why.strip():
            raise InvalidValue("请写明更改日历的理由或依据。", place="why")
        if len(why) > LONGEST_WHY:
            raise InvalidValue(f"理由最多写 {LONGEST_WHY} 个字。", place="why")
        with self._database.transaction() as connection:
            number = _lock(connection)
            _plant(connection)
            change = write(connection, read_rules(connection))
            if change is None:
                return None
            change = replace(change, change_id=number)
            connection.execute(insert(calendar_changes), _CHANGE.values(change))
            add_job(connection, change)
            connection.commit()
        self._forget()
        return change

    def _check(self, org: str, days: Sequence[date]) -> None:
        if org != NATIONAL and self._directory.organisation(org) is None:
            raise InvalidValue(f"没有编码为“{org}”的机构。", place="org")
        if not days:
            raise InvalidValue("没有选中任何一天。", place="day")
        if len(days) > MAX_DAYS:
            raise InvalidValue(f"一次最多更改 {MAX_DAYS} 天。", place="day")
        for day in days:
            if not 2000 <= day.year <= 2100:
                raise InvalidValue(f"{day} 不在 2000 年到 2100 年之间。", place="day")


def _lock(connection: Connection) -> int:
    """The number of the change to come; whoever wants the next one waits until this transaction ends."""
    return Numbers(connection).next(_SERIES)


def _plant(connection: Connection) -> None:
    """Store the package's years where no year is stored yet."""
    if not read_rules(connection).years:
        write_years(connection, statutory_years())


def _reach(new: PublishedYear, old: PublishedYear | None) -> tuple[date, date]:
    """First and last day of which anything changes; a year that was not known changes as a whole."""
    if old is None:
        return min(date(new.year, 1, 1), *(rule.day for rule in new.days)), date(new.year, 12, 31)
    days = sorted(rule.day for rule in set(new.days) ^ set(old.days))
    return (days[0], days[-1]) if days else (date(new.year, 1, 1), date(new.year, 1, 1))


def _change(
    kind: ChangeKind, org: str, first: date, last: date | None, what: str, why: str, by: Actor, at: datetime
) -> CalendarChange:
    return CalendarChange(0, kind, org, first, last, what, why.strip(), by.user_id, by.name, at)


def _check_name(name: str) -> None:
    if not name.strip():
        raise InvalidValue("请写明这一天叫什么，例如国庆节、圩日、停电检修。", place="name")
    if len(name) > LONGEST_NAME:
        raise InvalidValue(f"名称最多写 {LONGEST_NAME} 个字。", place="name")


def _span(days: Sequence[date]) -> str:
    """``2026年10月1日``, ``2026年10月1日至2026年10月7日（3 天）``."""
    if len(days) == 1:
        return day_words(days[0])
    return f"{day_words(days[0])}至{day_words(days[-1])}（{len(days)} 天）"
