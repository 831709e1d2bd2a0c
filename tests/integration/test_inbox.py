"""The inbox shows what its clerk may do, the most urgent first, in pages that miss and repeat nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from storage_samples import DAY, GROUP, NOW, OWNER, a_case, a_task, stored

from engine.errors import InvalidValue
from engine.records import Applicant, TaskRecord, TaskStatus
from engine.views import DueBounds, InboxCounts, InboxQuery
from storage.database import Database
from storage.queries import inbox_statements
from storage.queries.inbox import Inbox
from storage.uow import UnitOfWork

BOUNDS = DueBounds(now=NOW, today=NOW + DAY / 3, soon=NOW + 3 * DAY)
MINE = InboxQuery(user_id="u-wei", groups=frozenset({GROUP}))
OTHER_GROUP = f"{OWNER}:approver"


def ids(tasks: object) -> list[str]:
    return [task.task_id for task in tasks]


def shown(database: Database, query: InboxQuery) -> list[str]:
    return ids(Inbox(database).page(query, BOUNDS).rows)


def walked(database: Database, query: InboxQuery) -> list[str]:
    """Every row, page by page."""
    inbox, found = Inbox(database), []
    while True:
        page = inbox.page(query, BOUNDS)
        assert len(page.rows) <= query.limit
        assert not set(found) & set(ids(page.rows)), "a page repeats what came before"
        found += ids(page.rows)
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=page.next_cursor)


def test_least_time_left_first_then_what_does_not_run(database: Database) -> None:
    case = a_case()
    by_step = a_task(case, due_at=NOW + DAY, case_due_at=NOW + 5 * DAY)
    by_case = a_task(case, due_at=NOW + 3 * DAY, case_due_at=NOW + 2 * DAY)
    step_only = a_task(case, due_at=NOW + 4 * DAY, case_due_at=None)
    overdue = a_task(case, due_at=None, case_due_at=NOW - DAY)
    paused = a_task(case, due_at=NOW - 2 * DAY, paused=True, opened_at=NOW - 2 * DAY)
    endless = a_task(case, due_at=None, case_due_at=None, opened_at=NOW - 3 * DAY)
    expected = [overdue, by_step, by_case, step_only, endless, paused]
    tasks = list(expected)
    random.Random(1).shuffle(tasks)
    stored(database, case, tasks=tuple(tasks))
    assert shown(database, MINE) == ids(expected)


def test_changed_deadlines_move_a_task(database: Database) -> None:
    case, other = a_case(), a_case()
    task = a_task(case, due_at=NOW + 3 * DAY, case_due_at=NOW + 6 * DAY)
    endless = a_task(case, due_at=None, case_due_at=None, opened_at=NOW - 9 * DAY)
    fixed = a_task(other, due_at=NOW + 2 * DAY)
    stored(database, case, other, tasks=(task, endless, fixed))
    assert shown(database, MINE) == ids([fixed, task, endless])
    tied = sorted([task, endless], key=lambda one: one.task_id)
    expectations = [
        (NOW + DAY, False, [*tied, fixed]),
        (NOW + 9 * DAY, False, [fixed, task, endless]),
        (NOW + 9 * DAY, True, [fixed, endless, task]),
        (None, True, [fixed, endless, task]),
        (None, False, [fixed, task, endless]),
    ]
    for due_at, paused, expected in expectations:
        with UnitOfWork(database) as uow:
            uow.tasks.set_case_clock(case.case_no, due_at, paused)
            uow.commit()
        assert shown(database, MINE) == ids(expected), (due_at, paused)
        # the same place as a task that is written whole
        with UnitOfWork(database) as uow:
            for one in uow.tasks.open_of(case.case_no):
                uow.tasks.save(replace(one, version=one.version + 1))
            uow.commit()
        assert shown(database, MINE) == ids(expected), (due_at, paused)


def test_scopes(database: Database) -> None:
    case = a_case()
    open_task = a_task(case)
    my_claim = a_task(case, status=TaskStatus.CLAIMED, assignee_id="u-wei", due_at=NOW + DAY)
    their_claim = a_task(case, status=TaskStatus.CLAIMED, assignee_id="u-lu", due_at=NOW + 2 * DAY)
    elsewhere = a_task(case, group=OTHER_GROUP)
    my_claim_elsewhere = a_task(
        case, group=OTHER_GROUP, status=TaskStatus.CLAIMED, assignee_id="u-wei", due_at=NOW + 2 * DAY
    )
    done = [
        a_task(case, status=TaskStatus.DONE, assignee_id="u-wei", done_at=NOW - n * DAY, group=OTHER_GROUP)
        for n in range(3)
    ]
    their_done = a_task(case, status=TaskStatus.DONE, assignee_id="u-lu", done_at=NOW)
    gone = a_task(case, status=TaskStatus.CANCELLED)
    tasks = (open_task, my_claim, their_claim, elsewhere, my_claim_elsewhere, *reversed(done), their_done, gone)
    stored(database, case, tasks=tasks)
    assert shown(database, MINE) == ids([my_claim, their_claim, open_task])
    assert shown(database, replace(MINE, scope="claimable")) == ids([open_task])
    assert shown(database, replace(MINE, scope="mine")) == ids([my_claim, my_claim_elsewhere])
    assert walked(database, replace(MINE, scope="done", limit=2)) == ids(done)
    assert shown(database, replace(MINE, groups=frozenset())) == []
    assert Inbox(database).next_claimable(frozenset({GROUP, OTHER_GROUP})).task_id in ids([open_task, elsewhere])
    assert Inbox(database).next_claimable(frozenset({GROUP})) == open_task
    assert Inbox(database).next_claimable(frozenset({"x:y"})) is None
    assert Inbox(database).next_claimable(frozenset()) is None
    for query in ({"scope": "everything"}, {"due": "never"}):
        with pytest.raises(InvalidValue):
            shown(database, replace(MINE, **query))


def test_claiming_releasing_and_completing_move_a_task_between_scopes(database: Database) -> None:
    case = a_case()
    task = a_task(case)
    stored(database, case, tasks=(task,))
    states = [
        ({"status": TaskStatus.CLAIMED, "assignee_id": "u-wei"}, (True, False, True, False)),
        ({"status": TaskStatus.OPEN, "assignee_id": None}, (True, True, False, False)),
        ({"status": TaskStatus.DONE, "assignee_id": "u-wei", "done_at": NOW}, (False, False, False, True)),
    ]
    for version, (change, seen) in enumerate(states, start=2):
        with UnitOfWork(database) as uow:
            uow.tasks.save(replace(task, version=version, **change))
            uow.commit()
        scopes = ("group", "claimable", "mine", "done")
        assert tuple(bool(shown(database, replace(MINE, scope=scope))) for scope in scopes) == seen


def a_crowd(database: Database, size: int = 60) -> list[TaskRecord]:
    """Tasks of two groups, many with the same deadline, some without one."""
    dice = random.Random(2)
    case = a_case()
    tasks = []
    for _ in range(size):
        due_at = dice.choice([None, *(NOW + n * DAY for n in range(-2, 4))])
        tasks.append(
            a_task(
                case,
                due_at=due_at,
                case_due_at=dice.choice([None, NOW + DAY]),
                paused=dice.random() < 0.2,
                group=dice.choice([GROUP, OTHER_GROUP]),
                status=dice.choice([TaskStatus.OPEN, TaskStatus.CLAIMED]),
                opened_at=NOW - dice.randrange(3) * DAY,
            )
        )
    stored(database, case, tasks=tuple(tasks))
    return tasks


@pytest.mark.parametrize("limit", [1, 7, 59, 60, 61])
def test_pages_are_complete_and_repeat_nothing(database: Database, limit: int) -> None:
    tasks = a_crowd(database)
    both = replace(MINE, groups=frozenset({GROUP, OTHER_GROUP, "x:y"}), limit=limit)
    assert walked(database, both) == shown(database, replace(both, limit=200))
    assert sorted(walked(database, both)) == sorted(ids(tasks))
    one = replace(both, groups=frozenset({OTHER_GROUP}), scope="claimable")
    assert sorted(walked(database, one)) == sorted(
        task.task_id for task in tasks if task.group == OTHER_GROUP and task.status is TaskStatus.OPEN
    )


def test_a_page_follows_its_last_row_even_when_rows_before_it_go(database: Database) -> None:
    a_crowd(database)
    query = replace(MINE, limit=5)
    everything = shown(database, replace(query, limit=200))
    first = Inbox(database).page(query, BOUNDS)
    with UnitOfWork(database) as uow:
        for task in first.rows:
            uow.tasks.save(replace(task, status=TaskStatus.DONE, done_at=NOW, version=2))
        uow.commit()
    assert walked(database, replace(query, cursor=first.next_cursor)) == everything[5:]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "WzEsMiwzXQ", "bnVsbA", "WyJhIiwiYiJd", "é", "a" * 5000])
def test_a_forged_cursor_is_refused_by_name(database: Database, cursor: str) -> None:
    for scope in ("group", "done"):
        with pytest.raises(InvalidValue):
            shown(database, replace(MINE, scope=scope, cursor=cursor))


def test_filters(database: Database) -> None:
    energy = a_case()
    water = a_case(
        item_key="wanyuan-water",
        item_name="取水许可（100%自用_）",
        applicant=Applicant(name="Wanyuan Water 公司", id_number="1", phone="2"),
    )
    review = a_task(energy)
    visit = a_task(water, name="现场核查", org="511781-swj")
    stored(database, energy, water, tasks=(review, visit))
    found = {
        "item_key": ("wanyuan-water", [visit]),
        "step": ("审查", [review]),
        "org": ("511781-swj", [visit]),
    }
    for name, (value, expected) in found.items():
        assert shown(database, replace(MINE, **{name: value})) == ids(expected)
    texts = {
        water.case_no: [visit],
        water.case_no[-6:]: [visit] if energy.case_no[-6:] != water.case_no[-6:] else [review, visit],
        "节能": [review],
        "桂合食品": [review],
        " wanyuan WATER ": [visit],
        "100%自用_": [visit],
        "1_0": [],
        "%": [visit],
        "\\": [],
        "   ": [review, visit],
    }
    for text, expected in texts.items():
        assert set(shown(database, replace(MINE, text=text))) == set(ids(expected)), text
    with pytest.raises(InvalidValue):
        shown(database, replace(MINE, text="\x00"))


def test_due_filters_and_counts_agree(database: Database) -> None:
    tasks = a_crowd(database)
    inbox = Inbox(database)
    query = replace(MINE, groups=frozenset({GROUP, OTHER_GROUP}), limit=200)
    for scope in ("group", "claimable"):
        scoped = replace(query, scope=scope)
        counts = inbox.counts(scoped, BOUNDS)
        assert counts.group == len(tasks)
        assert counts.claimable == sum(task.status is TaskStatus.OPEN for task in tasks)
        for due in ("overdue", "today", "soon", "paused"):
            assert getattr(counts, due) == len(shown(database, replace(scoped, due=due))), (scope, due)
    running = [
        min(moment for moment in (task.due_at, task.case_due_at) if moment)
        for task in tasks
        if not task.paused and (task.due_at or task.case_due_at)
    ]
    counts = inbox.counts(query, BOUNDS)
    assert counts.overdue == sum(at < NOW for at in running) > 0
    assert counts.today == sum(NOW <= at <= BOUNDS.today for at in running) > 0
    assert counts.soon == sum(NOW <= at <= BOUNDS.soon for at in running) > counts.today
    assert counts.paused == sum(task.paused for task in tasks) > 0


def test_counts_of_ones_own(database: Database) -> None:
    case = a_case()
    mine = [
        a_task(case, status=TaskStatus.CLAIMED, assignee_id="u-wei", due_at=NOW - DAY, group=OTHER_GROUP),
        a_task(case, status=TaskStatus.CLAIMED, assignee_id="u-wei"),
    ]
    done = a_task(case, status=TaskStatus.DONE, assignee_id="u-wei", done_at=NOW)
    late = a_task(case, due_at=NOW - DAY)
    stored(database, case, tasks=(*mine, done, late))
    inbox = Inbox(database)
    expected = InboxCounts(group=2, claimable=1, mine=2, done=1, overdue=1, today=0, soon=1, paused=0)
    assert inbox.counts(MINE, BOUNDS) == expected
    assert inbox.counts(replace(MINE, scope="mine"), BOUNDS) == replace(expected, overdue=1, soon=1)
    assert inbox.counts(replace(MINE, groups=frozenset()), BOUNDS) == InboxCounts(0, 0, 2, 1, 0, 0, 0, 0)
    assert inbox.counts(replace(MINE, text="没有这个"), BOUNDS) == InboxCounts(0, 0, 0, 0, 0, 0, 0, 0)


def test_counting_stops_where_nobody_needs_the_number(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_statements, "COUNTED", 2)
    inbox_statements.counts_statement.cache_clear()
    case = a_case()
    many = [a_task(case, due_at=NOW - DAY) for _ in range(5)]
    mine = a_task(case, status=TaskStatus.CLAIMED, assignee_id="u-wei")
    stored(database, case, tasks=(*many, mine))
    counts = Inbox(database).counts(MINE, BOUNDS)
    inbox_statements.counts_statement.cache_clear()
    assert counts == InboxCounts(group=3, claimable=3, mine=1, done=0, overdue=3, today=0, soon=1, paused=0)


def test_choices(database: Database) -> None:
    energy, water = a_case(), a_case(item_key="wanyuan-water", item_name="取水许可")
    tasks = (
        a_task(energy),
        a_task(energy, name="受理"),
        a_task(water, name="现场核查", group=OTHER_GROUP),
        a_task(water, name="决定", status=TaskStatus.DONE, done_at=NOW),
    )
    stored(database, energy, water, tasks=tasks)
    inbox = Inbox(database)
    assert inbox.choices(frozenset({GROUP})) == ([(energy.item_key, energy.item_name)], ["受理", "审查"])
    items, steps = inbox.choices(frozenset({GROUP, OTHER_GROUP}))
    assert items == [("wanyuan-water", "取水许可"), (energy.item_key, energy.item_name)]
    assert steps == ["受理", "审查", "现场核查"]
    assert inbox.choices(frozenset()) == ([], [])


def test_choices_are_every_kind_there_is(database: Database) -> None:
    dice = random.Random(3)
    # an item may be published under a new name; steps of different items share names
    named = [("b-item", "甲"), ("b-item", "乙"), ("a-item", "甲"), ("c-item", "丙")]
    cases = [a_case(item_key=key, item_name=name) for key, name in named]
    groups = (GROUP, OTHER_GROUP, "x:y")
    tasks = [a_task(dice.choice(cases), name=dice.choice("受审决送"), group=dice.choice(groups)) for _ in range(40)]
    stored(database, *cases, tasks=tuple(tasks))
    for asked in ({GROUP}, {OTHER_GROUP, "x:y"}, set(groups), {"nobody:z"}, {"nobody:z", "x:y"}):
        mine = [task for task in tasks if task.group in asked]
        items, steps = Inbox(database).choices(frozenset(asked))
        assert {key for key, _ in items} == {task.item_key for task in mine}
        assert steps == sorted({task.name for task in mine})


def test_task_of_any_status(database: Database) -> None:
    case = a_case()
    task = a_task(case, status=TaskStatus.CANCELLED)
    stored(database, case, tasks=(task,))
    assert Inbox(database).task(task.task_id) == task
    assert Inbox(database).task("0" * 32) is None
