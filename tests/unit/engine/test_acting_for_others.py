"""Delegation, stand-ins and chief representatives: who acts, for whom, and by which grant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.audit import Head, verify
from engine.commands import (
    DelegateTask,
    GiveGrant,
    HandBackTask,
    RecallTask,
    ReleaseTask,
    RevokeGrant,
    TransferTask,
)
from engine.errors import (
    AlreadyClaimed,
    InvalidForm,
    InvalidValue,
    NotAllowed,
    OpinionRequired,
    StaleVersion,
    UnknownGrant,
    UnknownItem,
    UnknownUser,
)
from engine.grants import GrantKind
from engine.records import TaskStatus
from tests.unit.engine.fakes import at
from tests.unit.engine.office import (
    ADMINISTRATOR,
    ALLROUNDER,
    APPROVER,
    BUREAU,
    ITEM,
    REVIEWER,
    SECOND_WINDOW,
    SECTION,
    STRANGER,
    SURVEYOR,
    WINDOW,
    Office,
)


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office.at("2026-09-15 09:30")


def task_act(office, command, actor, *args, name="受理", **more):
    return office.do(command, actor, office.store.task(name).task_id, *args, **more)


def delegate(office, actor, to, **more):
    return task_act(office, DelegateTask, actor, to.user_id, **more)


def give(office, principal, agent, kind=GrantKind.STAND_IN, actor=None, days=5, **more):
    terms = {"ends_at": office.clock.now() + timedelta(days=days)} | more
    return office.do(GiveGrant, actor or principal, kind, principal.user_id, agent.user_id, **terms).made[0]


# -- delegation


def test_a_delegated_task_is_worked_by_the_colleague_and_concluded_by_the_principal(office):
    office.claim(WINDOW, "受理")
    delegate(office, WINDOW, SURVEYOR, note="请核对图件", version=2)
    task = office.store.task("受理")
    assert (task.status, task.assignee_id, task.principal_id) == (
        TaskStatus.CLAIMED,
        SURVEYOR.user_id,
        WINDOW.user_id,
    )
    (grant,) = office.store.tables.grants.values()
    assert (grant.kind, grant.task_id, task.grant_id, task.delegated) == (
        GrantKind.TASK,
        task.task_id,
        grant.grant_id,
        True,
    )
    for actor in (WINDOW, SURVEYOR):
        with pytest.raises(NotAllowed, match="委派"):
            office.complete(actor, "受理", "accepted")
    task_act(office, HandBackTask, SURVEYOR, "图件无误", form={"level": 2})
    back = office.store.task("受理")
    assert (back.assignee_id, back.principal_id, back.grant_id, back.delegated) == (WINDOW.user_id, None, None, False)
    assert office.store.tables.grants[grant.grant_id].revoked_by == SURVEYOR.user_id
    assert [remark.text for remark in office.store.tables.remarks] == ["请核对图件", "图件无误"]
    assert office.store.tables.forms[-1].values == {"level": 2}
    told = office.last("task_handed_back")
    assert told.actor_id == SURVEYOR.user_id
    assert told.facts["on_behalf"] == {
        "user_id": WINDOW.user_id,
        "name": WINDOW.name,
        "grant_id": grant.grant_id,
        "kind": "task",
    }
    assert office.complete(WINDOW, "受理", "accepted").opened
    assert "on_behalf" not in office.last("task_completed").facts
    case = office.case
    assert verify(office.store.history_of(case.case_no), Head(case.history_seq, case.history_hash)) == ()


def test_a_delegated_task_may_be_recalled(office):
    delegate(office, WINDOW, SURVEYOR)
    for actor in (SECOND_WINDOW, SURVEYOR):
        with pytest.raises(NotAllowed):
            task_act(office, RecallTask, actor)
    with pytest.raises(StaleVersion):
        task_act(office, RecallTask, WINDOW, version=1)
    task_act(office, RecallTask, WINDOW, version=2)
    assert office.store.task("受理").assignee_id == WINDOW.user_id
    assert office.last("task_recalled")
    with pytest.raises(NotAllowed, match="不是委派给您"):
        task_act(office, HandBackTask, SURVEYOR, "好了")
    with pytest.raises(NotAllowed, match="不是由您委派"):
        task_act(office, RecallTask, WINDOW)


def test_a_delegated_task_goes_nowhere_else(office):
    delegate(office, WINDOW, SURVEYOR)
    for actor in (WINDOW, SURVEYOR):
        with pytest.raises(NotAllowed, match="须先交回"):
            task_act(office, TransferTask, actor, SECOND_WINDOW.user_id)
    for actor in (WINDOW, SURVEYOR):
        with pytest.raises(NotAllowed):
            task_act(office, ReleaseTask, actor)
        with pytest.raises(NotAllowed):
            delegate(office, actor, ALLROUNDER)
    with pytest.raises(AlreadyClaimed):
        office.claim(WINDOW, "受理")


def test_whoever_worked_a_delegated_task_counts_as_its_handler(office):
    approving = replace(SURVEYOR, groups=SURVEYOR.groups | APPROVER.groups)
    office.store.tables.people[approving.user_id] = approving
    delegate(office, WINDOW, approving)
    task_act(office, HandBackTask, approving, "可以受理")
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    with pytest.raises(NotAllowed, match="您已办理过“受理”"):
        office.complete(approving, "决定", "granted")
    office.complete(APPROVER, "决定", "granted")


def test_one_who_only_held_a_recalled_task_has_not_handled_it(office):
    approving = replace(SURVEYOR, groups=SURVEYOR.groups | APPROVER.groups)
    office.store.tables.people[approving.user_id] = approving
    delegate(office, WINDOW, approving)
    task_act(office, RecallTask, WINDOW)
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    assert office.complete(approving, "决定", "granted").opened


def test_to_whom_a_task_may_be_delegated(office):
    with pytest.raises(InvalidValue, match="自己"):
        delegate(office, WINDOW, WINDOW)
    with pytest.raises(NotAllowed, match="不是办理单位"):
        delegate(office, WINDOW, ADMINISTRATOR)
    with pytest.raises(UnknownUser):
        delegate(office, WINDOW, replace(WINDOW, user_id="nobody"))
    with pytest.raises(NotAllowed):
        delegate(office, STRANGER, SURVEYOR)
    office.complete(ALLROUNDER, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    with pytest.raises(NotAllowed, match="全能已办理过“受理”"):
        delegate(office, APPROVER, ALLROUNDER, name="决定")


def test_what_must_be_said_when_it_goes_back(office):
    delegate(office, WINDOW, SURVEYOR)
    with pytest.raises(OpinionRequired):
        task_act(office, HandBackTask, SURVEYOR, "  ")
    with pytest.raises(StaleVersion):
        task_act(office, HandBackTask, SURVEYOR, "好了", version=1)


def test_a_form_comes_back_only_where_there_is_one(office):
    office.complete(WINDOW, "受理", "accepted")
    office.claim(REVIEWER, "审查")
    helper = replace(SURVEYOR, groups=frozenset({f"{SECTION}:surveyor"}))
    office.store.tables.people[helper.user_id] = helper
    delegate(office, REVIEWER, helper, name="审查")
    with pytest.raises(InvalidForm):
        task_act(office, HandBackTask, helper, "好了", name="审查", form={"x": 1})


@pytest.mark.parametrize("move", [(TransferTask, SECOND_WINDOW.user_id), (ReleaseTask,)])
def test_an_administrator_moves_even_what_is_delegated(office, move):
    delegate(office, WINDOW, SURVEYOR)
    task_act(office, move[0], ADMINISTRATOR, *move[1:])
    task = office.store.task("受理")
    assert (task.assignee_id, task.delegated, task.grant_id) == (move[1] if move[1:] else None, False, None)
    (grant,) = office.store.tables.grants.values()
    assert grant.revoked_by == ADMINISTRATOR.user_id


# -- stand-ins


def test_a_stand_in_works_the_absent_persons_group_and_it_is_recorded(office):
    key = give(office, WINDOW, SURVEYOR)
    office.claim(SURVEYOR, "受理")
    task = office.store.task("受理")
    assert (task.assignee_id, task.principal_id, task.grant_id, task.delegated) == (
        SURVEYOR.user_id,
        WINDOW.user_id,
        key,
        False,
    )
    office.complete(SURVEYOR, "受理", "accepted")
    done = next(task for task in office.store.tables.tasks.values() if task.status is TaskStatus.DONE)
    assert (done.assignee_id, done.principal_id, done.grant_id) == (SURVEYOR.user_id, WINDOW.user_id, key)
    told = office.last("task_completed")
    assert (told.actor_id, told.facts["on_behalf"]["grant_id"]) == (SURVEYOR.user_id, key)


def test_a_stand_in_takes_over_what_the_absent_person_holds(office):
    office.claim(WINDOW, "受理")
    with pytest.raises(AlreadyClaimed):
        office.complete(SECOND_WINDOW, "受理", "accepted")
    key = give(office, WINDOW, SECOND_WINDOW, actor=ADMINISTRATOR)
    office.complete(SECOND_WINDOW, "受理", "accepted")
    assert office.last("task_completed").facts["on_behalf"]["grant_id"] == key


def test_in_his_own_right_a_stand_in_acts_for_himself(office):
    give(office, WINDOW, SECOND_WINDOW)
    office.complete(SECOND_WINDOW, "受理", "accepted")
    assert "on_behalf" not in office.last("task_completed").facts


def test_a_grant_lasts_for_its_term(office):
    give(office, WINDOW, SURVEYOR, starts_at=at("2026-09-16 00:00"), ends_at=at("2026-09-18 00:00"))
    for moment in ("2026-09-15 23:59", "2026-09-18 00:00"):
        with pytest.raises(NotAllowed):
            office.at(moment).claim(SURVEYOR, "受理")
    assert office.at("2026-09-17 23:59").claim(SURVEYOR, "受理")
    with pytest.raises(NotAllowed):
        office.at("2026-09-18 00:00").complete(SURVEYOR, "受理", "accepted")
    assert office.complete(WINDOW, "受理", "accepted").opened, "what the stand-in held is the principal's again"


def test_a_grant_reaches_no_further_than_its_scope(office):
    give(office, WINDOW, SURVEYOR, items=(ITEM.key,), groups=(f"{BUREAU}:window",))
    assert office.claim(SURVEYOR, "受理")
    task_act(office, ReleaseTask, SURVEYOR)
    (key,) = office.store.tables.grants
    for change in ({"items": ("other",)}, {"groups": ("x:window",)}, {"task_id": "x", "kind": GrantKind.TASK}):
        kept = office.store.tables.grants[key]
        office.store.tables.grants[key] = replace(kept, **change)
        with pytest.raises(NotAllowed):
            office.claim(SURVEYOR, "受理")
        office.store.tables.grants[key] = kept


def test_nobody_gives_what_he_has_no_longer(office):
    give(office, WINDOW, SURVEYOR)
    office.store.tables.people[WINDOW.user_id] = replace(WINDOW, groups=frozenset())
    with pytest.raises(NotAllowed):
        office.claim(SURVEYOR, "受理")
    office.dismiss(WINDOW)
    with pytest.raises(NotAllowed):
        office.claim(SURVEYOR, "受理")


def test_separation_of_duties_binds_both_the_agent_and_the_principal(office):
    office.complete(ALLROUNDER, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    give(office, ALLROUNDER, SURVEYOR)
    with pytest.raises(NotAllowed, match="全能已办理过“受理”"):
        office.complete(SURVEYOR, "决定", "granted")
    give(office, APPROVER, REVIEWER)
    with pytest.raises(NotAllowed, match="您已办理过“审查”"):
        office.complete(REVIEWER, "决定", "granted")


def test_who_had_it_done_for_him_has_done_it(office):
    give(office, ALLROUNDER, SURVEYOR)
    office.complete(SURVEYOR, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    with pytest.raises(NotAllowed, match="您已办理过“受理”"):
        office.complete(ALLROUNDER, "决定", "granted")


def test_a_stand_in_satisfies_the_same_person_rule_for_the_absent(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    office.complete(APPROVER, "决定", "granted")
    with pytest.raises(NotAllowed):
        office.complete(SECOND_WINDOW, "送达")
    give(office, WINDOW, SURVEYOR)
    assert office.complete(SURVEYOR, "送达").finished


def test_what_was_given_is_not_passed_on(office):
    give(office, WINDOW, SURVEYOR)
    office.claim(SURVEYOR, "受理")
    with pytest.raises(NotAllowed, match="不能再委派"):
        delegate(office, SURVEYOR, SECOND_WINDOW)


# -- giving and taking away


def test_a_grant_is_given_by_its_principal_or_an_administrator(office):
    for actor in (SECOND_WINDOW, SURVEYOR, APPROVER):
        with pytest.raises(NotAllowed, match="陈窗本人"):
            give(office, WINDOW, SURVEYOR, actor=actor)
    key = give(office, WINDOW, SURVEYOR, actor=ADMINISTRATOR)
    grant = office.store.tables.grants[key]
    assert (grant.given_by, grant.groups, grant.starts_at) == (
        ADMINISTRATOR.user_id,
        (f"{BUREAU}:window",),
        office.clock.now(),
    )
    assert office.kinds() == ["case_submitted", "milestone_reached", "task_opened"], "it belongs to no case"


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"days": 0}, InvalidValue, "截止时间"),
        ({"days": 367}, InvalidValue, "一年"),
        ({"starts_at": at("2027-01-01 00:00")}, InvalidValue, "截止时间"),
        ({"groups": (f"{BUREAU}:approver",)}, InvalidValue, "没有“450721-spj:approver”"),
        ({"items": ("nothing",)}, UnknownItem, "没有这个事项"),
        ({"kind": GrantKind.REPRESENTATIVE}, InvalidValue, "授权文书"),
        ({"kind": GrantKind.TASK}, InvalidValue, "委派"),
        ({"agent": WINDOW}, InvalidValue, "自己"),
        ({"agent": replace(WINDOW, user_id="x")}, UnknownUser, "没有这位"),
    ],
)
def test_what_is_wrong_with_a_grant(office, more, error, words):
    given = {"agent": SURVEYOR} | more
    with pytest.raises(error, match=words):
        give(office, WINDOW, given.pop("agent"), **given)
    assert not office.store.tables.grants


def test_a_chief_representative_decides_by_letter_of_authority(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    key = give(office, APPROVER, SECOND_WINDOW, GrantKind.REPRESENTATIVE, days=366, basis="灵审授〔2026〕3号")
    office.complete(SECOND_WINDOW, "决定", "granted")
    assert office.last("task_completed").facts["on_behalf"]["kind"] == "representative"
    assert office.store.tables.grants[key].basis == "灵审授〔2026〕3号"


@pytest.mark.parametrize("actor", [WINDOW, SURVEYOR, ADMINISTRATOR])
def test_a_grant_is_taken_away_at_once(office, actor):
    key = give(office, WINDOW, SURVEYOR)
    office.claim(SURVEYOR, "受理")
    with pytest.raises(NotAllowed):
        office.do(RevokeGrant, SECOND_WINDOW, key)
    office.do(RevokeGrant, actor, key)
    taken = office.store.tables.grants[key]
    assert (taken.revoked_at, taken.revoked_by) == (office.clock.now(), actor.user_id)
    with pytest.raises(NotAllowed):
        office.complete(SURVEYOR, "受理", "accepted")
    office.at("2026-09-15 10:00").do(RevokeGrant, WINDOW, key)
    assert office.store.tables.grants[key] == taken
    with pytest.raises(UnknownGrant):
        office.do(RevokeGrant, WINDOW, "none")


def test_a_delegation_is_recalled_not_revoked(office):
    delegate(office, WINDOW, SURVEYOR)
    (key,) = office.store.tables.grants
    with pytest.raises(NotAllowed, match="收回"):
        office.do(RevokeGrant, WINDOW, key)
