"""What is said of days and hours, to the tables and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, time
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from engine.hours import Hours
from engine.rulebook import DayRule, Own, PublishedYear, Rulebook
from storage.statements import upsert
from storage.tables import calendar_days, calendar_hours, calendar_published, calendar_years

_YEARS = select(calendar_years.c.year, calendar_years.c.source).order_by(calendar_years.c.year)
_PUBLISHED = select(*calendar_published.c).order_by(calendar_published.c.year, calendar_published.c.day)
_DAYS = select(*calendar_days.c).order_by(calendar_days.c.org, calendar_days.c.day)
_HOURS = select(*calendar_hours.c).order_by(calendar_hours.c.org, calendar_hours.c.since)


def read_rules(connection: Connection) -> Rulebook:
    """All of it; no year at all before the first import."""
    published = {year: tuple(map(_rule, rows)) for year, rows in _by_first(connection, _PUBLISHED)}
    notices = connection.execute(_YEARS).all()
    days = {org: {row.day: _rule(row) for row in rows} for org, rows in _by_first(connection, _DAYS)}
    hours = {org: tuple(map(_hours_of, rows)) for org, rows in _by_first(connection, _HOURS)}
    return Rulebook(
        {row.year: PublishedYear(row.year, published.get(row.year, ()), row.source) for row in notices},
        {org: Own(days.get(org, {}), hours.get(org, ())) for org in {*days, *hours}},
    )


def _by_first(connection: Connection, statement: Any) -> Iterator[tuple[Any, Iterator[Any]]]:
    """Rows in groups that agree in their first column, by which they are sorted."""
    return groupby(connection.execute(statement), itemgetter(0))


def _rule(row: Any) -> DayRule:
    return DayRule(row.day, row.kind, row.name)


def write_years(connection: Connection, years: Iterable[PublishedYear]) -> None:
    """Store years, each in place of what was known of it."""
    for year in years:
        connection.execute(delete(calendar_published).where(calendar_published.c.year == year.year))
        connection.execute(upsert(connection, calendar_years), {"year": year.year, "source": year.source})
        rows = [_row(rule) | {"year": year.year} for rule in year.days]
        if rows:
            connection.execute(insert(calendar_published), rows)


def write_days(connection: Connection, org: str, rules: Iterable[DayRule]) -> None:
    """Store what ``org`` says of days, in place of what it said of them."""
    connection.execute(upsert(connection, calendar_days), [_row(rule) | {"org": org} for rule in rules])


def forget_days(connection: Connection, org: str, days: Sequence[date]) -> None:
    """Forget what ``org`` says of days."""
    connection.execute(delete(calendar_days).where(calendar_days.c.org == org, calendar_days.c.day.in_(days)))


def write_hours(connection: Connection, org: str, hours: Hours) -> None:
    """Store hours that begin on a day, in place of those that began on it."""
    noon = [_clock(at) for at in hours.noon or ()] or [None, None]
    values = {"org": org, "since": hours.since, "opening": _clock(hours.opening), "closing": _clock(hours.closing)}
    connection.execute(upsert(connection, calendar_hours), values | {"noon_from": noon[0], "noon_until": noon[1]})


def _row(rule: DayRule) -> dict[str, Any]:
    return {"day": rule.day, "kind": rule.kind, "name": rule.name}


def _hours_of(row: Any) -> Hours:
    noon = (_time(row.noon_from), _time(row.noon_until)) if row.noon_from is not None else None
    return Hours(_time(row.opening), _time(row.closing), noon, row.since)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _time(text: str) -> time:
    return time.fromisoformat(text)
