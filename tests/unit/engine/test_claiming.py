"""ClaimTask and ReleaseTask."""

from dataclasses import replace

import pytest

from engine.commands import ClaimTask, ReleaseTask
from engine.errors import AlreadyClaimed, NotAllowed, StaleVersion, TaskNotOpen, UnknownTask
from engine.records import TaskStatus
from tests.unit.engine.fakes import at
from tests.unit.engine.office import ALLROUNDER, CITIZEN, STRANGER, WINDOW, Office


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office.at("2026-09-15 09:30")


def release(office, actor, **more):
    return office.engine.execute(ReleaseTask(actor, office.store.task("受理").task_id, **more))


def test_a_claimed_task_is_in_one_persons_hands(office):
    receipt = office.claim(WINDOW, "受理", version=1)
    task = office.store.task("受理")
    assert (task.status, task.assignee_id, task.assignee_name) == (TaskStatus.CLAIMED, WINDOW.user_id, WINDOW.name)
    assert (task.claimed_at, task.version) == (at("2026-09-15 09:30"), 2)
    assert (receipt.task_status, receipt.task_version, receipt.opened) == ("claimed", 2, ())
    assert office.kinds()[-1] == "task_claimed"
    assert office.case.version == 2


def test_pressing_twice_changes_nothing_the_second_time(office):
    office.claim(WINDOW, "受理", version=1)
    before = office.store.tables.copy()
    assert office.claim(WINDOW, "受理", version=1).task_version == 2
    assert office.store.tables == before


def test_another_clerk_comes_too_late(office):
    office.claim(WINDOW, "受理")
    with pytest.raises(AlreadyClaimed, match=WINDOW.name):
        office.claim(ALLROUNDER, "受理", version=2)


@pytest.mark.parametrize("actor", [STRANGER, CITIZEN, replace(WINDOW, groups=frozenset())])
def test_only_the_group_may_claim(office, actor):
    with pytest.raises(NotAllowed):
        office.claim(actor, "受理")


def test_a_stale_version_and_an_unknown_task(office):
    with pytest.raises(StaleVersion):
        office.claim(WINDOW, "受理", version=0)
    with pytest.raises(UnknownTask):
        office.engine.execute(ClaimTask(WINDOW, "nothing"))


def test_a_finished_task_is_not_claimed(office):
    task = office.store.task("受理")
    office.complete(WINDOW, "受理", "accepted")
    with pytest.raises(TaskNotOpen):
        office.engine.execute(ClaimTask(WINDOW, task.task_id))


def test_an_applicants_task_is_not_claimed(office):
    office.complete(WINDOW, "受理", "supplement")
    with pytest.raises(NotAllowed, match="认领"):
        office.claim(CITIZEN, "补交材料")


def test_a_released_task_is_everybodys_again(office):
    office.claim(WINDOW, "受理")
    receipt = release(office, WINDOW, version=2)
    task = office.store.task("受理")
    assert (task.status, task.assignee_id, task.claimed_at, task.version) == (TaskStatus.OPEN, None, None, 3)
    assert (receipt.task_status, receipt.task_version) == ("open", 3)
    assert office.claim(ALLROUNDER, "受理").task_status == "claimed"
    assert office.store.tables.history[-2].facts["former_assignee_id"] == WINDOW.user_id


def test_only_who_holds_it_may_release_it(office):
    with pytest.raises(NotAllowed):
        release(office, WINDOW)
    office.claim(WINDOW, "受理")
    with pytest.raises(NotAllowed):
        release(office, ALLROUNDER)
    with pytest.raises(StaleVersion):
        release(office, WINDOW, version=1)


def test_who_accepted_cannot_claim_the_decision(office):
    office.complete(ALLROUNDER, "受理", "accepted")
    office.complete(ALLROUNDER, "审查", "pass")
    with pytest.raises(NotAllowed, match="受理"):
        office.claim(ALLROUNDER, "决定")
