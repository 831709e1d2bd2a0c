"""Engine.execute: one transaction per command, replayed by key, undone whole by whatever is raised."""

from dataclasses import replace

import pytest

from engine import events
from engine.audit import Head, verify
from engine.commands import CompleteTask, IdempotencyKey
from engine.errors import Collision, IdempotencyConflict, NotAllowed, StaleVersion
from engine.history import kind_of, line_of
from engine.service import RETRIES, new_id
from tests.unit.engine.fakes import Tables
from tests.unit.engine.office import CITIZEN, REVIEWER, WINDOW, Office

KEY = IdempotencyKey("k1", WINDOW.user_id, "h1")


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office


def disk_full(tables):
    raise OSError("disk full")


@pytest.mark.parametrize(
    "call",
    [
        "tasks.save",
        "tasks.add",
        "forms.put",
        "notices.add",
        "outbox.add",
        "history.append",
        "cases.save",
        "numbers.next",
    ],
)
def test_a_store_that_fails_in_the_middle_leaves_everything_as_it_was(office, call):
    before = office.store.tables.copy()
    office.store.before[call] = disk_full
    with pytest.raises(OSError, match="disk full"):
        office.complete(WINDOW, "受理", "accepted")
    assert office.store.calls[call]
    assert office.store.tables == before
    office.store.before.clear()
    assert office.complete(WINDOW, "受理", "accepted").opened


@pytest.mark.parametrize("collision", [Collision, StaleVersion])
def test_a_collision_with_another_act_is_settled_by_trying_again(office, collision):
    left = [collision()] * RETRIES

    def collide(tables):
        if left:
            raise left.pop()

    office.store.before["cases.save"] = collide
    assert office.complete(WINDOW, "受理", "accepted").opened
    assert not left
    (case,) = office.store.tables.cases.values()
    assert verify(office.store.tables.history, Head(case.history_seq, case.history_hash)) == ()


def test_trying_again_has_an_end(office):
    def collide(tables):
        raise Collision

    office.store.before["cases.save"] = collide
    with pytest.raises(Collision):
        office.complete(WINDOW, "受理", "accepted")
    assert office.store.calls["cases.save"] == RETRIES + 1


def test_who_named_the_version_he_saw_is_told_of_a_newer_one(office):
    task = office.store.task("受理")

    def collide(tables):
        raise StaleVersion

    office.store.before["cases.save"] = collide
    with pytest.raises(StaleVersion):
        office.engine.execute(CompleteTask(WINDOW, task.task_id, "accepted", version=task.version))
    assert office.store.calls["cases.save"] == 1


@pytest.mark.parametrize("call", ["cases.add", "tasks.add", "forms.put", "history.append"])
def test_a_case_is_opened_whole_or_not_at_all(call):
    office = Office()
    office.store.before[call] = disk_full
    with pytest.raises(OSError, match="disk full"):
        office.submit()
    assert office.store.tables == Tables()


def test_the_same_key_is_the_same_act(office):
    command = CompleteTask(WINDOW, office.store.task("受理").task_id, "accepted")
    first = office.engine.execute(command, KEY)
    before = office.store.tables.copy()
    assert office.engine.execute(command, KEY) == replace(first, replayed=True)
    assert office.store.tables == before
    assert not first.replayed


def test_a_key_used_for_another_request_is_refused(office):
    command = CompleteTask(WINDOW, office.store.task("受理").task_id, "accepted")
    office.engine.execute(command, KEY)
    with pytest.raises(IdempotencyConflict):
        office.engine.execute(command, replace(KEY, request_hash="h2"))


def test_a_refused_act_does_not_use_up_its_key(office):
    command = CompleteTask(CITIZEN, office.store.task("受理").task_id, "accepted")
    with pytest.raises(NotAllowed):
        office.engine.execute(command, KEY)
    assert office.engine.execute(replace(command, actor=WINDOW), KEY).opened


@pytest.mark.parametrize("call", ["tasks.save", "cases.save"])
def test_whoever_is_slower_is_told_so(office, call):
    """Another worker's commit between our reading and our writing: the store finds the version taken."""

    def overtaken(tables):
        table = getattr(tables, call.split(".")[0])
        (key,) = [key for key, record in table.items() if record.version == 1]
        table[key] = replace(table[key], version=2)

    before = office.store.tables.copy()
    office.store.before[call] = overtaken
    with pytest.raises(StaleVersion):
        office.claim(WINDOW, "受理")
    assert office.store.tables == before


def test_every_case_has_one_unbroken_history(office):
    office.submit()
    for task in list(office.store.open_tasks()):
        office.claim(WINDOW, task.task_id)
        office.complete(WINDOW, task.task_id, "accepted", form={"note": "机密"})
    for case in office.store.tables.cases.values():
        entries = office.store.history_of(case.case_no)
        assert verify(entries, Head(case.history_seq, case.history_hash)) == ()
        assert case.version == 3
    assert "机密" not in str(office.store.tables.history)


def test_an_act_that_changes_nothing_writes_nothing(office):
    office.claim(WINDOW, "受理")
    office.store.calls.clear()
    office.claim(WINDOW, "受理")
    assert set(office.store.calls) == {"cases.lock_of_task", "tasks.open_of"}


def test_ids_are_random_hex():
    assert len({new_id() for _ in range(100)}) == 100
    assert all(len(one) == 32 and int(one, 16) for one in (new_id() for _ in range(10)))


def is_told(kind):
    try:
        return line_of(object.__new__(kind)) is not None
    except AttributeError:  # it looked for facts in the empty event
        return True


def test_every_event_is_told_or_left_out_on_purpose():
    kinds = [one for one in vars(events).values() if isinstance(one, type) and issubclass(one, events.Event)]
    silent = {kind.__name__ for kind in kinds if kind is not events.Event and not is_told(kind)}
    assert silent == {"CaseChanged", "FormSaved", "DraftUsed", "RemarkMade"} | {
        "GrantGiven",
        "GrantRevoked",
        "TaskDated",
        "TaskRescheduled",
        "TimerRescheduled",
    }
    assert kind_of(object.__new__(events.TaskCompleted)) == "task_completed"


def test_a_reviewer_sees_his_name_in_the_history(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    assert [e.actor_name for e in office.store.tables.history if e.kind == "task_completed"] == ["陈窗", "黎审"]
