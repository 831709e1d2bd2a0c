"""A task without a limit of its own falls due with the activity that it runs in."""

from dataclasses import replace
from datetime import datetime

import pytest

from engine.elements import Limit
from engine.process import Kind
from engine.settle.limits import drawn_limit
from engine.spiff import parse
from engine.sweep import Sweeper
from tests.unit.engine.bpmn_text import (
    call,
    chain,
    element,
    end,
    extended,
    flow,
    gateway,
    instances,
    process,
    start,
    sub,
)
from tests.unit.engine.fakes import at
from tests.unit.engine.office import CITIZEN, WINDOW, Office, definition

ASSIGN = '<yc:assign role="window"/>'


def task(name, limit=None, outcomes=""):
    own = f'<yc:limit value="{limit}"/>' if limit else ""
    return element("userTask", name, extended(f"{own}{ASSIGN}{outcomes}"))


def limit(value):
    return extended(f'<yc:limit value="{value}"/>')


def excluded():
    return extended('<yc:clock mode="excluded" party="applicant"/>')


def inner(*tasks, prefix="in"):
    """A start, the tasks one after the other, an end."""
    names = [one.split('id="')[1].split('"')[0] for one in tasks]
    first, last = f"{prefix}_start", f"{prefix}_end"
    return "\n".join([start(first), *tasks, end(last), chain(first, *names, last)])


def office(*parts, **called):
    """An office whose one procedure is drawn from ``parts``."""
    made = Office(definition(parse(process(*parts), called), routes={}))
    made.submit(form={})
    return made


def hop(*tasks):
    """accept, then a sub-process of seven working days with ``tasks``, then deliver."""
    accepted = element("intermediateThrowEvent", "accepted", extended('<yc:milestone name="accepted"/>'))
    parts = start(), task("accept"), accepted, sub("hop", limit(7), inner(*tasks)), task("deliver"), end()
    return *parts, chain("apply", "accept", "accepted", "hop", "deliver", "over")


def due(office, name):
    return office.store.task(name).due_at


def test_every_task_inside_falls_due_with_the_activity_however_late_it_begins():
    desk = office(*hop(task("visit"), task("meeting", 2), task("publish")))
    desk.at("2026-09-15 10:00").complete(WINDOW, "accept")
    seven_days = at("2026-09-23 17:00")
    assert due(desk, "visit") == seven_days
    desk.at("2026-09-18 10:00").complete(WINDOW, "visit")
    assert due(desk, "meeting") == at("2026-09-21 17:00")  # Sunday the 20th is worked
    desk.at("2026-09-22 10:00").complete(WINDOW, "meeting")
    assert due(desk, "publish") == seven_days
    opened = desk.store.task("publish")
    assert opened.warn_at == desk.calendar.warn_at(at("2026-09-15 10:00"), seven_days, Limit(7))
    desk.complete(WINDOW, "publish")
    assert due(desk, "deliver") is None


def test_no_port_is_called_for_it():
    desk = office(*hop(task("visit"), task("publish")))
    desk.complete(WINDOW, "accept")
    desk.store.calls.clear()
    desk.complete(WINDOW, "visit")
    assert desk.store.calls["spans.of_case"] == 0
    assert due(desk, "publish") is not None


def test_the_nearest_limit_counts():
    desk = office(
        start(), sub("outer", limit(20), start("o1"), task("first"), sub("inner", limit(2), inner(task("second"))),
        sub("bare", "", inner(task("third"), prefix="b")), end("o2"), chain("o1", "first", "inner", "bare", "o2")),
        end(), chain("apply", "outer", "over"),
    )  # fmt: skip
    outer = due(desk, "first")
    assert outer == at("2026-10-16 17:00")
    desk.at("2026-09-16 10:00").complete(WINDOW, "first")
    assert due(desk, "second") == at("2026-09-18 17:00")
    desk.complete(WINDOW, "second")
    assert due(desk, "third") == outer


def test_a_called_process_inherits_from_its_call():
    reviewing = process(inner(task("commission", 1), task("report"), prefix="r"), id="shared_review")
    desk = office(
        start(), call("review", "shared_review", limit(15)), call("again", "shared_review2"), end(),
        chain("apply", "review", "again", "over"),
        shared_review=reviewing, shared_review2=process(inner(task("free"), prefix="f"), id="shared_review2"),
    )  # fmt: skip
    desk.at("2026-09-15 10:00").complete(WINDOW, "commission")
    assert due(desk, "report") == at("2026-10-10 17:00")  # 15 working days from the 14th, National Day left out
    desk.complete(WINDOW, "report")
    assert due(desk, "free") is None


