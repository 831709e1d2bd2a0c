"""What the process cannot do becomes an incident: seen, tried again ever more seldom, settled."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.commands import CompleteTask, FireTimer
from engine.errors import (
    InvalidValue,
    NotAllowed,
    OpinionRequired,
    ProcessFault,
    StaleVersion,
    StateFault,
    TaskNotOpen,
    UnknownCase,
)
from engine.records import SYSTEM, Actor
from engine.repairs import Repairs
from engine.sweep import Sweeper, Swept
from tests.unit.engine.fakes import Directory
from tests.unit.engine.office import APPLICANT, BUREAU, CITIZEN, COUNTY, ITEM, ORGANISATIONS, WINDOW, Office, iter_ids

ADMIN = Actor("huang", "黄志强", "platform", frozenset({"platform:admin"}))


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office


def broken(office, *moves):
    """The process without these moves; gives them back when called."""
    process = office.definitions.current(ITEM.key).process
    whole = process.moves
    process.moves = {key: move for key, move in whole.items() if key not in moves}
    return lambda: setattr(process, "moves", whole)


def repairs(office):
    return Repairs(office.engine.execute, office.store, Directory(*ORGANISATIONS), office.clock, iter_ids())


def sweep(office, batch=200):
    return Sweeper(office.engine, office.store, office.clock, batch).sweep()


def incident(office):
    (one,) = office.store.tables.incidents.values()
    return one


def failed_task(office):
    mend = broken(office, ("accept", "accepted"))
    with pytest.raises(ProcessFault):
        office.complete(WINDOW, "受理", "accepted")
    return mend


def failed_timer(office):
    """The timer of the supplement has failed once, at its time."""
    office.at("2026-09-15 10:48").complete(WINDOW, "受理", "supplement")
    mend = broken(office, ("lapse", "fire"))
    assert sweep(office.at("2026-10-13 17:00")) == Swept(timers=1, cases=0, failed=1)
    return mend


def test_it_tells_where_the_case_stands(office):
    failed_task(office)
    assert (incident(office).node_id, incident(office).retry_at) == ("accept", None)


def test_a_preview_that_fails_is_an_incident_too(office):
    broken(office, ("accept", "accepted"))
    with pytest.raises(ProcessFault):
        office.engine.foresee(CompleteTask(WINDOW, office.store.task("受理").task_id, "accepted"))
    assert incident(office).act == "complete_task"


def test_a_state_that_cannot_be_read_is_an_incident(office):
    office.definitions.current(ITEM.key).process.load = lambda state: (_ for _ in ()).throw(StateFault())
    with pytest.raises(StateFault):
        office.complete(WINDOW, "受理", "accepted")
    assert incident(office).code == "state_fault"


def test_the_case_moving_on_settles_it(office):
    mend = failed_task(office)
    sweep(office)
    assert incident(office).settled_at is None
    mend()
    office.complete(WINDOW, "受理", "accepted")
    sweep(office)
    assert (incident(office).settled_at, incident(office).settled_by) == (office.clock.now(), "system")


def test_a_failed_timer_is_tried_ever_more_seldom(office, caplog):
    failed_timer(office)
    waits = []
    with caplog.at_level(logging.CRITICAL):
        for _ in range(5):
            waits.append(incident(office).retry_at - office.clock.now())
            office.clock.set(incident(office).retry_at - timedelta(microseconds=1))
            assert sweep(office).timers == 0
            office.clock.set(incident(office).retry_at)
            assert sweep(office) == Swept(timers=1, cases=0, failed=1)
    assert [wait.total_seconds() for wait in waits] == [30, 60, 120, 240, 480]
    assert incident(office).times == 6


def test_timers_that_fail_do_not_hold_up_later_ones(office):
    for _ in range(4):
        office.submit()
    for task in office.store.open_tasks():
        office.complete(WINDOW, task.task_id, "supplement")
    stuck = list(office.store.tables.cases)[:4]
    for case_no in stuck:
        case = office.store.tables.cases[case_no]
        office.store.tables.cases[case_no] = replace(case, state=b"not a state")
    # the batch is smaller than the number of those that stand in front of the one that can go on
    assert sweep(office.at("2026-10-14 09:00"), batch=2) == Swept(timers=5, cases=0, failed=4)
    results = {case.case_no: case.result for case in office.store.tables.cases.values()}
    assert [case_no for case_no, result in results.items() if result is None] == stuck
    assert {one.code for one in office.store.tables.incidents.values()} == {"state_fault"}


def test_what_nobody_has_foreseen_is_an_incident_of_a_timer_too(office):
    office.complete(WINDOW, "受理", "supplement")
    office.definitions.current(ITEM.key).process.load = lambda state: [][0]
    assert sweep(office.at("2026-10-14 09:00")).failed == 1
    assert incident(office).message == "系统内部错误（IndexError），详情见系统日志。"
    assert incident(office).retry_at == office.clock.now() + timedelta(seconds=30)


def test_one_who_was_only_too_late_leaves_no_incident(office):
    office.at("2026-09-15 10:48").complete(WINDOW, "受理", "supplement")
    office.store.before["cases.save"] = lambda tables: (_ for _ in ()).throw(StaleVersion())
    assert sweep(office.at("2026-10-13 17:00")).failed == 1
    assert office.store.tables.incidents == {}


def test_an_administrator_lets_the_timer_fire(office):
    mend = failed_timer(office)
    one = incident(office)
    with pytest.raises(ProcessFault):
        repairs(office).retry(ADMIN, one.case_no, one.ref)
    assert (incident(office).times, incident(office).settled_at) == (2, None)
    mend()
    repairs(office).retry(ADMIN, one.case_no, one.ref)
    assert office.case.result == "lapsed"
    settled = incident(office)
    assert (settled.settled_by, settled.settled_by_name, settled.remark) == ("huang", "黄志强", "重试成功")
    fired = next(entry for entry in office.store.tables.history if entry.kind == "timer_fired")
    assert fired.actor_id == SYSTEM.user_id


def test_settled_by_hand_it_is_tried_at_once_and_opens_again(office):
    failed_timer(office)
    one = incident(office)
    repairs(office).settle(ADMIN, one.case_no, one.ref, " 补录了面积 ")
    assert (incident(office).remark, incident(office).retry_at) == ("补录了面积", None)
    assert sweep(office).failed == 1
    again = incident(office)
    assert (again.settled_at, again.remark, again.times) == (None, None, 2)
    assert again.first_at == one.first_at


@pytest.mark.parametrize("remark", ["", "  ", "x" * 201])
def test_settling_by_hand_needs_a_word(office, remark):
    failed_task(office)
    with pytest.raises(InvalidValue):
        repairs(office).settle(ADMIN, office.case.case_no, incident(office).ref, remark)
    assert incident(office).settled_at is None


def test_whoever_holds_the_task_is_asked_to_try_again(office):
    office.claim(WINDOW, "受理")
    failed_task(office)
    repairs(office).ask_again(ADMIN, office.case.case_no, incident(office).ref)
    message = office.store.tables.outbox[-1]
    assert (message.to, message.address, message.reader) == ("assignee", WINDOW.user_id, WINDOW.user_id)
    assert (message.template, message.facts["step"]) == ("try_again", "受理")
    assert incident(office).settled_at is None


def test_nobody_holds_it_then_everybody_who_may_is_asked(office):
    failed_task(office)
    repairs(office).ask_again(ADMIN, office.case.case_no, incident(office).ref)
    assert office.store.tables.outbox[-1].reader == f"{BUREAU}:window"


def test_the_applicant_is_asked_at_his_own_number(office):
    office.complete(WINDOW, "受理", "supplement")
    broken(office, ("resubmit", None))
    with pytest.raises(ProcessFault):
        office.complete(CITIZEN, "补交材料")
    repairs(office).ask_again(ADMIN, office.case.case_no, incident(office).ref)
    message = office.store.tables.outbox[-1]
    assert (message.to, message.address, message.reader) == ("applicant", APPLICANT.phone, CITIZEN.user_id)


def test_nobody_is_asked_for_what_is_done(office):
    mend = failed_task(office)
    mend()
    ref = incident(office).ref
    office.complete(WINDOW, "受理", "accepted")
    with pytest.raises(TaskNotOpen):
        repairs(office).ask_again(ADMIN, office.case.case_no, ref)
    with pytest.raises(UnknownCase):
        repairs(office).ask_again(ADMIN, "nothing", ref)


def test_a_case_that_cannot_go_on_is_terminated_with_a_reason(office):
    failed_task(office)
    ref = incident(office).ref
    with pytest.raises(OpinionRequired):
        repairs(office).terminate(ADMIN, office.case.case_no, ref, " ")
    repairs(office).terminate(ADMIN, office.case.case_no, ref, "事项已取消")
    assert (office.case.result, office.case.concluded_at) == ("terminated", office.clock.now())
    assert (incident(office).settled_by, incident(office).remark) == ("huang", "终止办件：事项已取消")


def test_an_administrator_of_the_agency_or_above_repairs_and_one_beside_does_not(office):
    failed_task(office)
    key = office.case.case_no, incident(office).ref
    beside = Actor("x", "旁", "450722-spj", frozenset({"450722-spj:admin"}))
    with pytest.raises(NotAllowed):
        repairs(office).settle(beside, *key, "改好了")
    repairs(office).settle(Actor("y", "上", COUNTY, frozenset({f"{COUNTY}:admin"})), *key, "改好了")
    assert incident(office).settled_by == "y"


@pytest.mark.parametrize("act", ["retry", "ask_again", "settle", "terminate"])
def test_only_administrators_repair(office, act):
    failed_timer(office) if act == "retry" else failed_task(office)
    before = office.store.tables.copy()
    more = ("x",) if act in ("settle", "terminate") else ()
    with pytest.raises(NotAllowed):
        getattr(repairs(office), act)(WINDOW, office.case.case_no, incident(office).ref, *more)
    assert office.store.tables == before


def test_incidents_that_cannot_be_settled_stop_no_sweep(office, caplog):
    office.store.before["incidents.settle_overcome"] = lambda tables: (_ for _ in ()).throw(OSError("disk full"))
    assert sweep(office) == Swept()
    assert "incidents could not be settled" in caplog.text


def test_a_timer_that_is_not_due_is_no_incident(office):
    office.complete(WINDOW, "受理", "supplement")
    (timer,) = office.store.tables.timers.values()
    office.engine.execute(FireTimer(SYSTEM, timer.timer_id, timer.case_no))
    assert office.store.tables.incidents == {}
