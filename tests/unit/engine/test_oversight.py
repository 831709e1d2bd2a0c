"""Cards followed up: who may do what, in which order, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.audit import Head, verify
from engine.commands import RaiseCards
from engine.errors import InvalidValue, NotAllowed, UnknownWarning, WarningMoved
from engine.oversight import AcknowledgeWarning, CloseWarning, ExplainWarning, OrderCorrection, WarningKey
from engine.records import SYSTEM, Actor
from tests.unit.engine.office import ALLROUNDER, BUREAU, CITIZEN, COUNTY, REVIEWER, STRANGER, WINDOW, Office

SUPERVISOR = Actor("莫监", "莫监", COUNTY, frozenset({f"{COUNTY}:supervisor"}))
OWN_SUPERVISOR = Actor("内审", "内审", BUREAU, frozenset({f"{BUREAU}:supervisor"}))
ELSEWHERE = Actor("邻监", "邻监", "450722", frozenset({"450722:supervisor", "450721-xx:supervisor"}))
DUE = date(2026, 9, 21)


@pytest.fixture
def office():
    """An acceptance that nobody claimed is red; it is Thursday morning."""
    office = Office()
    office.submit()
    office.at("2026-09-17 09:00").engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    return office


def key_of(office, level="red"):
    (key,) = [key for key in office.store.tables.warnings if key[2] == level]
    return WarningKey(*key)


def act(office, command, actor, *rest, version=None):
    key = key_of(office)
    seen = len(office.store.tables.oversight.get(key, ())) if version is None else version
    return office.engine.execute(command(actor, key, seen, *rest))


def statuses(office):
    return [str(one.status) for one in office.store.tables.oversight.get(key_of(office), ())]


def test_a_card_from_first_sight_to_its_end(office):
    act(office, AcknowledgeWarning, SUPERVISOR)
    act(office, OrderCorrection, SUPERVISOR, "三日内作出受理决定", DUE)
    act(office, ExplainWarning, WINDOW, " 窗口轮岗交接遗漏，已受理 ")
    act(office, CloseWarning, SUPERVISOR, None)
    assert statuses(office) == ["acknowledged", "ordered", "explained", "closed"]
    acts = office.store.tables.oversight[key_of(office)]
    assert [one.seq for one in acts] == [1, 2, 3, 4]
    assert acts[1].due_on == DUE
    assert acts[2].text == "窗口轮岗交接遗漏，已受理"
    told = [entry for entry in office.store.tables.history if entry.kind in KINDS]
    assert [entry.kind for entry in told] == KINDS
    assert [entry.actor_name for entry in told] == ["莫监", "莫监", "陈窗", "莫监"]
    assert told[1].facts["due_on"] == "2026-09-21"
    assert told[1].task_id == key_of(office).deadline
    case = office.case
    assert verify(office.store.history_of(case.case_no), Head(case.history_seq, case.history_hash)) == ()


KINDS = ["warning_acknowledged", "correction_ordered", "warning_explained", "warning_closed"]


def test_what_is_written_stays_out_of_the_history(office):
    act(office, ExplainWarning, WINDOW, "因申请人韦小明电话不通")
    assert "韦小明" not in str(office.store.tables.history)


@pytest.mark.parametrize("actor", [ELSEWHERE, WINDOW, REVIEWER, STRANGER, CITIZEN, SYSTEM])
@pytest.mark.parametrize(
    ("command", "rest"), [(AcknowledgeWarning, ()), (OrderCorrection, ("改正", DUE)), (CloseWarning, ("好",))]
)
def test_only_supervisors_above_dispose_of_a_card(office, actor, command, rest):
    act(office, ExplainWarning, WINDOW, "说明")
    before = office.store.tables.copy()
    with pytest.raises(NotAllowed):
        act(office, command, actor, *rest)
    assert office.store.tables == before


def test_the_supervisor_of_the_agency_itself_may(office):
    act(office, AcknowledgeWarning, OWN_SUPERVISOR)
    assert statuses(office) == ["acknowledged"]


@pytest.mark.parametrize("actor", [SUPERVISOR, OWN_SUPERVISOR, STRANGER, CITIZEN])
def test_only_those_responsible_explain(office, actor):
    with pytest.raises(NotAllowed):
        act(office, ExplainWarning, actor, "不是我")


def named(office, actor):
    key = key_of(office)
    place = (key.case_no, key.deadline, key.level)
    card = office.store.tables.warnings[place]
    office.store.tables.warnings[place] = replace(card, assignee_id=actor.user_id)


def test_a_card_that_names_somebody_is_his_to_explain(office):
    named(office, WINDOW)
    with pytest.raises(NotAllowed):
        act(office, ExplainWarning, ALLROUNDER, "代为说明")
    act(office, ExplainWarning, WINDOW, "说明")


def test_nobody_supervises_himself(office):
    both = replace(WINDOW, groups=WINDOW.groups | {f"{COUNTY}:supervisor"})
    named(office, both)
    with pytest.raises(NotAllowed):
        act(office, AcknowledgeWarning, both)


def test_a_red_card_is_not_closed_before_it_is_explained(office):
    for step in (None, AcknowledgeWarning):
        if step:
            act(office, step, SUPERVISOR)
        with pytest.raises(WarningMoved, match="还没有说明"):
            act(office, CloseWarning, SUPERVISOR, None)
    act(office, ExplainWarning, WINDOW, "说明")
    act(office, OrderCorrection, SUPERVISOR, "仍须改正", DUE)
    with pytest.raises(WarningMoved, match="还没有说明"):
        act(office, CloseWarning, SUPERVISOR, None)


def test_a_yellow_card_may_be_closed_at_once():
    office = Office()
    office.submit()
    (task,) = office.store.open_tasks()
    office.clock.set(task.warn_at)
    office.engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    key = key_of(office, "yellow")
    office.engine.execute(CloseWarning(SUPERVISOR, key, 0, "已提醒"))
    assert [str(one.status) for one in office.store.tables.oversight[key]] == ["closed"]


@pytest.mark.parametrize(
    ("command", "actor", "rest"),
    [
        (AcknowledgeWarning, SUPERVISOR, ()),
        (ExplainWarning, WINDOW, ("再说明",)),
        (OrderCorrection, SUPERVISOR, ("改正", DUE)),
        (CloseWarning, SUPERVISOR, (None,)),
    ],
)
def test_after_the_end_nothing_follows(office, command, actor, rest):
    act(office, ExplainWarning, WINDOW, "说明")
    act(office, CloseWarning, SUPERVISOR, None)
    with pytest.raises(WarningMoved):
        act(office, command, actor, *rest)


def test_what_was_seen_must_still_be_so(office):
    act(office, AcknowledgeWarning, SUPERVISOR)
    with pytest.raises(WarningMoved) as refusal:
        act(office, ExplainWarning, WINDOW, "说明", version=0)
    assert refusal.value.details["version"] == 1
    assert statuses(office) == ["acknowledged"]


@pytest.mark.parametrize("text", ["", "  \n", "长" * 1001])
def test_nothing_and_too_much_are_no_explanation(office, text):
    with pytest.raises(InvalidValue):
        act(office, ExplainWarning, WINDOW, text)
    with pytest.raises(InvalidValue):
        act(office, OrderCorrection, SUPERVISOR, text, DUE)


def test_an_order_cannot_be_due_yesterday(office):
    with pytest.raises(InvalidValue):
        act(office, OrderCorrection, SUPERVISOR, "改正", date(2026, 9, 16))
    act(office, OrderCorrection, SUPERVISOR, "今天改正", date(2026, 9, 17))


def test_a_card_never_raised_is_not_known(office):
    case_no = office.case.case_no
    for key in (WarningKey(case_no, "case", "red"), WarningKey("nothing", "case", "red")):
        with pytest.raises(UnknownWarning):
            office.engine.execute(AcknowledgeWarning(SUPERVISOR, key, 0))
