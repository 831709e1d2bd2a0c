"""Calendars in the database: the published years, changes with who, when and why, and memory that is never stale."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from engine.elements import Limit
from engine.errors import InvalidValue
from engine.hours import Hours
from engine.records import Actor, Organisation
from engine.rulebook import MAX_DAYS, NATIONAL, ChangeKind, DayKind, DayRule, PublishedYear
from storage.calendars import MAX_AGE, Calendars
from storage.database import Database
from storage.directory import Directory
from storage.statutory import statutory_years

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 14, 9, 30, tzinfo=BEIJING)
ADMIN = Actor("admin", "平台管理员", "platform", frozenset({"platform:admin"}))
COUNTY, TOWN, ELSEWHERE = "450721-spj", "450721-town", "450722-mzj"
FRIDAY, SATURDAY = date(2026, 10, 16), date(2026, 10, 17)
REST, WORK = DayKind.REST, DayKind.WORK


@pytest.fixture
def book(database: Database) -> Calendars:
    return calendars(database)


def calendars(database: Database, timer=lambda: 0.0) -> Calendars:
    directory = Directory(database)
    for code, parent in ((COUNTY, None), (TOWN, COUNTY), (ELSEWHERE, None)):
        directory.put(Organisation(code, code, parent, "county", "450721"))
    return Calendars(database, directory, timer)


def year_2027(*rules: DayRule) -> PublishedYear:
    return PublishedYear(2027, rules or (DayRule(date(2027, 1, 1), REST, "元旦"),), "国办通知")


def test_every_day_from_2004_to_2026_is_as_chinesecalendar_says(book: Calendars) -> None:
    book.seed(NOW)
    calendar, day = book.of(COUNTY), date(2004, 1, 1)
    assert set(range(2004, 2027)) <= set(calendar.years)
    while day <= date(2026, 12, 31):
        assert calendar.is_workday(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("accepted", "workdays", "due"),
    [("2026-02-10", 5, "2026-02-24"), ("2026-02-10", 20, "2026-03-16"), ("2026-09-18", 5, "2026-09-24")],
)
def test_limits_over_holidays(book: Calendars, accepted: str, workdays: int, due: str) -> None:
    calendar = book.of(COUNTY)
    start = datetime.fromisoformat(accepted).replace(hour=10, tzinfo=BEIJING)
    found = calendar.due(start, Limit(workdays))
    assert calendar.local_date(found.at) == date.fromisoformat(due)
    assert not found.provisional


def test_a_year_not_published_is_provisional_until_its_notice_comes(book: Calendars) -> None:
    start = datetime(2026, 12, 31, 10, tzinfo=BEIJING)
    assert book.of(COUNTY).due(start, Limit(1)).provisional
    change = book.publish_year(year_2027(), ADMIN, NOW, "国办发明电")
    assert change is not None
    assert (change.kind, change.org, change.first, change.last) == (
        ChangeKind.YEAR,
        NATIONAL,
        date(2027, 1, 1),
        date(2027, 12, 31),
    )
    due = book.of(COUNTY).due(start, Limit(1))
    assert not due.provisional
    assert book.of(COUNTY).local_date(due.at) == date(2027, 1, 4)


def test_seeding_changes_nothing_and_is_done_once(book: Calendars) -> None:
    before = book.rules()
    assert book.seed(NOW) == []
    assert book.seed(NOW) == []
    assert book.rules().years == before.years == {year.year: year for year in statutory_years()}
    assert book.changes() == []


def test_a_year_that_a_newer_package_brings_is_a_change(book: Calendars, monkeypatch: pytest.MonkeyPatch) -> None:
    book.seed(NOW)
    monkeypatch.setattr("storage.calendars.statutory_years", lambda: (*statutory_years(), year_2027()))
    (change,) = book.seed(NOW)
    assert (change.what, change.by_name) == ("公布 2027 年放假安排", "系统")


def test_an_import_in_a_fresh_database_keeps_the_package_years(book: Calendars) -> None:
    book.publish_year(year_2027(), ADMIN, NOW, "国办通知")
    assert set(book.rules().years) == {*(year.year for year in statutory_years()), 2027}


def test_a_year_imported_again_is_put_right_and_says_what_it_touches(book: Calendars) -> None:
    new_year, extra = DayRule(date(2027, 1, 1), REST, "元旦"), DayRule(date(2027, 1, 4), REST, "元旦")
    book.publish_year(year_2027(new_year), ADMIN, NOW, "国办通知")
    assert book.publish_year(year_2027(new_year), ADMIN, NOW, "又一次") is None
    change = book.publish_year(year_2027(extra, new_year), ADMIN, NOW, "更正")
    assert change is not None
    assert (change.first, change.last, change.what) == (extra.day, extra.day, "更正 2027 年放假安排")
    assert not book.of(None).is_workday(extra.day)


def test_what_an_office_says_holds_for_those_below_it(book: Calendars) -> None:
    change = book.set_days(COUNTY, [DayRule(SATURDAY, WORK, "圩日")], ADMIN, NOW, "圩日照常受理")
    assert change is not None
    assert (change.change_id, change.what, change.why) == (1, "2026年10月17日：圩日（班）", "圩日照常受理")
    assert (change.by_id, change.by_name, change.at) == ("admin", "平台管理员", NOW)
    assert [book.of(org).is_workday(SATURDAY) for org in (COUNTY, TOWN, ELSEWHERE, None)] == [True, True, False, False]
    assert book.set_days(COUNTY, [DayRule(SATURDAY, WORK, "圩日")], ADMIN, NOW, "又一次") is None


def test_what_was_said_can_be_taken_back_and_stays_on_record(book: Calendars) -> None:
    book.set_days(TOWN, [DayRule(FRIDAY, REST, "停电检修"), DayRule(SATURDAY, WORK, "补班")], ADMIN, NOW, "供电局通知")
    assert book.clear_days(TOWN, [date(2026, 10, 19)], ADMIN, NOW, "没有") is None
    change = book.clear_days(TOWN, [FRIDAY, SATURDAY], ADMIN, NOW, "改期")
    assert change is not None
    assert change.what == "撤销 2026年10月16日至2026年10月17日（2 天）的特别安排"
    assert book.of(TOWN).is_workday(FRIDAY)
    assert [one.why for one in book.changes()] == ["改期", "供电局通知"]


def test_hours_hold_from_their_day_on(book: Calendars) -> None:
    hours = Hours(time(8, 30), time(17, 30), (time(12), time(14, 30)), FRIDAY)
    change = book.set_hours(COUNTY, hours, ADMIN, NOW, "夏令时")
    assert change is not None
    assert change.what == "2026年10月16日起办公时间 8:30–12:00，14:30–17:30"
    assert book.of(TOWN).closes(FRIDAY).time() == time(17, 30)
    assert book.of(TOWN).closes(FRIDAY - timedelta(days=1)).time() == time(17)
    assert book.rules().own[COUNTY].hours == (hours,)
    assert book.set_hours(COUNTY, hours, ADMIN, NOW, "又一次") is None
    assert book.set_hours(COUNTY, replace(hours, noon=None), ADMIN, NOW, "午间不断档") is not None
    assert book.of(TOWN).hours_of(FRIDAY).noon is None


def test_memory_is_not_read_again_while_it_is_fresh_nor_kept_when_it_is_old(database: Database) -> None:
    clock = [0.0]
    here, elsewhere = calendars(database, lambda: clock[0]), calendars(database)
    calendar = here.of(TOWN)
    elsewhere.set_days(TOWN, [DayRule(FRIDAY, REST, "停电检修")], ADMIN, NOW, "供电局通知")
    assert here.of(TOWN) is calendar
    clock[0] = MAX_AGE
    assert not here.of(TOWN).is_workday(FRIDAY)
    calendar = here.of(TOWN)
    clock[0] = 2 * MAX_AGE
    assert here.of(TOWN) is calendar


def test_those_who_hear_the_same_share_one_calendar(book: Calendars) -> None:
    assert book.of(COUNTY) is book.of(ELSEWHERE) is book.of(None)
    book.set_days(COUNTY, [DayRule(FRIDAY, REST, "停电检修")], ADMIN, NOW, "供电局通知")
    assert book.of(COUNTY) is book.of(TOWN)
    assert book.of(COUNTY) is not book.of(None)


@pytest.mark.parametrize(
    ("org", "rules", "why", "said"),
    [
        ("nowhere", [DayRule(FRIDAY, REST, "停电")], "通知", "没有编码为“nowhere”的机构"),
        (TOWN, [], "通知", "没有选中任何一天"),
        (TOWN, [DayRule(FRIDAY, REST, " ")], "通知", "这一天叫什么"),
        (TOWN, [DayRule(FRIDAY, REST, "停" * 41)], "通知", "最多写 40 个字"),
        (TOWN, [DayRule(FRIDAY, REST, "停\x00电")], "通知", "不能保存"),
        (TOWN, [DayRule(FRIDAY, REST, "停电")], "  ", "理由"),
        (TOWN, [DayRule(FRIDAY, REST, "停电")], "由" * 501, "最多写 500 个字"),
        (TOWN, [DayRule(date(1999, 1, 1), REST, "停电")], "通知", "不在 2000 年到 2100 年之间"),
        (TOWN, [DayRule(FRIDAY, REST, "停电")] * (MAX_DAYS + 1), "通知", "一次最多更改"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_no_trace(
    book: Calendars, org: str, rules: list[DayRule], why: str, said: str
) -> None:
    with pytest.raises(InvalidValue, match=said):
        book.set_days(org, rules, ADMIN, NOW, why)
    assert book.changes() == []
    assert book.rules().own == {}


def test_hours_without_a_first_day_are_refused(book: Calendars) -> None:
    with pytest.raises(InvalidValue, match="从哪一天起"):
        book.set_hours(TOWN, Hours(), ADMIN, NOW, "通知")
