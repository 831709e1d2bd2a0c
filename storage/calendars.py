"""The Chinese statutory calendar, from the package chinesecalendar (the State Council's yearly notices)."""

from __future__ import annotations

from datetime import date

from chinese_calendar import constants

from engine.calendar import WorkCalendar


def national_calendar() -> WorkCalendar:
    """Holidays with their Chinese names, weekend days worked instead, and the years the package covers."""
    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    holidays: dict[date, str] = {day: names[value] for day, value in constants.holidays.items()}
    return WorkCalendar(
        holidays=holidays,
        workdays=frozenset(constants.workdays),
        years=frozenset(day.year for day in constants.holidays),
    )


class Calendars:
    """:class:`engine.ports.Calendars`: the national calendar for every organisation."""

    def __init__(self) -> None:
        self._national = national_calendar()

    def of(self, org: str | None) -> WorkCalendar:
        """The calendar that holds for ``org``."""
        return self._national