def looping(*, clock):
    """In a sub-process of seven days: check, then ask (in which the clock stops) and check again, or be done."""
    answer = element("userTask", "answer", extended('<yc:assign role="applicant"/>'))
    outcomes = '<yc:outcome code="ask" name="问"/><yc:outcome code="done" name="完"/>'
    checking = sub(
        "hop",
        limit(7),
        start("h1"),
        gateway("exclusive", "merge"),
        task("check", outcomes=outcomes),
        gateway("exclusive", "split", "h2"),
        sub("ask", excluded() if clock else "", inner(answer, prefix="a")),
        end("h2"),
        chain("h1", "merge", "check", "split"),
        flow("split", "ask", 'check.outcome == "ask"'),
        flow("split", "h2"),
        flow("ask", "merge"),
    )
    accepted = element("intermediateThrowEvent", "accepted", extended('<yc:milestone name="accepted"/>'))
    return start(), accepted, checking, end(), chain("apply", "accepted", "hop", "over")


@pytest.mark.parametrize("clock", [True, False])
def test_time_in_which_the_clock_stands_is_left_out(clock):
    desk = office(*looping(clock=clock))
    assert due(desk, "check") == at("2026-09-22 17:00")
    desk.at("2026-09-15 10:00").complete(WINDOW, "check", "ask")
    desk.at("2026-09-18 10:00").complete(CITIZEN, "answer")
    # the 16th, 17th and 18th began while the applicant was asked: three working days later
    assert due(desk, "check") == (at("2026-09-28 17:00") if clock else at("2026-09-22 17:00"))
    desk.at("2026-09-21 10:00").complete(WINDOW, "check", "ask")
    desk.at("2026-09-22 10:00").complete(CITIZEN, "answer")
    assert due(desk, "check") == (at("2026-09-29 17:00") if clock else at("2026-09-22 17:00"))


def test_each_instance_has_the_limit_to_itself():
    each = instances("3", sequential=True)
    desk = office(start(), sub("hop", limit(2) + each, inner(task("look"))), end(), chain("apply", "hop", "over"))
    assert due(desk, "look") == at("2026-09-16 17:00")
    desk.at("2026-09-17 10:00").complete(WINDOW, "look")
    assert due(desk, "look") == at("2026-09-20 17:00")


def test_the_card_comes_at_the_inherited_moment():
    desk = office(*hop(task("visit")))
    desk.at("2026-09-15 10:00").complete(WINDOW, "accept")
    Sweeper(desk.engine, desk.store, desk.at("2026-09-24 17:00").clock).sweep()
    deadlines = {(card.deadline, card.level) for card in desk.store.tables.warnings.values()}
    assert (desk.store.task("visit").task_id, "red") in deadlines


def test_the_note_goes_with_the_activity_and_stays_small():
    desk = office(*looping(clock=True))
    sizes = set()
    for _ in range(6):
        desk.complete(WINDOW, "check", "ask")
        desk.complete(CITIZEN, "answer")
        sizes.add(len(desk.case.state))
    assert max(sizes) - min(sizes) < 20
    run = desk.definitions.current(desk.case.item_key).process.load(desk.case.state)
    (scope,) = [one for one in run.waiting() if one.kind is Kind.SCOPE]
    assert datetime.fromisoformat(scope.note["from"]) == at("2026-09-14 15:26")
    desk.complete(WINDOW, "check", "done")
    assert b"2026-09-14T" not in desk.case.state


def test_a_run_kept_before_there_were_notes_starts_counting_now():
    desk = office(*hop(task("visit"), task("publish")))
    desk.complete(WINDOW, "accept")
    process = desk.definitions.current(desk.case.item_key).process
    run = process.load(desk.case.state)
    (scope,) = [one for one in run.waiting() if one.kind is Kind.SCOPE]
    run.note(scope.ref, {})
    desk.store.tables.cases[desk.case.case_no] = replace(desk.case, state=run.dump())
    desk.at("2026-09-16 10:00").complete(WINDOW, "visit")
    assert due(desk, "publish") == at("2026-09-24 17:00")


def test_what_the_diagram_says_of_a_task_s_limit():
    shared = process(inner(task("twice"), prefix="t"), id="shared_twice")
    once = process(inner(task("report"), prefix="r"), id="shared_once")
    nodes = parse(
        process(
            start(), sub("hop", limit(7), inner(task("visit"), task("own", 2))), call("c0", "shared_once", limit(15)),
            call("c1", "shared_twice", limit(3)), call("c2", "shared_twice", limit(5)), end(),
            chain("apply", "hop", "c0", "c1", "c2", "over"),
        ),
        {"shared_twice": shared, "shared_once": once},
    ).nodes  # fmt: skip
    values = {name: (known.value if (known := drawn_limit(nodes[name], nodes)) else None) for name in
              ("visit", "own", "report", "twice", "apply")}  # fmt: skip
    assert values == {"visit": 7, "own": 2, "report": 15, "twice": None, "apply": None}
