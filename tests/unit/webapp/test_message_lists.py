"""Messages on the platform itself: an applicant's, and a clerk's with those of his posts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine.records import MessageRecord
from tests.unit.webapp import counter as desk
from tests.unit.webapp.applying import apply
from tests.unit.webapp.counter import CASE, CLERK, NOW, OFFICE, STRANGER
from tests.unit.webapp.hall import CITIZEN, FIRM, Hall


def message(number: int, reader: str, to: str = "supervisor", template: str = "acceptance") -> MessageRecord:
    facts = {"item": "取水许可", "step": "受理", "case_no": CASE.case_no, "outcome": None}
    at = NOW + timedelta(minutes=number)
    return MessageRecord(f"{number:032x}", CASE.case_no, to, reader, template, facts, at, reader)


@pytest.fixture
def counter(tmp_path: Path) -> desk.Counter:
    return desk.open_counter(tmp_path)


def test_an_applicant_reads_what_a_text_would_have_said() -> None:
    hall = Hall()
    apply(hall)
    hall.store.tables.outbox.append(message(1, CITIZEN.user_id, "applicant"))
    page = hall.client(CITIZEN).get("/my").text
    assert "您申请的“取水许可”已受理，受理通知书可在办件页查看。" in page
    assert f"/cases/{CASE.case_no}" in page
    assert "全部消息" not in page
    assert "已受理" not in hall.client(FIRM).get("/my/messages").text
    assert hall.client().get("/my/messages").status_code == 302


def test_only_the_newest_stand_on_the_first_page() -> None:
    hall = Hall()
    hall.store.tables.outbox += [message(n, CITIZEN.user_id, "applicant") for n in range(30)]
    mine = hall.client(CITIZEN)
    page = mine.get("/my").text
    assert page.count("已受理，") == 3
    assert "全部消息" in page
    listed = mine.get("/my/messages").text
    assert listed.count("已受理，") == 20
    assert "更早的消息" in listed


def test_nobody_has_told_me_anything_yet() -> None:
    assert "还没有消息" in Hall().client(CITIZEN).get("/my/messages").text


def test_a_clerk_reads_what_his_posts_are_told(counter: desk.Counter) -> None:
    counter.messages = [message(2, f"{OFFICE}:reviewer"), message(1, CLERK.user_id), message(0, "450721:supervisor")]
    page = counter.browser(CLERK).get("/work/messages").text
    assert page.count("“取水许可”已受理（环节：受理）。") == 2
    assert f"/work/cases/{CASE.case_no}" in page
    assert "还没有消息" in counter.browser(STRANGER).get("/work/messages").text


def test_a_template_that_is_gone_still_says_something(counter: desk.Counter) -> None:
    counter.messages = [message(1, CLERK.user_id, template="of_old")]
    assert "of_old" in counter.browser(CLERK).get("/work/messages").text
