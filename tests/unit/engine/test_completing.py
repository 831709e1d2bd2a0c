"""CompleteTask: what it checks, what it stores, and that a refused one leaves no trace."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from engine.audit import Head, verify
from engine.commands import CompleteTask
from engine.errors import (
    AlreadyClaimed,
    InvalidForm,
    NotAllowed,
    OpinionRequired,
    ProcessFault,
    StaleVersion,
    TaskNotOpen,
    UnknownAttachment,
    UnknownTask,
    WrongApplicant,
    WrongOutcome,
)
from engine.handlers.routing import routed
from engine.records import Actor, CaseStatus, TaskStatus
from tests.unit.engine.fakes import at
from tests.unit.engine.office import (
    ALLROUNDER,
    APPROVER,
    CITIZEN,
    ITEM,
    REVIEWER,
    STRANGER,
    SURVEYOR,
    WINDOW,
    Office,
    definition,
)


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office.at("2026-09-18 11:05")


def test_a_task_is_claimed_and_completed_in_one_act(office):
    task = office.store.task("受理")
    receipt = office.complete(WINDOW, "受理", "accepted", opinion="  材料齐全 ", version=1)
    done = office.store.tables.tasks[task.task_id]
    assert (done.status, done.outcome, done.outcome_name, done.opinion) == (
        TaskStatus.DONE,
        "accepted",
        "受理",
        "材料齐全",
    )
    assert (done.assignee_id, done.claimed_at, done.done_at) == (WINDOW.user_id, office.clock.now(), office.clock.now())
    review = office.store.task("审查")
    assert (receipt.task_status, receipt.task_version, receipt.opened) == ("done", 2, (review.task_id,))
    assert receipt.case_status == office.case.status == CaseStatus.PROCESSING


def test_a_claim_keeps_its_time(office):
    office.claim(WINDOW, "受理")
    office.at("2026-09-18 15:00").complete(WINDOW, "受理", "accepted")
    (done,) = [task for task in office.store.tables.tasks.values() if task.status is TaskStatus.DONE]
    assert (done.claimed_at, done.done_at) == (at("2026-09-18 11:05"), at("2026-09-18 15:00"))


def test_a_case_walks_to_its_end(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    office.complete(APPROVER, "决定", "return", opinion="请补充")
    office.complete(REVIEWER, "审查", "pass")
    office.complete(APPROVER, "决定", "granted")
    assert office.case.status is CaseStatus.DECIDED
    office.at("2026-09-21 10:00")
    receipt = office.complete(WINDOW, "送达")
    case = office.case
    assert (receipt.finished, receipt.case_status) == (True, "concluded")
    assert (case.result, case.decided_at, case.concluded_at) == (
        "granted",
        at("2026-09-18 11:05"),
        at("2026-09-21 10:00"),
    )
    assert office.store.open_tasks() == []
    assert office.kinds()[-2:] == ["milestone_reached", "case_concluded"]
    assert verify(office.store.history_of(case.case_no), Head(case.history_seq, case.history_hash)) == ()


@pytest.mark.parametrize(
    ("actor", "outcome", "more", "error"),
    [
        (STRANGER, "accepted", {}, NotAllowed),
        (CITIZEN, "accepted", {}, NotAllowed),
        (REVIEWER, "accepted", {}, NotAllowed),
        (WINDOW, "granted", {}, WrongOutcome),
        (WINDOW, None, {}, WrongOutcome),
        (WINDOW, "", {}, WrongOutcome),
        (WINDOW, "not_accepted", {}, OpinionRequired),
        (WINDOW, "not_accepted", {"opinion": " \n "}, OpinionRequired),
        (WINDOW, "accepted", {"version": 0}, StaleVersion),
        (WINDOW, "accepted", {"version": 2}, StaleVersion),
        (WINDOW, "accepted", {"attachments": ("nothing",)}, UnknownAttachment),
    ],
)
def test_each_mistake_has_its_own_error_and_changes_nothing(office, actor, outcome, more, error):
    before = office.store.tables.copy()
    with pytest.raises(error):
        office.complete(actor, "受理", outcome, **more)
    assert office.store.tables == before


def test_a_wrong_outcome_names_those_there_are(office):
    with pytest.raises(WrongOutcome, match="一次告知补正（supplement）") as caught:
        office.complete(WINDOW, "受理", "granted")
    assert caught.value.place == "accept"


def test_a_step_without_outcomes_takes_none(office):
    office.complete(WINDOW, "受理", "supplement")
    with pytest.raises(WrongOutcome):
        office.complete(CITIZEN, "补交材料", "done")
    assert office.complete(CITIZEN, "补交材料").opened


def test_values_for_a_step_without_a_form_are_refused(office):
    office.complete(WINDOW, "受理", "accepted")
    with pytest.raises(InvalidForm):
        office.complete(REVIEWER, "审查", "pass", form={"x": 1})


def test_what_is_in_other_hands_cannot_be_completed(office):
    office.claim(WINDOW, "受理")
    with pytest.raises(AlreadyClaimed):
        office.complete(ALLROUNDER, "受理", "accepted")
    assert office.complete(WINDOW, "受理", "accepted", version=2).task_status == "done"


def test_a_task_is_completed_once(office):
    command = CompleteTask(WINDOW, office.store.task("受理").task_id, "accepted")
    office.engine.execute(command)
    before = office.store.tables.copy()
    with pytest.raises(TaskNotOpen):
        office.engine.execute(command)
    with pytest.raises(UnknownTask):
        office.engine.execute(CompleteTask(WINDOW, "nothing", "accepted"))
    assert office.store.tables == before


def test_those_who_accept_or_review_do_not_decide(office):
    office.complete(ALLROUNDER, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    with pytest.raises(NotAllowed, match="受理"):
        office.complete(ALLROUNDER, "决定", "granted")
    office.complete(APPROVER, "决定", "granted")
    with pytest.raises(NotAllowed, match="受理"):
        office.complete(WINDOW, "送达")
    assert office.complete(ALLROUNDER, "送达").finished


def test_the_applicant_answers_by_account_or_by_proof(office):
    office.complete(WINDOW, "受理", "supplement")
    assert office.case.status is CaseStatus.SUPPLEMENT
    guest = Actor("guest", "访客", proved_cases=frozenset({office.case.case_no}))
    for other in (WINDOW, Actor("u-other", "别人"), Actor("guest", "访客")):
        with pytest.raises(WrongApplicant):
            office.complete(other, "补交材料")
    office.store.tables.attachments["f1"] = ("guest", None, "签章页.pdf")
    task = office.store.task("补交材料")
    office.complete(guest, "补交材料", attachments=("f1",))
    assert office.store.tables.tasks[task.task_id].assignee_id == "guest"
    assert office.case.status is CaseStatus.SUBMITTED
    assert office.store.history_of(office.case.case_no)[-1].actor_name == "申请人"


def test_only_routed_fields_enter_engine_data(office):
    office.complete(WINDOW, "受理", "accepted", form={"level": "一级", "note": "甲乙丙"})
    assert '"level": "\\u4e00\\u7ea7"' in office.case.state.decode()
    assert b"note" not in office.case.state
    form = office.store.tables.forms[-1]
    assert (form.node_id, form.values) == ("accept", {"level": "一级", "note": "甲乙丙"})


def test_routed_values_are_plain_json():
    routes = definition(routes={"f": frozenset({"whole", "part", "day", "absent", "none"})})
    values = {
        "whole": Decimal("1200.00"),
        "part": Decimal("0.5"),
        "day": date(2026, 9, 18),
        "none": None,
        "secret": "x",
    }
    assert routed(routes, "f", values) == {"whole": 1200, "part": 0.5, "day": "2026-09-18", "none": None}
    assert routed(routes, None, values) == {}
    assert routed(routes, "unknown", values) == {}


def test_a_process_that_cannot_go_on_leaves_the_case_before_the_step(office):
    process = office.definitions.current(ITEM.key).process
    process.moves = {key: move for key, move in process.moves.items() if key != ("accept", "accepted")}
    before = office.store.tables.copy()
    task = office.store.task("受理")
    for _ in range(2):
        with pytest.raises(ProcessFault):
            office.complete(WINDOW, "受理", "accepted")
    (incident,) = office.store.tables.incidents.values()
    assert (incident.case_no, incident.ref, incident.act) == (task.case_no, task.task_id, "complete_task")
    assert (incident.code, incident.times) == ("process_fault", 2)
    assert replace(office.store.tables, incidents={}) == before


def test_an_incident_that_cannot_be_kept_does_not_hide_the_fault(office):
    process = office.definitions.current(ITEM.key).process
    process.moves = {key: move for key, move in process.moves.items() if key != ("accept", "accepted")}

    def broken(tables):
        raise OSError("disk full")

    office.store.before["incidents.note"] = broken
    with pytest.raises(ProcessFault):
        office.complete(WINDOW, "受理", "accepted")


def test_a_refused_completion_is_no_incident(office):
    with pytest.raises(NotAllowed):
        office.complete(STRANGER, "受理", "accepted")
    assert not office.store.tables.incidents


def test_a_completion_makes_few_port_calls(office):
    office.complete(WINDOW, "受理", "accepted")
    office.store.calls.clear()
    office.complete(REVIEWER, "审查", "expert")
    assert office.store.calls.total() <= 12, office.store.calls
    office.complete(SURVEYOR, "评审意见")
    office.complete(REVIEWER, "审查", "pass")
    office.store.calls.clear()
    office.complete(APPROVER, "决定", "granted")
    assert office.store.calls.total() <= 12, office.store.calls
    assert max(office.store.calls.values()) == 1
