"""Settling: milestones, spans, case clock, status and the copies of the deadline in open tasks."""

import pytest

from engine.elements import ClockMode
from engine.ledger import ledger
from engine.records import CaseClock, CaseStatus, TaskStatus
from tests.unit.engine.fakes import Move, ScriptedProcess, at
from tests.unit.engine.office import (
    APPROVER,
    CITIZEN,
    MOVES,
    NODES,
    REVIEWER,
    SURVEYOR,
    WINDOW,
    Office,
    definition,
    node,
)


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office


def accept(office):
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")


def test_acceptance_starts_the_clock(office):
    accept(office)
    case, task = office.case, office.store.task("审查")
    assert (case.clock, case.accepted_at, case.status) == (
        CaseClock.RUNNING,
        at("2026-09-18 11:05"),
        CaseStatus.PROCESSING,
    )
    assert (case.promised_due_at, case.statutory_due_at) == (at("2026-09-24 17:00"), at("2026-10-22 17:00"))
    assert case.warn_at == at("2026-09-24 13:00")
    assert (task.case_due_at, task.paused, task.provisional) == (case.promised_due_at, False, False)
    assert (task.due_at, task.warn_at) == (at("2026-09-22 17:00"), at("2026-09-22 14:36"))
    assert office.kinds()[3:] == [
        "task_completed",
        "milestone_reached",
        "clock_changed",
        "notice_issued",
        "task_opened",
        "message_queued",
        "message_queued",
        "message_queued",
    ]


def test_a_limit_in_working_hours_runs_from_the_moment_the_task_opens(office):
    accept(office)
    office.complete(REVIEWER, "审查", "pass")
    assert office.store.task("决定").due_at == at("2026-09-20 11:05")


def test_an_excluded_procedure_pauses_and_resumes(office):
    accept(office)
    office.at("2026-09-20 15:10").complete(REVIEWER, "审查", "expert")
    case, task = office.case, office.store.task("评审意见")
    assert (case.clock, case.status) == (CaseClock.PAUSED, CaseStatus.SPECIAL)
    assert (case.promised_due_at, case.statutory_due_at, case.warn_at) == (None, None, None)
    assert (task.case_due_at, task.paused) == (None, True)
    (span,) = office.store.tables.spans.values()
    assert (span.mode, span.party, span.started_at, span.ended_at) == (
        ClockMode.EXCLUDED,
        "agency",
        at("2026-09-20 15:10"),
        None,
    )
    office.at("2026-10-12 16:20").complete(SURVEYOR, "评审意见")
    case, task = office.case, office.store.task("审查")
    assert (case.clock, case.status) == (CaseClock.RUNNING, CaseStatus.PROCESSING)
    assert (case.promised_due_at, case.statutory_due_at) == (at("2026-10-16 17:00"), at("2026-11-06 17:00"))
    assert (task.case_due_at, task.paused) == (at("2026-10-16 17:00"), False)
    (span,) = office.store.tables.spans.values()
    assert span.ended_at == at("2026-10-12 16:20")
    clocks = [e for e in office.store.history_of(case.case_no) if e.kind == "clock_changed"]
    assert [e.facts["clock"] for e in clocks] == ["running", "paused", "running"]
    assert [e.node_id for e in clocks] == ["accepted", "expert", "expert"]
    assert clocks[1].facts["basis"] == "《固定资产投资项目节能审查办法》第八条"


def test_the_ledger_of_the_drawn_case_comes_out_of_the_engine(office):
    office.at("2026-09-15 10:48").complete(WINDOW, "受理", "supplement")
    office.at("2026-09-17 17:32").complete(CITIZEN, "补交材料")
    accept(office)
    office.at("2026-09-20 15:10").complete(REVIEWER, "审查", "expert")
    office.at("2026-10-12 16:20").complete(SURVEYOR, "评审意见")
    spans = list(office.store.tables.spans.values())
    book = ledger(office.case, spans, at("2026-10-14 10:42"), office.calendar)
    assert (
        "".join(day.account.mark for day in book.days)
        == "交受您您受休计停停停停休休休停停停休休休休休休休停停停休停计计余限"
    )
    assert list(book.sums.values()) == [2, 2, 3, 11]


def test_a_pause_reaches_tasks_that_stay_open():
    """Two branches: one goes to expert review while the other's task stays in the inbox."""
    moves = {**MOVES, ("accept", "accepted"): Move(passes=["accepted"], enters=["review", "decide"])}
    moves["review", "expert"] = Move(enters=["expert", "report"])
    moves["report", None] = Move(passes=["expert"])
    office = Office(definition(ScriptedProcess(NODES, Move(enters=["accept"]), moves)))
    office.submit()
    accept(office)
    office.at("2026-09-20 15:10").complete(REVIEWER, "审查", "expert")
    task = office.store.task("决定")
    assert (task.case_due_at, task.paused, task.version) == (None, True, 1)
    office.at("2026-10-12 16:20").complete(SURVEYOR, "评审意见")
    task = office.store.task("决定")
    assert (task.case_due_at, task.paused, task.version) == (at("2026-10-16 17:00"), False, 1)


