"""The trend's points, the heat map's places, moments in addresses, and the subtree of a supervisor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidValue
from engine.records import Organisation
from engine.supervision import Cell, Share
from webapp.supervision.board import shade
from webapp.supervision.moments import from_address, in_address, moments_of
from webapp.supervision.scope import subtree
from webapp.supervision.trend import trend_of

#: Wednesday, 14 October 2026, 07:30 in Beijing, still the 13th in UTC
NOW = datetime(2026, 10, 13, 23, 30, tzinfo=UTC)
WEEKS = moments_of(NOW).weeks


def test_days_weeks_and_months_begin_by_the_wall_clock() -> None:
    at = moments_of(NOW)
    assert in_address(at.today) == "2026-10-14"
    assert in_address(at.yesterday) == "2026-10-13"
    assert in_address(at.month) == "2026-10-01"
    assert [in_address(week) for week in at.weeks][::11] == ["2026-07-27", "2026-10-12"]
    assert in_address(at.yesterday_now) == "2026-10-13T07:30:00"


@pytest.mark.parametrize("at", [NOW, moments_of(NOW).today, NOW + timedelta(microseconds=5)])
def test_a_moment_comes_back_from_its_address(at: datetime) -> None:
    assert from_address(in_address(at), "since") == at


@pytest.mark.parametrize("text", ["x", "2026-13-01", "今天", "2026-10-14' OR 1=1"])
def test_an_address_that_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        from_address(text, "since")


def test_the_line_breaks_where_nothing_was_concluded() -> None:
    shares = [Share(10, 10)] * 3 + [Share()] + [Share(10, 9)] * 8
    trend = trend_of(WEEKS, shares)
    assert [len(line.split()) for line in trend.lines] == [3, 8]
    assert len(trend.points) == 11
    assert trend.points[0].y == 30
    assert trend.points[0].x == 54
    assert trend.points[-1].x == 406
    assert [label for _, label in trend.grid] == ["100%", "95%", "90%", "85%"]
    assert trend.points[-1].y == trend.grid[2][0]


@pytest.mark.parametrize("on_time", [0, 1, 50, 97, 99, 100])
def test_every_point_stays_on_the_paper(on_time: int) -> None:
    trend = trend_of(WEEKS, [Share(100, on_time)] * 12)
    assert all(30 <= point.y <= 180 for point in trend.points)
    assert all(30 <= y <= 180 for y, _ in trend.grid)


def test_a_trend_of_nothing_has_no_points() -> None:
    assert trend_of(WEEKS, [Share()] * 12).points == []


def test_the_worst_colours_a_cell() -> None:
    shades = [
        shade(None if counts is None else Cell("o", "i", "n", *counts))
        for counts in (None, (9, 0, 0), (10, 0, 0), (30, 0, 0), (30, 1, 0), (3, 1, 1))
    ]
    assert shades == ["hm0", "hm1", "hm2", "hm3", "hmw", "hmr"]


def test_a_supervisor_sees_what_is_below_and_nothing_beside() -> None:
    def one(code: str, parent: str | None) -> Organisation:
        return Organisation(code, code, parent, "county", "450721")

    tree = [
        one("city", None),
        one("county", "city"),
        one("bureau", "county"),
        one("section", "bureau"),
        one("x", "city"),
    ]
    assert subtree(frozenset({"county"}), tree) == {"county", "bureau", "section"}
    looped = [one("a", "b"), one("b", "a")]
    assert subtree(frozenset({"a"}), looped) == {"a", "b"}
