"""The calendars' page: what it shows, what each form asks of the calendars, and how mistakes are answered."""

from __future__ import annotations

import io
from datetime import date, time

import counter as desk
import pytest

from engine.hours import Hours
from engine.rulebook import CalendarChange, ChangeKind, DayKind, DayRule, Own

REST, WORK = DayKind.REST, DayKind.WORK
DAYS = {"kind": "rest", "name": "停电检修", "first": "2026-10-15", "why": "供电局通知"}
HOURS = {"since": "2026-11-01", "opening": "08:30", "closing": "17:30", "hours_why": "冬令时"}


@pytest.fixture
def counter(tmp_path):
    return desk.open_counter(tmp_path)


@pytest.fixture
def admin(counter):
    return counter.browser(desk.ADMIN)


def post(counter, client, path, **form):
    return counter.post(client, f"/work/calendars/{path}", org=desk.OFFICE, year="2026", **form)


def test_a_published_year_shows_its_holidays(admin):
    page = admin.get("/work/calendars?year=2026").text
    assert "已公布" in page
    assert "10月1日，不上班，国庆节" in page
    assert "10月10日，上班，调休" in page
    assert "全平台" in page


def test_a_year_without_notice_says_that_it_is_provisional(admin):
    page = admin.get(f"/work/calendars?year=2027&org={desk.OFFICE}").text
    assert "未公布，暂按周末推算" in page
    assert "已公布" not in page


@pytest.mark.parametrize("query", ["year=99999", "year=x", "year=-1"])
def test_a_year_that_is_none_is_this_year(admin, query):
    assert "2026 年" in admin.get(f"/work/calendars?{query}").text


def test_an_organisation_that_does_not_exist_is_refused(admin):
    assert admin.get("/work/calendars?org=nowhere").status_code == 422


def test_a_day_is_closed(counter, admin):
    answer = post(counter, admin, "days", **DAYS)
    assert answer.status_code == 302
    rule = DayRule(date(2026, 10, 15), REST, "停电检修")
    assert counter.book.asked == [(ChangeKind.DAYS, desk.OFFICE, (rule,), desk.ADMIN.user_id, "供电局通知")]
    assert "已保存：改好了" in admin.get(answer.location).text


def test_closing_a_week_leaves_its_weekend_alone(counter, admin):
    post(counter, admin, "days", **DAYS | {"first": "2026-10-15", "last": "2026-10-20"})
    ((_, _, rules, _, _),) = counter.book.asked
    assert [rule.day.day for rule in rules] == [15, 16, 19, 20]


