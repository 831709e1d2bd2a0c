"""The inbox: what it lists, what it asks the store, and claiming from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import counter as desk
import pytest

from engine.commands import ClaimTask
from engine.errors import AlreadyClaimed, NotAllowed
from engine.records import TaskStatus
from engine.views import InboxCounts
from webapp.inbox.daybar import bars
from webapp.inbox.filters import bounds
from webapp.inbox.lists import time_left


@pytest.fixture
def counter(tmp_path):
    return desk.open_counter(tmp_path)


@pytest.fixture
def clerk(counter):
    return counter.browser(desk.CLERK)


def test_an_empty_inbox_says_so_and_what_comes(clerk):
    page = clerk.get("/work/").text
    assert "全部办完了" in page
    assert "认领下一件" not in page


def test_a_search_without_result_offers_to_clear_it(clerk):
    page = clerk.get("/work/?q=没有这样的").text
    assert "没有符合条件的事" in page
    assert "清除筛选" in page


def test_a_row_shows_the_task_masked_with_words_for_the_time_left(counter, clerk):
    counter.tasks.put(desk.task())
    page = clerk.get("/work/").text
    for words in (desk.CASE.case_no, "取水许可", "覃*明", "受理", "今天到期", "10月14日", "待认领"):
        assert words in page
    assert "覃小明" not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"due_at": desk.NOW - timedelta(days=1), "case_due_at": None}, "已超 1 个工作日"),
        ({"due_at": desk.NOW + timedelta(days=9), "case_due_at": desk.NOW + timedelta(days=1)}, "剩 1 个工作日"),
        ({"due_at": desk.NOW + timedelta(days=1), "case_due_at": desk.NOW + timedelta(days=9)}, "剩 1 个工作日"),
        ({"due_at": None, "case_due_at": None, "paused": True}, "暂停计时"),
        ({"due_at": desk.NOW + timedelta(days=1), "case_due_at": None, "paused": True}, "剩 1 个工作日"),
        ({"due_at": desk.NOW + timedelta(days=1), "provisional": True}, "剩 1 个工作日（暂定）"),
    ],
)
def test_the_chip_tells_the_clock_that_bites_first(changes, words):
    assert time_left(desk.task(**changes), desk.NOW, desk.CALENDAR).words == words


def test_a_task_without_any_limit_has_no_chip():
    assert time_left(desk.task(due_at=None, case_due_at=None), desk.NOW, desk.CALENDAR) is None


def test_soon_ends_with_the_third_working_day(counter):
    limits = bounds(desk.NOW, desk.CALENDAR)  # a Wednesday
    assert (desk.CALENDAR.local_date(limits.today), desk.CALENDAR.local_date(limits.soon)) == (
        desk.date(2026, 10, 15),
        desk.date(2026, 10, 20),
    )


def test_the_address_becomes_the_question(counter, clerk):
    clerk.get("/work/?view=mine&due=soon&item=lingshan-water-permit&step=审查&q=%20覃%20&cursor=abc")
    asked = counter.tasks.asked[-1]
    assert (asked.scope, asked.due, asked.item_key, asked.step, asked.text, asked.cursor) == (
        "mine",
        "soon",
        desk.ITEM,
        "审查",
        "覃",
        "abc",
    )
    assert asked.user_id == "wei"
    assert asked.groups == desk.CLERK.groups


def test_nonsense_in_the_address_falls_back(counter, clerk):
    assert clerk.get("/work/?view=everything&due=never&seen=-7&seen=x").status_code == 200
    assert (counter.tasks.asked[-1].scope, counter.tasks.asked[-1].due) == ("group", None)


def test_the_next_page_goes_on_where_this_one_ended(counter, clerk):
    counter.tasks.put(*(desk.task(f"t{n:02}") for n in range(25)))
    page = clerk.get("/work/?q=取水").text
    assert "第 1–20 件，共 25 件" in page
    assert "q=%E5%8F%96%E6%B0%B4&amp;cursor=next&amp;seen=20" in page


def test_views_and_counts_are_true(counter, clerk):
    counter.tasks.put(desk.task("a"), desk.claimed(task_id="b"), desk.claimed(desk.COLLEAGUE, task_id="c"))
    page = clerk.get("/work/").text
    side = page.split('aria-label="收件箱视图"')[1].split("</nav>")[0]
    assert "待办<span>3</span>" in side
    assert "我的在办<span>1</span>" in side
    assert "可认领<span>1</span>" in side


def test_a_count_that_stopped_says_that_there_are_more(counter, clerk):
    sizes = {"group": 1000, "claimable": 999, "mine": 0, "done": 1000, "overdue": 1000, "today": 1}
    counter.tasks.counts = lambda query, bounds: InboxCounts(**sizes, soon=2, paused=3)
    page = clerk.get("/work/").text
    assert "待办<span>999+</span>" in page
    assert "可认领<span>999</span>" in page
    assert "999+ 件" in page
    assert "1000" not in page


def test_only_free_tasks_can_be_ticked(counter, clerk):
    counter.tasks.put(desk.task("a"), desk.claimed(task_id="b"))
    page = clerk.get("/work/").text
    assert page.count("data-pick>") == 1
    assert 'value="a:1"' in page


# ---- claiming


def test_claiming_from_the_row_opens_the_task(counter, clerk):
    counter.tasks.put(desk.task())
    answer = counter.post(clerk, "/work/tasks/t-accept/claim", version="1")
    assert answer.location == "/work/tasks/t-accept"
    assert counter.done == [ClaimTask(counter.done[0].actor, "t-accept", 1)]
    assert counter.done[0].actor.user_id == "wei"


def test_a_task_somebody_else_took_says_who(counter, clerk):
    counter.tasks.put(desk.claimed(desk.COLLEAGUE, task_id="t-accept"))
    counter.raises = lambda command: AlreadyClaimed("这个环节已被陆志成认领。")
    answer = counter.post(clerk, "/work/tasks/t-accept/claim", version="1")
    assert "这个环节已被陆志成认领" in clerk.get(answer.location).text


def test_claiming_several_takes_what_is_left_and_counts_the_rest(counter, clerk):
    counter.tasks.put(desk.task("a"), desk.task("b"), desk.task("c"))
    counter.raises = lambda command: AlreadyClaimed() if command.task_id == "b" else None
    answer = counter.post(clerk, "/work/claim", task=["a:1", "b:1", "c:1"], back="/work/?view=claimable")
    assert answer.location == "/work/?view=claimable"
    assert [command.task_id for command in counter.done] == ["a", "c"]
    page = clerk.get("/work/").text
    assert "已认领 2 件" in page
    assert "1 件没有认领" in page


def test_claiming_several_does_not_lead_off_the_site(counter, clerk):
    assert counter.post(clerk, "/work/claim", back="//evil.example").location == "/work/"
    assert "没有选中任何一件" in clerk.get("/work/").text


def test_the_next_task_is_the_first_that_this_clerk_may_take(counter, clerk):
    counter.tasks.put(desk.task("taken"), desk.task("kept"), desk.task("free"))
    errors = {"taken": AlreadyClaimed(), "kept": NotAllowed()}
    counter.raises = lambda command: errors.get(command.task_id)
    assert counter.post(clerk, "/work/next").location == "/work/tasks/free"


def test_no_next_task_leads_back_to_the_inbox(counter, clerk):
    answer = counter.post(clerk, "/work/next")
    assert answer.location == "/work/"
    assert "没有可以认领的事了" in clerk.get("/work/").text


def test_releasing_gives_the_task_back(counter, clerk):
    counter.tasks.put(desk.claimed())
    assert counter.post(clerk, "/work/tasks/t-accept/release", version="2").location == "/work/"
    assert counter.tasks.rows["t-accept"].status is TaskStatus.OPEN


# ---- day ledger


def test_the_bar_draws_every_working_day_once():
    from engine.ledger import ledger

    case = replace(desk.CASE, submitted_at=desk.NOW - timedelta(days=8), accepted_at=desk.NOW - timedelta(days=2))
    book = ledger(case, [], desk.NOW, desk.CALENDAR)
    drawn = bars(book)
    assert [bar.words.rstrip("0123456789 ") for bar in drawn] == ["受理前", "计入承诺"]
    assert sum(bar.width for bar in drawn) == pytest.approx(520, abs=2 * len(drawn))
    assert book.elapsed == 6
