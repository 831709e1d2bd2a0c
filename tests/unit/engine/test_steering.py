"""Withdrawn, terminated, suspended and resumed: a case stops where it stands, and what stops with it."""

import pytest

from engine.commands import (
    AskQuestion,
    DelegateTask,
    FireTimer,
    ReleaseTask,
    ResumeCase,
    ReturnTask,
    SuspendCase,
    TerminateCase,
    TransferTask,
    UrgeCase,
    WithdrawCase,
)
from engine.errors import (
    CaseClosed,
    CaseSuspended,
    InvalidValue,
    NotAllowed,
    NotSuspended,
    OpinionRequired,
    UnknownCase,
    WrongApplicant,
)
from engine.records import SYSTEM, Actor, CaseClock, CaseStatus
from engine.sweep import Sweeper
from tests.unit.engine.fakes import at
from tests.unit.engine.office import (
    ADMINISTRATOR,
    APPLICANT,
    APPROVER,
    CITIZEN,
    REVIEWER,
    SECOND_WINDOW,
    SECTION,
    SUPERVISOR,
    SURVEYOR,
    WINDOW,
)
from tests.unit.engine.permit import Day

BASIS = "《行政许可法》第四十五条"


@pytest.fixture
def day():
    return Day()


def steer(day, command, actor, *args, **more):
    return day.act(lambda: day.office.do(command, actor, day.office.case.case_no, *args, **more))


# -- withdrawn


def test_the_applicant_withdraws_and_nothing_is_left_to_do(day):
    day.to("review")
    day.office.claim(REVIEWER, "review")
    receipt = steer(day, WithdrawCase, CITIZEN, reason="项目取消")
    office, case = day.office, day.office.case
    assert receipt.finished
    assert (case.status, case.result, case.clock) == (CaseStatus.CONCLUDED, "withdrawn", CaseClock.STOPPED)
    assert case.concluded_at == office.clock.now()
    assert office.store.open_tasks() == []
    assert office.store.tables.timers == {}
    assert {t.node_id for t in office.store.tables.tasks.values() if t.status == "cancelled"} == {"review", "survey"}
    assert office.store.tables.remarks[-1].text == "项目取消"
    assert "项目取消" not in str(office.store.tables.history)
    told = [message.address for message in office.store.tables.outbox if message.template == "case_withdrawn"]
    assert set(told) == {APPLICANT.phone, REVIEWER.user_id, "450721-spj:surveyor"}
    assert office.kinds()[-1] == "message_queued"
    assert "case_withdrawn" in office.kinds()
    assert "case_concluded" in office.kinds()
    with pytest.raises(CaseClosed):
        steer(day, WithdrawCase, CITIZEN)


def test_a_case_is_withdrawn_while_the_applicant_has_it_or_it_is_suspended(day):
    day.do(WINDOW, "accept", "supplement")
    steer(day, SuspendCase, APPROVER, BASIS)
    steer(day, WithdrawCase, Actor("guest", "申请人", proved_cases=frozenset({day.office.case.case_no})))
    assert day.office.case.result == "withdrawn"
    assert all(span.ended_at for span in day.office.store.tables.spans.values())


def test_only_the_applicant_withdraws_and_not_after_the_decision(day):
    for actor in (WINDOW, APPROVER, ADMINISTRATOR):
        with pytest.raises(WrongApplicant):
            steer(day, WithdrawCase, actor)
    day.to("pack")
    with pytest.raises(NotAllowed, match="已经作出决定"):
        steer(day, WithdrawCase, CITIZEN)
    with pytest.raises(UnknownCase):
        day.office.do(WithdrawCase, CITIZEN, "none")


# -- terminated


@pytest.mark.parametrize("actor", [APPROVER, ADMINISTRATOR])
def test_the_head_or_an_administrator_terminates_with_a_reason(day, actor):
    day.to("check")
    for reason in (None, "  "):
        with pytest.raises(OpinionRequired):
            steer(day, TerminateCase, actor, reason)
    with pytest.raises(InvalidValue):
        steer(day, TerminateCase, actor, "长" * 2001)
    assert steer(day, TerminateCase, actor, "申请人已注销").finished
    assert (day.office.case.result, day.open()) == ("terminated", [])
    assert day.office.last("case_terminated").actor_id == actor.user_id
    assert APPLICANT.phone in {m.address for m in day.office.store.tables.outbox if m.template == "case_terminated"}


@pytest.mark.parametrize("command", [TerminateCase, SuspendCase])
@pytest.mark.parametrize("actor", [WINDOW, REVIEWER, SUPERVISOR, CITIZEN])
def test_others_do_not_steer(day, command, actor):
    with pytest.raises(NotAllowed):
        steer(day, command, actor, "理由")


def test_a_decided_case_keeps_its_result_and_only_an_administrator_ends_it(day):
    day.to("pack")
    with pytest.raises(NotAllowed, match="只有管理员"):
        steer(day, TerminateCase, APPROVER, "无法送达")
    steer(day, TerminateCase, ADMINISTRATOR, "无法送达")
    assert (day.office.case.result, day.office.case.status) == ("granted", CaseStatus.CONCLUDED)


# -- suspended


