"""The years that the package chinesecalendar knows (the State Council's yearly notices)."""

from __future__ import annotations

from functools import cache

from chinese_calendar import constants

from engine.rulebook import DayKind, DayRule, PublishedYear

SOURCE = "国务院办公厅历年放假安排（chinesecalendar）"


@cache
def statutory_years() -> tuple[PublishedYear, ...]:
    """Every year of the package, holidays under their Chinese names."""
    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    rules = [DayRule(day, DayKind.REST, names[value]) for day, value in constants.holidays.items()]
    rules += [DayRule(day, DayKind.WORK, "调休") for day in constants.workdays]
    rules.sort(key=lambda rule: rule.day)
    years = sorted({rule.day.year for rule in rules if rule.kind is DayKind.REST})
    return tuple(PublishedYear(year, tuple(r for r in rules if r.day.year == year), SOURCE) for year in years)
