"""The statutory calendar as published, against days that everybody can look up."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.elements import Limit
from storage.calendars import Calendars, national_calendar

BEIJING = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_weekends_worked_in_2026(day: str) -> None:
    assert national_calendar().is_makeup(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("name", "first", "last"), [("春节", "2026-02-15", "2026-02-23"), ("国庆节", "2026-10-01", "2026-10-07")]
)
def test_holidays_of_2026_by_name(name: str, first: str, last: str) -> None:
    calendar, day = national_calendar(), date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        assert calendar.holiday(day) == name
        assert not calendar.is_workday(day)
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("accepted", "workdays", "due"),
    [("2026-02-10", 5, "2026-02-24"), ("2026-02-10", 20, "2026-03-16"), ("2026-09-18", 5, "2026-09-24")],
)
def test_limits_over_holidays(accepted: str, workdays: int, due: str) -> None:
    calendar = Calendars().of("450721-spj")
    start = datetime.fromisoformat(accepted).replace(hour=10, tzinfo=BEIJING)
    found = calendar.due(start, Limit(workdays))
    assert calendar.local_date(found.at) == date.fromisoformat(due)
    assert not found.provisional


def test_a_year_not_published_is_provisional() -> None:
    calendar = Calendars().of(None)
    last = max(calendar.years)
    assert min(calendar.years) == 2004
    assert calendar.due(datetime(last, 12, 30, 10, tzinfo=BEIJING), Limit(5)).provisional
    assert not calendar.covers(date(last + 1, 1, 1))
    assert calendar.holiday(date(last + 1, 1, 1)) is None
