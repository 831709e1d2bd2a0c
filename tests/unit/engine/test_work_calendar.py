"""engine.calendar: days, limits and what is left, against the published vectors and a slow reckoning."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import MAX_LIMIT, Remaining, RemainingKind, WorkCalendar
from engine.elements import Limit, Unit
from engine.errors import InvalidValue
from engine.hours import Hours
from tests.unit.engine.fakes import VECTORS, at, calendar_2026, days

CALENDAR = calendar_2026()
YEAR = st.dates(date(2026, 1, 1), date(2026, 12, 31))
MOMENT = st.builds(lambda day, clock: CALENDAR.starts(day) + timedelta(minutes=clock), YEAR, st.integers(0, 1439))


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: f"{v['accepted']}+{v['workdays']}")
def test_published_vectors(vector):
    start = CALENDAR.opens(date.fromisoformat(vector["accepted"]))
    due = CALENDAR.due(start, Limit(vector["workdays"]))
    assert due.at == CALENDAR.closes(date.fromisoformat(vector["due"]))
    assert not due.provisional


def test_makeup_days_work_and_holidays_do_not():
    assert CALENDAR.is_workday(date(2026, 9, 20))
    assert CALENDAR.is_makeup(date(2026, 9, 20))
    assert not CALENDAR.is_workday(date(2026, 10, 1))
    assert CALENDAR.holiday(date(2026, 10, 1)) == "国庆节"
    assert not CALENDAR.is_workday(date(2026, 9, 19))
    assert CALENDAR.holiday(date(2026, 9, 19)) is None
    assert not CALENDAR.is_makeup(date(2026, 9, 21))


def test_an_unpublished_year_is_weekends_only_and_provisional():
    calendar = WorkCalendar(holidays={date(2027, 1, 1): "元旦"}, workdays={date(2027, 1, 2)}, years={2026})
    assert not calendar.covers(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 1))
    assert not calendar.is_workday(date(2027, 1, 2))
    assert calendar.holiday(date(2027, 1, 1)) is None
    assert calendar.due(at("2026-12-30 10:00"), Limit(1)).provisional is False
    assert calendar.due(at("2026-12-30 10:00"), Limit(2)).provisional is True


def slow_workday(day):
    if day.isoformat() in VECTORS["makeup_workdays_2026"]:
        return True
    return day.weekday() < 5 and day not in CALENDAR.holidays


def slow_nth(day, n, works):
    while n:
        day += timedelta(days=1)
        n -= works(day)
    return day


@given(YEAR, st.integers(0, 60))
def test_adding_workdays_is_counting_them_one_by_one(day, n):
    assert CALENDAR.add_workdays(day, n) == slow_nth(day, n, slow_workday)


@given(YEAR, st.integers(0, 40))
def test_adding_and_counting_are_inverse(day, n):
    assert CALENDAR.workdays_between(day, CALENDAR.add_workdays(day, n)) == n


@given(YEAR, YEAR)
def test_counting_is_a_sum_over_days(first, last):
    first, last = min(first, last), max(first, last)
    assert CALENDAR.workdays_between(first, last) == sum(map(slow_workday, days(first, last)[1:]))
    assert CALENDAR.workdays_between(first, last) == -CALENDAR.workdays_between(last, first)


def test_days_are_not_subtracted():
    with pytest.raises(ValueError, match="forward"):
        CALENDAR.add_workdays(date(2026, 9, 1), -1)


@given(MOMENT, st.integers(1, 30), st.lists(st.tuples(MOMENT, MOMENT), max_size=3))
def test_a_limit_in_working_days_skips_days_that_began_in_a_stop(start, value, pairs):
    stops = [(min(pair), max(pair)) for pair in pairs]

    def counts(day):
        begins = CALENDAR.starts(day)
        return CALENDAR.is_workday(day) and not any(since < begins and until >= begins for since, until in stops)

    due = CALENDAR.due(start, Limit(value), stops)
    assert due.at == CALENDAR.closes(slow_nth(CALENDAR.local_date(start), value, counts))


@given(MOMENT, st.integers(1, 60))
def test_calendar_days_end_on_a_working_day(start, value):
    due = CALENDAR.due(start, Limit(value, Unit.DAY)).at
    last = CALENDAR.local_date(start) + timedelta(days=value)
    assert due == CALENDAR.closes(
        next(day for day in days(last, last + timedelta(days=10)) if CALENDAR.is_workday(day))
    )


@given(MOMENT, st.integers(1, 12), st.integers(-3000, 3000), st.integers(0, 5000))
def test_working_hours_are_minutes_in_which_the_office_is_open(start, value, after, lasts):
    stop = (start + timedelta(minutes=after), start + timedelta(minutes=after + lasts))
    due = CALENDAR.due(start, Limit(value, Unit.WORKHOUR), [stop]).at
    minutes, moment = value * 60, start
    while minutes:
        day = CALENDAR.local_date(moment)
        if not CALENDAR.is_workday(day) or moment >= CALENDAR.closes(day):
            moment = CALENDAR.opens(day + timedelta(days=1))
            continue
        is_open = moment >= CALENDAR.opens(day)
        stopped = stop[0] <= moment < stop[1]
        moment += timedelta(minutes=1)
        minutes -= is_open and not stopped
    assert due == moment


@given(MOMENT, st.integers(1, 200))
def test_hours_run_day_and_night(start, value):
    assert CALENDAR.due(start, Limit(value, Unit.HOUR)).at == start + timedelta(hours=value)


def test_stopped_hours_are_left_out_even_when_stops_overlap():
    stops = [(at("2026-09-14 11:00"), at("2026-09-14 14:00")), (at("2026-09-14 12:00"), at("2026-09-14 13:00"))]
    due = CALENDAR.due(at("2026-09-14 10:00"), Limit(2, Unit.WORKHOUR), stops)
    assert due.at == at("2026-09-14 15:00")


@given(MOMENT, st.integers(1, 60), st.sampled_from(list(Unit)), st.floats(0.01, 0.99))
def test_yellow_comes_after_the_start_and_never_after_red(start, value, unit, warn):
    limit = Limit(value, unit, warn)
    due = CALENDAR.due(start, limit).at
    assert start < CALENDAR.warn_at(start, due, limit) <= due


@pytest.mark.parametrize(
    ("limit", "warned"),
    [
        (Limit(5), "2026-09-20 13:00"),
        (Limit(20), "2026-10-14 17:00"),
        (Limit(1), "2026-09-15 16:12"),
        (Limit(10, warn=0.7), "2026-09-22 17:00"),
        (Limit(10, Unit.HOUR), "2026-09-15 00:26"),
    ],
)
def test_yellow_is_due_when_its_share_is_used(limit, warned):
    start = at("2026-09-14 15:26")
    assert CALENDAR.warn_at(start, CALENDAR.due(start, limit).at, limit) == at(warned)


def test_yellow_of_a_deadline_that_was_moved_forward_comes_with_it():
    start, limit = at("2026-09-14 15:26"), Limit(20)
    assert CALENDAR.warn_at(start, at("2026-09-16 17:00"), limit) == at("2026-09-16 17:00")


@pytest.mark.parametrize("value", [0, -1, MAX_LIMIT + 1])
def test_limits_out_of_range_are_refused(value):
    with pytest.raises(InvalidValue, match="时限"):
        CALENDAR.due(at("2026-09-14 15:26"), Limit(value))


@pytest.mark.parametrize(
    ("now", "due", "words"),
    [
        ("2026-10-14 10:42", "2026-10-16 17:00", "剩 2 个工作日"),
        ("2026-10-16 08:00", "2026-10-16 17:00", "今天到期"),
        ("2026-10-16 17:00", "2026-10-16 17:00", "今天到期"),
        ("2026-10-16 17:01", "2026-10-16 17:00", "已超 1 个工作日"),
        ("2026-10-18 12:00", "2026-10-16 17:00", "已超 1 个工作日"),
        ("2026-10-20 09:00", "2026-10-16 17:00", "已超 2 个工作日"),
        ("2026-10-17 09:00", "2026-10-18 12:00", "剩不到 1 个工作日"),
    ],
)
def test_what_is_left_in_the_words_of_the_chips(now, due, words):
    assert CALENDAR.remaining(at(now), at(due)).words == words


def test_remaining_follows_the_wall_clock_not_utc():
    # 00:30 on the 16th in China is still the 15th in UTC
    now = datetime(2026, 10, 15, 16, 30, tzinfo=UTC)
    assert CALENDAR.remaining(now, at("2026-10-16 17:00")) == Remaining(RemainingKind.TODAY, 0)


def test_a_day_that_never_opens_is_refused():
    with pytest.raises(ValueError, match="open"):
        Hours(time(17), time(9))
