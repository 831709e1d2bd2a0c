"""engine.deadlines: what stops the clock and what that does to promise, statute and yellow card."""

from dataclasses import replace

import pytest

from engine.deadlines import NO_DEADLINES, deadlines, is_paused, watched_due
from engine.elements import ClockMode, Limit, Unit
from engine.records import SpanRecord
from tests.unit.engine.fakes import at, calendar_2026
from tests.unit.engine.office import ITEM

CALENDAR = calendar_2026()
ACCEPTED = at("2026-09-18 11:05")
REVIEW = SpanRecord(
    "s1",
    "450721-260914-0017",
    "expert",
    "机构评审",
    ClockMode.EXCLUDED,
    "agency",
    "第八条",
    at("2026-09-20 15:10"),
    at("2026-10-12 16:20"),
)


def reckon(*spans, item=ITEM, accepted=ACCEPTED):
    return deadlines(accepted, item, spans, CALENDAR)


def test_without_stops_the_days_count_from_the_day_after_acceptance():
    due = reckon()
    assert due.promised_due_at == at("2026-09-24 17:00")
    assert due.statutory_due_at == at("2026-10-22 17:00")
    assert due.warn_at == at("2026-09-24 13:00")
    assert not due.provisional


def test_the_drawn_case_is_due_on_16_october():
    # 20 September counts (sent to review that afternoon), 12 October does not (back that afternoon)
    due = reckon(REVIEW)
    assert due.promised_due_at == at("2026-10-16 17:00")
    assert due.statutory_due_at == at("2026-11-06 17:00")


@pytest.mark.parametrize("mode", [ClockMode.SUSPENDS, ClockMode.EXCLUDED])
def test_an_open_stop_leaves_no_date(mode):
    span = replace(REVIEW, mode=mode, ended_at=None)
    assert is_paused([span])
    assert reckon(span) == NO_DEADLINES


def test_time_that_counts_stops_nothing():
    span = replace(REVIEW, mode=ClockMode.COUNTS)
    assert reckon(span) == reckon()
    assert not is_paused([replace(span, ended_at=None)])


def test_a_stop_within_one_day_costs_nothing():
    span = replace(REVIEW, started_at=at("2026-09-21 09:00"), ended_at=at("2026-09-21 16:59"))
    assert reckon(span) == reckon()


def test_a_stop_over_one_night_costs_the_day_on_which_it_ends():
    span = replace(REVIEW, started_at=at("2026-09-21 16:00"), ended_at=at("2026-09-22 09:01"))
    assert reckon(span).promised_due_at == at("2026-09-28 17:00")


def test_a_stop_over_rest_days_alone_costs_nothing():
    span = replace(REVIEW, started_at=at("2026-10-01 00:01"), ended_at=at("2026-10-07 23:59"))
    assert reckon(span) == reckon()


def test_stops_before_acceptance_cost_nothing():
    span = replace(REVIEW, started_at=at("2026-09-15 10:48"), ended_at=at("2026-09-17 17:32"))
    assert reckon(span) == reckon()


def test_overlapping_stops_are_not_counted_twice():
    twin = replace(REVIEW, span_id="s2", node_id="hearing", started_at=at("2026-09-24 10:00"))
    assert reckon(REVIEW, twin) == reckon(REVIEW)


def test_an_item_without_a_promise_is_watched_by_its_statute():
    due = reckon(item=replace(ITEM, promised=None))
    assert due.promised_due_at is None
    assert due.warn_at == at("2026-10-20 17:00")


def test_an_item_without_limits_has_no_deadlines():
    assert reckon(item=replace(ITEM, promised=None, statutory=None)) == NO_DEADLINES


def test_hours_are_stopped_to_the_second():
    item = replace(ITEM, promised=Limit(8, Unit.WORKHOUR), statutory=None)
    span = replace(REVIEW, started_at=at("2026-09-18 13:00:30"), ended_at=at("2026-09-18 14:00"))
    assert reckon(span, item=item).promised_due_at == at("2026-09-20 12:04:30")


def test_a_statute_that_reaches_into_an_unpublished_year_is_provisional():
    due = reckon(accepted=at("2026-12-10 11:00"))
    assert due.promised_due_at == at("2026-12-17 17:00")
    assert due.provisional


def test_the_promise_is_watched_before_the_statute():
    case = type("Case", (), {"promised_due_at": None, "statutory_due_at": at("2026-10-22 17:00")})
    assert watched_due(case) == at("2026-10-22 17:00")
    case.promised_due_at = at("2026-09-24 17:00")
    assert watched_due(case) == at("2026-09-24 17:00")
