"""Timers, cards and the sweep that fires and raises them."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.commands import FireTimer, RaiseCards
from engine.errors import UnknownCase
from engine.records import SYSTEM, CaseStatus, TaskStatus
from engine.sweep import Sweeper, Swept
from tests.unit.engine.fakes import at
from tests.unit.engine.office import APPROVER, CITIZEN, REVIEWER, SECTION, SURVEYOR, WINDOW, Office


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office


def sweep(office, batch=200):
    return Sweeper(office.engine, office.store, office.clock, batch).sweep()


def supplement(office):
    office.at("2026-09-15 10:48").complete(WINDOW, "受理", "supplement")
    (timer,) = office.store.tables.timers.values()
    return timer


def fire(office, timer):
    return office.engine.execute(FireTimer(SYSTEM, timer.timer_id, timer.case_no))


def cards(office):
    return [(card.deadline, card.level) for card in office.store.tables.warnings.values()]


def test_a_timer_waits_for_its_limit_in_working_days(office):
    timer = supplement(office)
    assert (timer.node_id, timer.due_at) == ("lapse", at("2026-10-12 17:00"))
    assert "timer_scheduled" in office.kinds()


def test_an_answer_in_time_cancels_the_timer(office):
    supplement(office)
    office.complete(CITIZEN, "补交材料")
    assert office.store.tables.timers == {}
    assert "timer_cancelled" in office.kinds()


def test_a_due_timer_fires_and_ends_what_it_interrupts(office):
    timer = supplement(office)
    task = office.store.task("补交材料")
    office.at("2026-10-13 17:00")
    receipt = fire(office, timer)
    assert receipt.finished
    assert (office.case.status, office.case.result) == (CaseStatus.CONCLUDED, "lapsed")
    assert office.store.tables.tasks[task.task_id].status is TaskStatus.CANCELLED
    assert office.store.tables.timers == {}
    assert all(span.ended_at == office.clock.now() for span in office.store.tables.spans.values())
    entry = next(e for e in office.store.tables.history if e.kind == "timer_fired")
    assert (entry.actor_id, entry.actor_name, entry.facts["name"]) == ("system", "系统", "逾期未补正")
    assert "timer_cancelled" not in office.kinds()


def test_a_timer_not_yet_due_does_nothing(office):
    timer = supplement(office)
    office.clock.set(timer.due_at - timedelta(microseconds=1))
    before = office.store.tables.copy()
    assert not fire(office, timer).finished
    assert office.store.tables == before


def test_a_timer_that_is_gone_does_nothing(office):
    timer = supplement(office)
    office.at("2026-10-14 09:00")
    fire(office, timer)
    before = office.store.tables.copy()
    fire(office, timer)
    assert office.store.tables == before


def test_a_timer_of_no_case(office):
    with pytest.raises(UnknownCase):
        office.engine.execute(FireTimer(SYSTEM, "t", "nothing"))
    with pytest.raises(UnknownCase):
        office.engine.execute(RaiseCards(SYSTEM, "nothing"))


def test_the_sweep_fires_what_is_due_in_batches(office):
    for _ in range(4):
        office.submit()
    for task in office.store.open_tasks():
        office.complete(WINDOW, task.task_id, "supplement")
    assert sweep(office).timers == 0
    assert sweep(office.at("2026-10-14 09:00"), batch=2) == Swept(timers=5, cases=0, failed=0)
    assert {case.result for case in office.store.tables.cases.values()} == {"lapsed"}
    assert sweep(office) == Swept()


def test_one_case_that_cannot_go_on_does_not_hold_up_the_others(office, caplog):
    office.submit()
    for task in office.store.open_tasks():
        office.complete(WINDOW, task.task_id, "supplement")
    first, second = office.store.tables.cases.values()
    office.store.tables.cases[first.case_no] = replace(first, state=b"not a state")
    with caplog.at_level(logging.ERROR, "engine.sweep"):
        assert sweep(office.at("2026-10-14 09:00")) == Swept(timers=2, cases=0, failed=1)
    assert first.case_no in caplog.text
    assert office.store.tables.cases[second.case_no].result == "lapsed"
    assert office.store.tables.cases[first.case_no].result is None
    (timer,) = office.store.tables.timers.values()
    (incident,) = office.store.tables.incidents.values()
    assert (incident.ref, incident.act, incident.code) == (timer.timer_id, "fire_timer", "state_fault")


def test_a_task_gets_yellow_then_red_each_once(office):
    task = office.store.task("受理")
    sweep(office.at("2026-09-15 16:11"))
    assert cards(office) == []
    for moment in ("2026-09-15 16:12", "2026-09-15 16:13", "2026-09-15 16:59"):
        sweep(office.at(moment))
        assert cards(office) == [(task.task_id, "yellow")]
    for moment in ("2026-09-15 17:00", "2026-09-16 09:00"):
        sweep(office.at(moment))
        assert cards(office) == [(task.task_id, "yellow"), (task.task_id, "red")]
    assert office.kinds().count("warning_raised") == 2
    card = office.store.tables.warnings[office.case.case_no, task.task_id, "red"]
    assert (card.due_at, card.raised_at, card.org) == (task.due_at, at("2026-09-15 17:00"), task.org)


def test_one_that_is_late_for_yellow_goes_straight_to_red(office):
    sweep(office.at("2026-09-17 09:00"))
    assert [level for _, level in cards(office)] == ["red"]


def test_a_case_gets_its_cards_by_the_promise(office):
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")
    office.claim(REVIEWER, "审查")
    task = office.store.task("审查")
    sweep(office.at("2026-09-24 13:00"))
    assert cards(office) == [("case", "yellow"), (task.task_id, "red")]
    assert office.store.tables.warnings[office.case.case_no, task.task_id, "red"].assignee_id == REVIEWER.user_id
    assert office.store.tables.warnings[office.case.case_no, task.task_id, "red"].org == SECTION
    sweep(office.at("2026-09-24 17:00"))
    assert cards(office)[2:] == [("case", "red")]


def test_a_paused_case_is_not_late(office):
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "expert")
    sweep(office.at("2026-12-30 10:00"))
    assert cards(office) == []
    office.complete(SURVEYOR, "评审意见")
    sweep(office)
    assert cards(office) == []


def test_a_decided_case_is_no_longer_late(office):
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    office.complete(APPROVER, "决定", "granted")
    sweep(office.at("2026-12-30 10:00"))
    office.engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    assert cards(office) == []


def test_a_second_sweeper_raises_nothing_twice(office):
    office.at("2026-09-17 09:00")
    for _ in range(2):
        office.engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    assert len(cards(office)) == 1
    assert office.kinds().count("warning_raised") == 1
