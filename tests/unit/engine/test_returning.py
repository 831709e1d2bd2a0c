"""Sending back and taking back: only to where the case may lawfully go, and nothing is left hanging."""

from dataclasses import replace

import pytest

from engine.commands import DelegateTask, ReturnTask
from engine.errors import (
    AlreadyClaimed,
    CaseClosed,
    NotAllowed,
    NoWayBack,
    OpinionRequired,
    StaleVersion,
    TaskNotOpen,
    UnknownTask,
)
from engine.records import TaskStatus
from tests.unit.engine.office import (
    ALLROUNDER,
    APPLICANT,
    APPROVER,
    CITIZEN,
    REVIEWER,
    SECOND_WINDOW,
    SURVEYOR,
    WINDOW,
)
from tests.unit.engine.permit import Day


@pytest.fixture
def day():
    return Day()


def test_back_to_acceptance_out_of_two_branches_and_forward_again(day):
    day.to("review")
    receipt = day.back(REVIEWER, "review", "accept", "申请书缺页")
    office = day.office
    done = office.store.tables.tasks[receipt.task_id]
    assert (done.status, done.outcome, done.outcome_name, done.opinion) == (
        TaskStatus.DONE,
        "_returned",
        "退回至accept",
        "申请书缺页",
    )
    assert day.open() == ["accept"]
    task = office.store.task("accept")
    assert (task.status, task.assignee_id) == (TaskStatus.CLAIMED, WINDOW.user_id), "who did it has it again"
    assert {t.node_id for t in office.store.tables.tasks.values() if t.status is TaskStatus.CANCELLED} == {"survey"}
    assert office.store.tables.timers == {}
    told = office.last("task_returned")
    assert (told.facts["to_node_id"], told.facts["returns"]) == ("accept", False)
    assert "申请书缺页" not in str(office.store.tables.history)
    assert office.store.tables.outbox[-1].address == WINDOW.user_id

    accepted = office.case.accepted_at
    notices = len(office.store.tables.notices)
    day.do(WINDOW, "accept", "accepted")
    assert day.open() == ["review", "survey"]
    assert office.case.accepted_at == accepted
    assert len(office.store.tables.notices) == notices, "accepted once, told once"
    day.to("decide").do(APPROVER, "decide", "granted")
    day.do(WINDOW, "pack")
    assert day.do(WINDOW, "deliver").finished


def test_straight_back_to_who_sent_it(day):
    day.to("review")
    kept = day.office.store.task("survey").task_id
    day.back(REVIEWER, "review", "previous", returns=True)
    assert day.open() == ["accept", "survey"]
    assert day.office.store.task("survey").task_id == kept
    day.do(WINDOW, "accept", "accepted")
    assert day.open() == ["review", "survey"]
    again = day.office.store.task("review")
    assert (again.assignee_id, again.status) == (REVIEWER.user_id, TaskStatus.CLAIMED)
    assert [timer.node_id for timer in day.office.store.tables.timers.values()] == ["late"]
    assert day.to("check").open() == ["check"]


def test_what_is_offered(day):
    day.to("review")
    ways = day.ways(REVIEWER, "review")
    assert {key: (way.returns, way.previous, way.applicant) for key, way in ways.items()} == {
        "accept": (True, True, False),
        "supplement": (True, False, True),
    }
    assert (ways["accept"].handler_id, ways["supplement"].handler_id) == (WINDOW.user_id, None)
    day.to("check")
    assert set(day.ways(REVIEWER, "check")) == {"accept", "supplement"}, "not into a fork that is over"
    day.to("decide")
    assert set(day.ways(APPROVER, "decide")) == {"check", "accept", "supplement"}
    assert day.ways(APPROVER, "decide")["check"].previous


def test_a_step_that_was_never_done_is_not_gone_back_to(day):
    assert set(day.ways(WINDOW, "accept")) == {"supplement"}
    day.to("check")
    day.back(REVIEWER, "check", "accept")
    # done in an earlier round, but after acceptance all the same
    assert set(day.ways(WINDOW, "accept")) == {"supplement"}
    with pytest.raises(NoWayBack, match="supplement"):
        day.back(WINDOW, "accept", "check")


def test_after_the_decision_the_case_goes_not_behind_it(day):
    day.to("pack")
    assert day.ways(WINDOW, "pack") == {}
    for to in ("decide", "accept", "applicant", "previous"):
        with pytest.raises(NoWayBack, match="没有可以退回"):
            day.back(WINDOW, "pack", to)
    day.do(SECOND_WINDOW, "pack")
    assert set(day.ways(WINDOW, "deliver")) == {"pack"}
    day.back(WINDOW, "deliver", "pack", returns=True)
    day.do(SECOND_WINDOW, "pack")
    assert day.do(WINDOW, "deliver").finished


def test_back_to_the_applicant_stops_the_clock(day):
    day.to("check")
    day.back(REVIEWER, "check", "applicant", "请补充图纸", returns=True)
    office = day.office
    assert (str(office.case.status), str(office.case.clock)) == ("supplement", "paused")
    message = office.store.tables.outbox[-1]
    assert (message.address, message.facts["reason"]) == (APPLICANT.phone, "请补充图纸")
    day.do(CITIZEN, "fill")
    assert day.open() == ["check"]
    assert (str(office.case.status), str(office.case.clock)) == ("processing", "running")
    assert office.store.task("check").assignee_id == REVIEWER.user_id


def test_who_may_no_longer_do_it_does_not_get_it_back(day):
    day.to("review")
    day.office.dismiss(WINDOW)
    day.back(REVIEWER, "review", "accept")
    assert day.office.store.task("accept").status is TaskStatus.OPEN


