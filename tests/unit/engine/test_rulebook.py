"""Calendars composed of what is published and what offices say: the nearest word wins, hours hold from their day on."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.almanac import Stretch, stretches, workdays_in
from engine.calendar import WorkCalendar
from engine.elements import Limit, Unit
from engine.hours import Hours
from engine.records import Organisation
from engine.rulebook import NATIONAL, DayKind, DayRule, Own, PublishedYear, Rulebook, downward, upward
from tests.unit.engine.fakes import at

CITY, COUNTY, TOWN = "4507", "450721", "450721-town"
TREE = {
    code: Organisation(code, code, parent, "county", "450721")
    for code, parent in ((CITY, None), (COUNTY, CITY), (TOWN, COUNTY), ("450722", CITY))
}
REST, WORK = DayKind.REST, DayKind.WORK
FRIDAY, SATURDAY, MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
YEAR = PublishedYear(2026, (DayRule(MONDAY, REST, "春节"), DayRule(SATURDAY, WORK, "调休")), "通知")


def rulebook(**own):
    codes = {"national": NATIONAL, "city": CITY, "county": COUNTY, "town": TOWN}
    return Rulebook({2026: YEAR}, {codes[name]: said for name, said in own.items()})


def days(*rules):
    return Own({rule.day: rule for rule in rules})


def calendar_of(rules, org):
    return rules.calendar(rules.speakers(org, TREE))


def test_what_is_published_holds_where_nobody_says_anything():
    calendar = calendar_of(rulebook(), TOWN)
    assert calendar.is_workday(SATURDAY)
    assert not calendar.is_workday(MONDAY)
    assert (calendar.called(SATURDAY), calendar.called(MONDAY), calendar.called(FRIDAY)) == ("调休", "春节", None)


@pytest.mark.parametrize(
    ("said", "open_at"),
    [
        ({}, set()),
        ({"national": WORK}, {CITY, COUNTY, TOWN, "450722"}),
        ({"city": WORK}, {CITY, COUNTY, TOWN, "450722"}),
        ({"county": WORK}, {COUNTY, TOWN}),
        ({"county": WORK, "town": REST}, {COUNTY}),
        ({"national": WORK, "county": REST, "town": WORK}, {CITY, TOWN, "450722"}),
    ],
)
def test_the_nearest_word_wins(said, open_at):
    rules = rulebook(**{name: days(DayRule(MONDAY, kind, "加班")) for name, kind in said.items()})
    assert {org for org in TREE if calendar_of(rules, org).is_workday(MONDAY)} == open_at


def test_an_unknown_organisation_follows_the_whole_platform():
    rules = rulebook(national=days(DayRule(FRIDAY, REST, "系统停机")), county=days(DayRule(FRIDAY, WORK, "照常")))
    for org in (None, "nowhere"):
        assert calendar_of(rules, org).called(FRIDAY) == "系统停机"


def test_a_closure_counts_in_a_year_that_is_not_published_and_leaves_it_provisional():
    day = date(2027, 3, 5)
    calendar = calendar_of(rulebook(town=days(DayRule(day, REST, "停电检修"))), TOWN)
    assert not calendar.is_workday(day)
    assert calendar.holiday(day) == "停电检修"
    due = calendar.due(at("2027-03-04 10:00"), Limit(1))
    assert calendar.local_date(due.at) == date(2027, 3, 8)
    assert due.provisional


def test_a_market_day_is_worked_but_is_no_exchange():
    calendar = calendar_of(rulebook(town=days(DayRule(date(2026, 3, 14), WORK, "圩日"))), TOWN)
    assert calendar.is_workday(date(2026, 3, 14))
    assert not calendar.is_makeup(date(2026, 3, 14))
    assert calendar.called(date(2026, 3, 14)) == "圩日"


def test_hours_hold_from_their_day_on_and_the_nearest_win():
    summer = Hours(time(8), time(18), (time(12), time(15)), date(2026, 5, 1))
    town = Hours(time(8, 30), time(16, 30), None, date(2026, 6, 1))
    rules = rulebook(city=Own(hours=(summer,)), town=Own(hours=(town,)))
    county, village = calendar_of(rules, COUNTY), calendar_of(rules, TOWN)
    assert county.closes(date(2026, 4, 30)) == at("2026-04-30 17:00")
    assert county.closes(date(2026, 7, 1)) == at("2026-07-01 18:00")
    assert village.closes(date(2026, 5, 31)) == at("2026-05-31 18:00")
    assert village.closes(date(2026, 6, 1)) == at("2026-06-01 16:30")


def test_hours_set_above_later_do_not_undo_those_of_the_office():
    rules = rulebook(
        city=Own(hours=(Hours(time(8), time(18), None, date(2026, 7, 1)),)),
        town=Own(hours=(Hours(time(9), time(16), None, date(2026, 6, 1)),)),
    )
    assert calendar_of(rules, TOWN).closes(date(2026, 8, 3)) == at("2026-08-03 16:00")


NOON = WorkCalendar(years={2026}, hours=(Hours(time(9), time(17), (time(12), time(14))),))
MOMENT = st.builds(
    lambda day, minutes: NOON.starts(day) + timedelta(minutes=minutes),
    st.dates(date(2026, 3, 1), date(2026, 6, 30)),
    st.integers(0, 1439),
)


@given(MOMENT, st.integers(1, 14))
def test_working_hours_leave_out_noon(start, value):
    due, minutes, moment = NOON.due(start, Limit(value, Unit.WORKHOUR)).at, value * 60, start
    while minutes:
        hour = moment.astimezone(NOON.tz).hour
        minutes -= moment.astimezone(NOON.tz).weekday() < 5 and (9 <= hour < 12 or 14 <= hour < 17)
        moment += timedelta(minutes=1)
    assert due == moment


def test_half_of_a_day_is_half_of_its_open_hours():
    # 0.9 of five days is half of the fifth: three of six hours
    warned = NOON.warn_at(at("2026-03-02 10:00"), at("2026-03-09 17:00"), Limit(5))
    assert warned == at("2026-03-09 12:00")


@pytest.mark.parametrize("noon", [(time(12), time(12)), (time(8), time(13)), (time(14), time(18))])
def test_noon_lies_within_the_day(noon):
    with pytest.raises(ValueError, match="open"):
        Hours(time(9), time(17), noon)


def test_hours_in_words():
    assert Hours().words == "9:00–17:00"
    assert Hours(time(8, 30), time(17), (time(12), time(14, 30))).words == "8:30–12:00，14:30–17:00"


def test_a_circle_in_the_tree_ends():
    tree = {"a": Organisation("a", "a", "b", "town", "0"), "b": Organisation("b", "b", "a", "town", "0")}
    assert upward("a", tree) == ("a", "b")
    assert downward("a", tree) == {"a", "b"}


def test_who_is_touched_lies_below():
    assert downward(COUNTY, TREE) == {COUNTY, TOWN}
    assert downward(NATIONAL, TREE) == set(TREE)


def test_a_year_reads_as_stretches():
    calendar = calendar_of(rulebook(town=days(DayRule(date(2026, 3, 10), REST, "停电"))), TOWN)
    assert stretches(calendar, 2026) == [
        Stretch(SATURDAY, SATURDAY, True, "调休"),
        Stretch(MONDAY, MONDAY, False, "春节"),
        Stretch(date(2026, 3, 10), date(2026, 3, 10), False, "停电"),
    ]
    assert workdays_in(calendar, 2026) == 261 + 1 - 2
