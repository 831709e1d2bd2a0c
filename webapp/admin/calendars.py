"""Working calendars: a year of the whole platform or of one organisation, and what an administrator changes in it."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from engine.almanac import Stretch, stretches, workdays_in
from engine.calendar import WorkCalendar
from engine.errors import Invalid, InvalidValue
from engine.hours import Hours
from engine.records import Organisation
from engine.rulebook import FIRST_YEAR, LAST_YEAR, NATIONAL, CalendarChange, DayRule, Own, Progress, upward
from processes.holidays import read_holidays
from webapp.admin import admin
from webapp.admin.calendar_forms import InvalidFields, chosen_days, day_rules, import_file, office_hours
from webapp.identity import actor
from webapp.services import services

#: what the whole platform is called
EVERYBODY = "全平台"


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the year's sheet."""

    day: date
    is_open: bool
    name: str | None
    today: bool

    @property
    def css(self) -> str:
        """Worked, worked although it is a weekend day, closed although it is none, an ordinary weekend."""
        weekend = self.day.weekday() >= 5
        kind = ("make" if weekend else "open") if self.is_open else ("rest" if weekend and not self.name else "off")
        return f"cal-{kind}{' d-today' if self.today else ''}"

    @property
    def spoken(self) -> str:
        name = f"，{self.name}" if self.name else ""
        return f"{self.day.month}月{self.day.day}日，{'上班' if self.is_open else '不上班'}{name}"


@dataclass(frozen=True)
class Sheet:
    """What the page shows: one organisation's year."""

    year: int
    org: str
    organisations: Mapping[str, Organisation]
    calendar: WorkCalendar
    own: Own
    today: date
    changes: Sequence[CalendarChange]
    #: by number of the change, how far deadlines are worked out anew
    progress: Mapping[int, Progress]
    #: what was wrong with the form handed in, by field
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.organisations[self.org].name if self.org else EVERYBODY

    @property
    def published(self) -> bool:
        return self.year in self.calendar.years

    @property
    def months(self) -> list[list[list[Cell | None]]]:
        """Twelve months of weeks from Monday to Sunday; None outside the month."""
        rows = Calendar().yeardatescalendar(self.year, 1)
        return [
            [[self._cell(day) if day.month == i else None for day in week] for week in month]
            for i, (month,) in enumerate(rows, 1)
        ]

    def _cell(self, day: date) -> Cell:
        return Cell(day, self.calendar.is_workday(day), self.calendar.called(day), day == self.today)

    @property
    def stretches(self) -> list[Stretch]:
        return stretches(self.calendar, self.year)

    @property
    def workdays(self) -> int:
        return workdays_in(self.calendar, self.year)

    @property
    def own_days(self) -> list[DayRule]:
        """What the organisation itself says of days of the year."""
        return sorted((rule for rule in self.own.days.values() if rule.day.year == self.year), key=lambda r: r.day)

    @property
    def hours(self) -> Hours:
        """The hours that hold now."""
        return self.calendar.hours_of(self.today)

    @property
    def coming_hours(self) -> list[Hours]:
        """Hours that are set to begin."""
        return [one for one in self.calendar.hours if one.since is not None and one.since > self.today]

    @property
    def hours_from(self) -> str | None:
        """Where the hours come from when they are not the organisation's own."""
        book = services().calendars.rules()
        for code in (*upward(self.org or None, self.organisations), NATIONAL):
            if any(one.since is None or one.since <= self.today for one in book.own.get(code, Own()).hours):
                return None if code == self.org else self.organisations[code].name if code else EVERYBODY
        return None if self.org == NATIONAL else EVERYBODY


@admin.get("/calendars")
def calendars() -> str:
    """The year's sheet, the days and hours set, the latest changes."""
    return _page()


@admin.post("/calendars/days")
def calendar_days() -> Response | tuple[str, int]:
    """Say of days that offices are open or closed."""
    org, year = _org(), _year()

    def change() -> CalendarChange | None:
        rules = day_rules(request.form, services().calendars.of(org or None))
        why = request.form.get("why", "")
        return services().calendars.set_days(org, rules, actor(), services().clock.now(), why)

    return _carry_out(change, year, {"day": "first", "name": "name", "why": "why"}, "first")


@admin.post("/calendars/clear")
def calendar_clear() -> Response | tuple[str, int]:
    """Take back what was said of days."""
    org, year = _org(), _year()

    def change() -> CalendarChange | None:
        days, why = chosen_days(request.form), request.form.get("clear_why", "")
        return services().calendars.clear_days(org, days, actor(), services().clock.now(), why)

    return _carry_out(change, year, {"why": "clear_why"}, "clear_why")


@admin.post("/calendars/hours")
def calendar_hours() -> Response | tuple[str, int]:
    """Set office hours from a day on."""
    org, year = _org(), _year()

    def change() -> CalendarChange | None:
        hours, why = office_hours(request.form), request.form.get("hours_why", "")
        return services().calendars.set_hours(org, hours, actor(), services().clock.now(), why)

    return _carry_out(change, year, {"why": "hours_why", "day": "since"}, "since")


@admin.post("/calendars/import")
def calendar_import() -> Response | tuple[str, int]:
    """Import a year's holidays from a file."""
    year = _year()

    def change() -> CalendarChange | None:
        filename, content = import_file(request.files)
        found = read_holidays(content, filename)
        why = request.form.get("import_why", "").strip() or found.source
        return services().calendars.publish_year(found, actor(), services().clock.now(), why)

    return _carry_out(change, year, {"why": "import_why"}, "file")


def _carry_out(
    change: Callable[[], CalendarChange | None], year: int, places: Mapping[str, str], other: str
) -> Response | tuple[str, int]:
    """Carry out a change and go back to the sheet; what was wrong is shown at its field, what was typed stays."""
    try:
        made = change()
    except InvalidFields as error:
        return _page(error.fields), 422
    except Invalid as error:
        return _page({places.get(error.place or "", other): error.message}), 422
    if made is None:
        flash("与已有的安排相同，没有更改。", "warn")
    else:
        flash(f"已保存：{made.what}。涉及的期限将在后台重新计算。", "done")
        year = made.first.year
    return redirect(url_for("admin.calendars", year=year, org=_org() or None))


def _page(problems: Mapping[str, str] | None = None) -> str:
    book, org = services().calendars, _org()
    calendar = book.of(org or None)
    sheet = Sheet(
        year=_year(),
        org=org,
        organisations=_organisations(),
        calendar=calendar,
        own=book.rules().own.get(org, Own()),
        today=calendar.local_date(services().clock.now()),
        changes=(changes := book.changes()),
        progress=book.progress(changes),
        problems=problems or {},
    )
    return render_template("admin/calendars.html", it=sheet, form=request.form, everybody=EVERYBODY)


def _organisations() -> dict[str, Organisation]:
    return {one.code: one for one in services().accounts.organisations()}


def _org() -> str:
    """The organisation asked for; raises InvalidValue for one that does not exist."""
    code = request.values.get("org", NATIONAL)[:64]
    if code != NATIONAL and code not in _organisations():
        raise InvalidValue(f"没有编码为“{code}”的机构。", place="org")
    return code


def _year() -> int:
    """The year asked for, otherwise the current one."""
    now = services().calendars.of(None).local_date(services().clock.now()).year
    year = request.values.get("year", now, type=int)
    return year if FIRST_YEAR <= year <= LAST_YEAR else now