def test_the_grant_of_a_delegated_task_ends_with_its_cancellation(day):
    day.to("review")
    office = day.office
    task_id = office.store.task("survey").task_id
    day.act(lambda: office.do(DelegateTask, SURVEYOR, task_id, WINDOW.user_id))
    day.back(REVIEWER, "review", "accept")
    (grant,) = office.store.tables.grants.values()
    assert grant.revoked_at == office.clock.now()


def test_what_is_refused(day):
    day.to("review")
    office = day.office
    with pytest.raises(NotAllowed):
        day.back(WINDOW, "review", "accept")
    with pytest.raises(OpinionRequired):
        day.back(REVIEWER, "review", "accept", "  ")
    with pytest.raises(StaleVersion):
        day.back(REVIEWER, "review", "accept", version=7)
    for to in ("survey", "decide", "apply", "join", "nothing", "fill"):
        with pytest.raises(NoWayBack, match="可以退回到：accept"):
            day.back(REVIEWER, "review", to)
    office.claim(REVIEWER, "review")
    other = replace(REVIEWER, user_id="other", name="他人")
    with pytest.raises(AlreadyClaimed):
        day.back(other, "review", "accept")
    before = office.store.tables.copy()
    with pytest.raises(NoWayBack):
        day.back(REVIEWER, "review", "survey")
    assert office.store.tables == before
    task_id = office.store.task("review").task_id
    day.back(REVIEWER, "review", "accept")
    with pytest.raises(TaskNotOpen):
        office.do(ReturnTask, REVIEWER, task_id, "accept", "再来")


def test_one_who_returned_a_step_has_handled_it(day):
    both = replace(REVIEWER, user_id="both", name="两岗", groups=REVIEWER.groups | APPROVER.groups)
    day.office.store.tables.people[both.user_id] = both
    day.to("review")
    day.back(both, "review", "accept")
    day.to("decide")
    with pytest.raises(NotAllowed, match="review"):
        day.do(both, "decide", "granted")


# -- taking back


def done_of(day, name):
    tasks = [t for t in day.office.store.tables.tasks.values() if t.node_id == name and t.status is TaskStatus.DONE]
    return max(tasks, key=lambda task: task.done_at).task_id


def test_a_step_is_taken_back_while_the_next_is_untouched(day):
    day.to("decide")
    receipt = day.take(REVIEWER, done_of(day, "check"))
    office = day.office
    assert day.open() == ["check"]
    assert office.store.task("check").assignee_id == REVIEWER.user_id
    assert receipt.task_id == office.store.task("check").task_id
    assert office.last("task_taken_back").actor_id == REVIEWER.user_id
    day.do(REVIEWER, "check", "pass")
    assert day.open() == ["decide"]


def test_a_step_that_waits_at_a_join_is_taken_back_alone(day):
    day.to("review").do(REVIEWER, "review", "pass")
    kept = day.office.store.task("survey").task_id
    day.take(REVIEWER, done_of(day, "review"))
    assert day.open() == ["review", "survey"]
    assert day.office.store.task("survey").task_id == kept
    day.do(REVIEWER, "review", "pass")
    day.do(SURVEYOR, "survey")
    assert day.open() == ["check"]


def test_the_last_step_before_a_join_is_taken_back_and_the_others_opinions_stay(day):
    day.to("check")
    day.take(SURVEYOR, done_of(day, "survey"))
    assert day.open() == ["survey"]
    day.do(SURVEYOR, "survey")
    assert day.open() == ["check"]


def test_what_is_not_taken_back(day):
    day.to("review")
    accepted = done_of(day, "accept")
    with pytest.raises(NoWayBack, match="对外生效"):
        day.take(WINDOW, accepted)
    day.to("decide")
    checked = done_of(day, "check")
    with pytest.raises(NotAllowed, match="不是您办结"):
        day.take(APPROVER, checked)
    with pytest.raises(NotAllowed):
        day.take(APPROVER, day.office.store.task("decide").task_id)
    with pytest.raises(UnknownTask):
        day.take(REVIEWER, "nothing")
    day.office.claim(APPROVER, "decide")
    with pytest.raises(NoWayBack, match="已有人办理"):
        day.take(REVIEWER, checked)
    day.do(APPROVER, "decide", "granted")
    with pytest.raises(NoWayBack):
        day.take(REVIEWER, checked)
    with pytest.raises(NoWayBack, match="对外生效"):
        day.take(APPROVER, done_of(day, "decide"))
    day.do(WINDOW, "pack")
    day.do(WINDOW, "deliver")
    with pytest.raises(CaseClosed):
        day.take(WINDOW, done_of(day, "deliver"))


def test_an_applicants_step_is_not_taken_back(day):
    day.do(WINDOW, "accept", "supplement")
    day.do(CITIZEN, "fill")
    with pytest.raises(NotAllowed):
        day.take(CITIZEN, done_of(day, "fill"))


def test_a_step_done_anew_is_taken_back_by_its_last_round_only(day):
    day.to("decide")
    first = done_of(day, "check")
    day.back(APPROVER, "decide", "check")
    day.do(REVIEWER, "check", "pass")
    with pytest.raises(NoWayBack, match="后来又办理过"):
        day.take(REVIEWER, first)
    day.take(REVIEWER, done_of(day, "check"))
    assert day.open() == ["check"]


def test_all_in_one_hand_is_still_kept_apart(day):
    day.do(ALLROUNDER, "accept", "accepted")
    day.do(REVIEWER, "review", "pass")
    day.do(SURVEYOR, "survey")
    day.do(REVIEWER, "check", "pass")
    with pytest.raises(NotAllowed):
        day.back(ALLROUNDER, "decide", "check")
