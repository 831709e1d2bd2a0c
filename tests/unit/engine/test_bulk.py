"""Many acts at once, and the hand-over of everything that somebody who leaves holds."""

from datetime import timedelta

import pytest

from engine.bulk import each, hand_over, on_tasks
from engine.commands import ClaimTask, DelegateTask, GiveGrant
from engine.errors import InvalidValue
from engine.grants import GrantKind
from engine.records import TaskStatus
from tests.unit.engine.office import (
    ADMINISTRATOR,
    ALLROUNDER,
    REVIEWER,
    SECOND_WINDOW,
    STRANGER,
    SURVEYOR,
    WINDOW,
    Office,
)


class Lists:
    """The store's lists that a hand-over reads."""

    def __init__(self, store):
        self.store = store

    def in_hands(self, user_id):
        return [
            task
            for task in self.store.open_tasks()
            if task.status is TaskStatus.CLAIMED
            and (task.assignee_id == user_id or (task.delegated and task.principal_id == user_id))
        ]

    def grants_of(self, user_id):
        grants = self.store.tables.grants.values()
        return [one for one in grants if user_id in (one.principal_id, one.agent_id) and one.task_id is None]


@pytest.fixture
def office():
    office = Office()
    for _ in range(3):
        office.submit()
    return office.at("2026-09-15 09:30")


def ids(office):
    return [task.task_id for task in office.store.open_tasks()]


def test_what_one_refuses_the_others_do(office):
    first, second, third = ids(office)
    office.engine.execute(ClaimTask(SECOND_WINDOW, second))
    results = each(office.engine.execute, on_tasks(WINDOW, "claim", [first, second, "none", third, first]))
    assert [(one.about, one.error.code if one.error else None) for one in results] == [
        (first, None),
        (second, "already_claimed"),
        ("none", "unknown_task"),
        (third, None),
    ]
    results = each(office.engine.execute, on_tasks(WINDOW, "transfer", [first, second], SECOND_WINDOW.user_id))
    assert [one.error is None for one in results] == [True, False]
    results = each(office.engine.execute, on_tasks(WINDOW, "release", [third]))
    assert results[0].receipt.task_status == "open"


@pytest.mark.parametrize(
    ("action", "task_ids", "to"),
    [("claim", [], None), ("claim", ["x"] * 1 + [str(n) for n in range(200)], None), ("transfer", ["x"], None),
     ("complete", ["x"], None)],
)  # fmt: skip
def test_what_is_no_bulk_act(action, task_ids, to):
    with pytest.raises(InvalidValue):
        on_tasks(WINDOW, action, task_ids, to)


def held(office):
    """Three tasks: one claimed, one delegated away, one delegated to him; and two grants."""
    first, second, third = ids(office)
    office.engine.execute(ClaimTask(WINDOW, first))
    office.engine.execute(DelegateTask(WINDOW, second, SURVEYOR.user_id))
    office.engine.execute(DelegateTask(SECOND_WINDOW, third, WINDOW.user_id))
    ends_at = office.clock.now() + timedelta(days=5)
    for principal, agent in ((WINDOW, SURVEYOR), (REVIEWER, WINDOW)):
        command = GiveGrant(principal, GrantKind.STAND_IN, principal.user_id, agent.user_id, ends_at)
        office.engine.execute(command)
    return first, second, third


@pytest.mark.parametrize("to", [ALLROUNDER, None])
def test_everything_that_a_leaving_person_holds_is_handed_over(office, to):
    tasks = held(office)
    acts = hand_over(Lists(office.store), ADMINISTRATOR, WINDOW.user_id, to.user_id if to else None, "调离")
    results = each(office.engine.execute, acts)
    assert [one.error for one in results] == [None] * 5
    now = [office.store.tables.tasks[one] for one in tasks]
    assert {task.assignee_id for task in now} == {to.user_id if to else None}
    assert not any(task.delegated or task.grant_id for task in now)
    assert not any(grant.in_force(office.clock.now()) for grant in office.store.tables.grants.values())
    assert not hand_over(Lists(office.store), ADMINISTRATOR, WINDOW.user_id, None, None)


def test_only_an_administrator_hands_over(office):
    held(office)
    before = office.store.tables.copy()
    acts = hand_over(Lists(office.store), STRANGER, WINDOW.user_id, ALLROUNDER.user_id, None)
    assert all(one.error is not None for one in each(office.engine.execute, acts))
    assert office.store.tables == before


def test_what_the_heir_may_not_do_stays_where_it_is(office):
    (first, *_) = ids(office)
    office.engine.execute(ClaimTask(WINDOW, first))
    acts = hand_over(Lists(office.store), ADMINISTRATOR, WINDOW.user_id, REVIEWER.user_id, None)
    (result,) = each(office.engine.execute, acts)
    assert "不在“受理”的办理岗位" in result.error.message
    assert office.store.tables.tasks[first].assignee_id == WINDOW.user_id