def test_a_suspended_case_stands_still_and_goes_on_where_it_stood(day):
    day.to("review")
    office = day.office
    due, limit = office.case.promised_due_at, office.store.task("review").due_at
    (timer,) = office.store.tables.timers.values()
    assert (due, limit, timer.due_at) == (at("2026-09-21 17:00"), at("2026-09-16 17:00"), at("2026-09-16 17:00"))
    office.at("2026-09-15 10:00")
    office.do(SuspendCase, APPROVER, office.case.case_no, BASIS, reason="等待司法机关结论")
    case = office.case
    assert (case.status, case.clock, case.promised_due_at) == (CaseStatus.SUSPENDED, CaseClock.PAUSED, None)
    assert {(t.due_at, t.warn_at, t.paused) for t in office.store.open_tasks()} == {(None, None, True)}
    (held,) = office.store.tables.timers.values()
    assert held.held
    (span,) = office.store.tables.spans.values()
    assert (span.basis, span.party, str(span.mode)) == (BASIS, "agency", "suspends")
    assert office.last("case_suspended").facts == {"basis": BASIS}

    office.at("2026-09-18 10:00")
    swept = Sweeper(office.engine, office.store, office.clock).sweep()
    assert (swept.timers, swept.cases) == (0, 0), "nothing falls due meanwhile"
    office.do(ResumeCase, APPROVER, office.case.case_no)
    case = office.case
    assert (case.status, case.clock) == (CaseStatus.PROCESSING, CaseClock.RUNNING)
    # the 16th, 17th and 18th did not count; Sunday the 20th is worked
    assert case.promised_due_at == at("2026-09-24 17:00")
    assert {(t.due_at, t.paused, t.case_due_at) for t in office.store.open_tasks()} == {
        (at("2026-09-20 17:00"), False, at("2026-09-24 17:00"))
    }
    (timer,) = office.store.tables.timers.values()
    assert (timer.held, timer.due_at) == (False, at("2026-09-20 17:00"))
    assert Sweeper(office.engine, office.store, office.at("2026-09-20 17:00").clock).sweep().timers == 1


def test_limits_used_up_before_the_suspension_stay_used_up(day):
    day.to("review")
    office = day.office
    before = {task.node_id: task.due_at for task in office.store.open_tasks()}
    office.at("2026-09-15 16:00").do(SuspendCase, APPROVER, office.case.case_no, BASIS)
    office.at("2026-09-15 16:30").do(ResumeCase, APPROVER, office.case.case_no)
    assert {task.node_id: task.due_at for task in office.store.open_tasks()} == before
    assert office.case.promised_due_at == at("2026-09-21 17:00")


def test_nothing_is_worked_while_it_is_suspended(day):
    day.to("review")
    office = day.office
    office.claim(REVIEWER, "review")
    key = office.store.task("review").task_id
    (timer,) = office.store.tables.timers.values()
    steer(day, SuspendCase, ADMINISTRATOR, BASIS)
    before = office.store.tables.copy()
    for act in (
        lambda: office.complete(REVIEWER, "review", "pass"),
        lambda: office.claim(SURVEYOR, "survey"),
        lambda: office.do(ReleaseTask, REVIEWER, key),
        lambda: office.do(DelegateTask, REVIEWER, key, SURVEYOR.user_id),
        lambda: office.do(ReturnTask, REVIEWER, key, "accept", "缺页"),
        lambda: office.do(UrgeCase, CITIZEN, office.case.case_no),
        lambda: office.do(SuspendCase, APPROVER, office.case.case_no, BASIS),
    ):
        with pytest.raises(CaseSuspended):
            act()
    office.at("2026-10-20 10:00").do(FireTimer, SYSTEM, timer.timer_id, office.case.case_no)
    assert office.store.tables == before
    # what is said about it goes on, and who leaves may hand it over
    assert office.do(AskQuestion, REVIEWER, office.case.case_no, "applicant", "有结论了吗？")
    heir = Actor("heir", "接手", "450721-spj", frozenset({f"{SECTION}:reviewer"}))
    office.store.tables.people["heir"] = heir
    assert office.do(TransferTask, ADMINISTRATOR, key, "heir")


def test_it_is_suspended_on_a_basis_and_resumed_once(day):
    for basis in (None, " "):
        with pytest.raises(OpinionRequired, match="依据"):
            steer(day, SuspendCase, APPROVER, basis)
    with pytest.raises(NotSuspended):
        steer(day, ResumeCase, APPROVER)
    steer(day, SuspendCase, APPROVER, BASIS)
    assert day.office.case.clock is CaseClock.NOT_STARTED
    with pytest.raises(NotAllowed):
        steer(day, ResumeCase, WINDOW)
    steer(day, ResumeCase, APPROVER)
    assert day.office.case.status is CaseStatus.SUBMITTED
    steer(day, SuspendCase, APPROVER, BASIS)
    steer(day, ResumeCase, APPROVER)
    assert day.do(SECOND_WINDOW, "accept", "accepted").opened


def test_a_suspension_within_a_special_procedure_does_not_start_the_clock(day):
    day.do(WINDOW, "accept", "supplement")
    steer(day, SuspendCase, APPROVER, BASIS)
    steer(day, ResumeCase, APPROVER)
    assert day.office.case.status is CaseStatus.SUPPLEMENT
    assert day.office.store.task("fill").paused is False


def test_a_decided_case_is_not_suspended(day):
    day.to("pack")
    with pytest.raises(NotAllowed, match="已经作出决定"):
        steer(day, SuspendCase, APPROVER, BASIS)