def test_market_days_open_weekends_only_and_no_holiday(counter, admin):
    post(counter, admin, "days", **DAYS | {"kind": "work", "name": "圩日", "first": "2026-10-01", "last": "2026-10-31"})
    post(counter, admin, "days", **DAYS | {"kind": "work", "first": "2026-10-02", "last": "2026-10-31", "step": "3"})
    every, third = counter.book.asked
    # 1 to 7 October is the national holiday, the 10th is worked in exchange for it
    assert [rule.day.day for rule in every[2]] == [11, 17, 18, 24, 25, 31]
    assert [rule.day.day for rule in third[2]] == [11, 17]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": ""}, "请选择上班还是不上班"),
        ({"name": " "}, "请写明这一天叫什么"),
        ({"first": "十月"}, "请填写日期"),
        ({"last": "2026-10-14"}, "最后一天应在第一天当天或之后"),
        ({"last": "2028-10-14"}, "一次不超过 366 天"),
        ({"step": "0"}, "请填 1 到 31 的整数"),
        ({"step": "三"}, "请填 1 到 31 的整数"),
        ({"why": ""}, "请写明理由或依据"),
        ({"first": "2026-10-17", "last": "2026-10-18"}, "没有需要更改的"),
    ],
)
def test_mistakes_about_days_are_answered_at_their_field(counter, admin, change, said):
    answer = post(counter, admin, "days", **DAYS | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert counter.book.asked == []
    if "name" not in change:
        assert 'value="停电检修"' in answer.text


def test_days_are_taken_back(counter, admin):
    day = date(2026, 10, 15)
    counter.book.own[desk.OFFICE] = Own({day: DayRule(day, REST, "停电检修")})
    page = admin.get(f"/work/calendars?year=2026&org={desk.OFFICE}").text
    assert 'value="2026-10-15"' in page
    assert post(counter, admin, "clear", day="2026-10-15", clear_why="改期").status_code == 302
    assert counter.book.asked == [(ChangeKind.CLEARED, desk.OFFICE, (day,), desk.ADMIN.user_id, "改期")]
    for wrong in ({"clear_why": "改期"}, {"day": "2026-10-15"}, {"day": "x", "clear_why": "改期"}):
        assert post(counter, admin, "clear", **wrong).status_code == 422


def test_hours_are_set_with_and_without_noon(counter, admin):
    post(counter, admin, "hours", **HOURS)
    post(counter, admin, "hours", **HOURS | {"noon_from": "12:00", "noon_until": "14:30"})
    assert [one[2] for one in counter.book.asked] == [
        (Hours(time(8, 30), time(17, 30), None, date(2026, 11, 1)),),
        (Hours(time(8, 30), time(17, 30), (time(12), time(14, 30)), date(2026, 11, 1)),),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"since": ""}, "从哪一天起"),
        ({"opening": "早上"}, "请填写时间"),
        ({"opening": "18:00"}, "时间应按先后填写"),
        ({"noon_from": "12:00"}, "请填写时间"),
        ({"noon_from": "14:00", "noon_until": "13:00"}, "时间应按先后填写"),
        ({"hours_why": ""}, "请写明理由或依据"),
    ],
)
def test_mistakes_about_hours_are_answered_at_their_field(counter, admin, change, said):
    answer = post(counter, admin, "hours", **HOURS | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert counter.book.asked == []


def test_a_year_is_imported_from_a_file(counter, admin):
    content = "日期,安排,名称\n2027-01-01,休,元旦\n".encode()
    answer = post(counter, admin, "import", file=(io.BytesIO(content), "2027.csv"))
    assert answer.status_code == 302
    ((kind, _, (year,), by, why),) = counter.book.asked
    assert (kind, year.year, by, why) == (ChangeKind.YEAR, 2027, desk.ADMIN.user_id, "文件 2027.csv")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("2027.csv", b"\xff\xfe", "UTF-8"),
        ("2027.xlsx", b"PK", "只能导入"),
        ("2027.csv", "日期,安排,名称\n2027-02-08,班,\n2027-01-01,休,元旦\n".encode(), "2027-02-08 不是周末"),
        ("", b"", "请选择要导入的文件"),
    ],
)
def test_a_file_that_cannot_be_imported_is_answered_with_what_is_wrong(counter, admin, name, content, said):
    answer = post(counter, admin, "import", file=(io.BytesIO(content), name))
    assert answer.status_code == 422
    assert said in answer.text
    assert counter.book.asked == []


def test_changes_are_listed_with_who_and_why(counter, admin):
    counter.book.log.append(
        CalendarChange(
            1,
            ChangeKind.DAYS,
            desk.OFFICE,
            date(2026, 10, 15),
            None,
            "停电检修（休）",
            "供电局<b>通知",
            "u",
            "黄志强",
            desk.NOW,
        )
    )
    page = admin.get("/work/calendars").text
    for text in ("停电检修（休）", "供电局&lt;b&gt;通知", "黄志强", "已重算 120 / 300 件"):
        assert text in page


@pytest.mark.parametrize("path", ["days", "clear", "hours", "import"])
def test_nobody_else_changes_calendars(counter, path):
    assert post(counter, counter.browser(desk.CLERK), path, **DAYS).status_code == 403
    assert counter.book.asked == []