def test_a_decision_in_the_middle_of_a_pause_keeps_the_deadline_that_held():
    moves = {**MOVES, ("accept", "accepted"): Move(passes=["accepted"], enters=["review", "expert", "report"])}
    moves["review", "pass"] = Move(passes=["decided"])
    office = Office(definition(ScriptedProcess(NODES, Move(enters=["accept"]), moves)))
    office.submit()
    accept(office)
    assert office.case.clock is CaseClock.PAUSED
    office.at("2026-09-21 10:00").complete(REVIEWER, "审查", "pass")
    assert office.case.clock is CaseClock.STOPPED
    assert office.case.promised_due_at == at("2026-09-29 17:00")
    office.at("2026-10-12 16:20").complete(SURVEYOR, "评审意见")
    assert office.case.promised_due_at == at("2026-09-29 17:00")


def test_the_decision_stops_the_clock_and_brings_the_result(office):
    accept(office)
    office.complete(REVIEWER, "审查", "pass")
    office.at("2026-09-21 15:00").complete(APPROVER, "决定", "granted")
    case = office.case
    assert (case.clock, case.status, case.result) == (CaseClock.STOPPED, CaseStatus.DECIDED, "granted")
    assert (case.decided_at, case.promised_due_at, case.warn_at) == (
        at("2026-09-21 15:00"),
        at("2026-09-24 17:00"),
        None,
    )
    office.at("2026-09-22 15:00").complete(WINDOW, "送达")
    assert (office.case.decided_at, office.case.result) == (at("2026-09-21 15:00"), "granted")


def test_a_case_is_accepted_once():
    """A loop back to acceptance does not start the clock anew."""
    moves = {**MOVES, ("review", "pass"): Move(enters=["accept"])}
    office = Office(definition(ScriptedProcess(NODES, Move(enters=["accept"]), moves)))
    office.submit()
    accept(office)
    office.at("2026-09-21 10:00").complete(REVIEWER, "审查", "pass")
    office.complete(WINDOW, "受理", "accepted")
    assert office.case.accepted_at == at("2026-09-18 11:05")
    reached = [e for e in office.store.tables.history if e.facts.get("name") == "accepted"]
    assert len(reached) == 1


def test_refusing_to_accept_concludes_without_a_clock(office):
    receipt = office.complete(WINDOW, "受理", "not_accepted", opinion="不属于本机关职权")
    case = office.case
    assert receipt.finished
    assert (case.status, case.result, case.clock) == (CaseStatus.CONCLUDED, "not_accepted", CaseClock.NOT_STARTED)
    assert (case.accepted_at, case.promised_due_at) == (None, None)


def test_a_diagram_without_the_milestone_concludes_with_its_last_node():
    nodes = [*NODES[:-1], node("end", "办结", "endEvent")]
    office = Office(definition(ScriptedProcess(nodes, Move(enters=["deliver"]), MOVES)))
    office.submit()
    office.at("2026-09-15 10:00").complete(WINDOW, "送达")
    assert (office.case.status, office.case.concluded_at) == (CaseStatus.CONCLUDED, at("2026-09-15 10:00"))


def test_a_case_without_any_task_is_concluded_as_it_is_submitted():
    nodes = [*NODES[:-1], node("end", "办结", "endEvent")]
    office = Office(definition(ScriptedProcess(nodes, Move(passes=["end"]), MOVES)))
    receipt = office.submit()
    assert (receipt.finished, receipt.case_status, receipt.opened) == (True, "concluded", ())
    assert office.kinds()[-1] == "case_concluded"


def test_the_applicants_turn_shows_in_the_status(office):
    office.complete(WINDOW, "受理", "supplement")
    assert office.case.status is CaseStatus.SUPPLEMENT
    assert office.store.task("补交材料").group == "applicant"
    assert office.store.task("补交材料").org is None


def test_tasks_of_branches_given_up_are_cancelled():
    moves = {**MOVES, ("accept", "accepted"): Move(passes=["accepted"], enters=["review", "decide"])}
    moves["decide", "refused"] = Move(leaves=["review"])
    office = Office(definition(ScriptedProcess(NODES, Move(enters=["accept"]), moves)))
    office.submit()
    accept(office)
    review = office.store.task("审查")
    receipt = office.complete(APPROVER, "决定", "refused", opinion="不符合条件")
    cancelled = office.store.tables.tasks[review.task_id]
    assert (cancelled.status, cancelled.done_at, cancelled.version) == (
        TaskStatus.CANCELLED,
        office.clock.now(),
        2,
    )
    assert receipt.finished
    assert "task_cancelled" in office.kinds()


def test_deadlines_of_an_unpublished_year_are_marked(office):
    office.at("2026-12-29 10:00").complete(WINDOW, "受理", "accepted")
    assert office.case.provisional
    assert office.store.task("审查").provisional
