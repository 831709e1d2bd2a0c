"""The board's numbers are those of a slow, obvious count, and of the lists behind them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from storage_samples import DAY, NOW, a_case, a_task
from test_query_plans import assert_walks, plan

from engine.deadlines import watched_due
from engine.errors import InvalidValue
from engine.records import APPLICANT_GROUP, CaseClock, CaseRecord, CaseStatus, TaskRecord, TaskStatus, WarningRecord
from engine.supervision import BoardMoments, Selection, Share, SupervisedQuery
from storage.database import Database
from storage.queries import board_statements as sql
from storage.queries.supervision import SupervisionQueries, _listed
from storage.tables import cases
from storage.uow import UnitOfWork

ORGS = ["450721-spj", "450721-fgj", "450721-mzj", "450722-spj"]
SUPERVISED = frozenset(ORGS[:3])
TODAY = NOW - timedelta(hours=9, minutes=30)
WEEKS = tuple(TODAY - 2 * DAY - timedelta(weeks=n) for n in reversed(range(12)))
MOMENTS = BoardMoments(NOW, TODAY, TODAY - DAY, NOW - DAY, TODAY - 13 * DAY, WEEKS)
ITEMS = {"energy": "节能审查", "water": "取水许可", "hygiene": "公共场所卫生许可"}


class Town:
    """Cases of every kind, in memory and in the database."""

    def __init__(self, database: Database, seed: int) -> None:
        self.chance = random.Random(seed)
        self.cases: list[CaseRecord] = []
        self.tasks: list[TaskRecord] = []
        for _ in range(120):
            self._case()
        with UnitOfWork(database) as uow:
            for case in self.cases:
                uow.cases.add(case)
            uow.tasks.add(self.tasks)
            uow.commit()
        with UnitOfWork(database) as uow:
            for card in self._cards():
                uow.warnings.add(card)
            uow.commit()

    def _near(self, spread: float = 6) -> timedelta:
        return timedelta(days=self.chance.uniform(-spread, spread))

    def _case(self) -> None:
        key = self.chance.choice(list(ITEMS))
        due = NOW + self._near()
        clock = self.chance.choice(list(CaseClock))
        case = a_case(
            item_key=key,
            item_name=ITEMS[key],
            owner_org=self.chance.choice(ORGS),
            submitted_at=NOW - 90 * DAY - self._near(),
            accepted_at=None if clock is CaseClock.NOT_STARTED else NOW - abs(self._near(3)),
            clock=clock,
            promised_due_at=due if clock is not CaseClock.PAUSED and self.chance.random() < 0.7 else None,
            statutory_due_at=due + 3 * DAY if clock is not CaseClock.PAUSED and self.chance.random() < 0.8 else None,
            warn_at=due - 2 * DAY if clock is CaseClock.RUNNING else None,
        )
        if clock is CaseClock.STOPPED:
            decided = NOW - abs(self._near(60)) if self.chance.random() < 0.9 else None
            late = timedelta(days=self.chance.uniform(-3, 1))
            case = replace(
                case,
                status=CaseStatus.CONCLUDED,
                concluded_at=(decided or NOW - abs(self._near(40))) + timedelta(minutes=0),
                decided_at=decided,
                promised_due_at=decided - late if decided and self.chance.random() < 0.8 else case.promised_due_at,
            )
        self.cases.append(case)
        for _ in range(self.chance.randrange(3)):
            self._task(case)

    def _task(self, case: CaseRecord) -> None:
        due = NOW + self._near() if self.chance.random() < 0.8 else None
        over = case.clock is CaseClock.STOPPED or self.chance.random() < 0.3
        outside = self.chance.random() < 0.15
        self.tasks.append(
            a_task(
                case,
                group=APPLICANT_GROUP if outside else "x:reviewer",
                org=None if outside else self.chance.choice(ORGS),
                status=TaskStatus.DONE if over else TaskStatus.OPEN,
                paused=case.clock is CaseClock.PAUSED,
                due_at=due,
                warn_at=due - DAY if due else None,
                case_due_at=watched_due(case) if case.clock is CaseClock.RUNNING else None,
            )
        )

    def _cards(self) -> Iterator[WarningRecord]:
        """Every card that the ticker would have raised by now."""
        for case in self.cases:
            if case.clock is CaseClock.RUNNING and (level := level_of(case.warn_at, watched_due(case))):
                yield WarningRecord(case.case_no, "case", level, NOW, watched_due(case) or NOW, case.owner_org, None)
        for task in self.tasks:
            if task.status is TaskStatus.OPEN and (level := level_of(task.warn_at, task.due_at)):
                yield WarningRecord(task.case_no, task.task_id, level, NOW, task.due_at or NOW, task.org, None)

    # ---- the obvious count

    def steps(self, case: CaseRecord) -> list[TaskRecord]:
        return [
            task
            for task in self.tasks
            if task.case_no == case.case_no and task.status is TaskStatus.OPEN and task.org is not None
        ]

    def open(self) -> set[tuple[str, str, str]]:
        """``(organisation, item, case)`` of every case that lies with an organisation supervised."""
        found = set()
        for case in self.cases:
            lies = [task.org for task in self.steps(case)]
            if not lies and case.concluded_at is None:
                lies = [case.owner_org]
            found |= {(org, case.item_key, case.case_no) for org in lies if org in SUPERVISED}
        return found

    def level(self, case: CaseRecord, org: str | None = None) -> int:
        """2 red, 1 yellow, 0: the worst that stands where ``org``, or anybody supervised, has it."""
        here = SUPERVISED if org is None else {org}
        steps = [task for task in self.steps(case) if task.org in here]
        levels = [level_of(task.warn_at, task.due_at) for task in steps]
        lies = bool(steps) or (not self.steps(case) and case.owner_org in here)
        if case.clock is CaseClock.RUNNING and lies:
            levels.append(level_of(case.warn_at, watched_due(case)))
        return max({"red": 2, "yellow": 1}.get(level or "", 0) for level in [*levels, None])

    def with_level(self, level: int) -> set[str]:
        return {case.case_no for case in self.cases if self.level(case) == level}

    def concluded(self) -> list[CaseRecord]:
        return [case for case in self.cases if case.concluded_at and case.owner_org in SUPERVISED]

    def share(self, since, until=NOW + DAY, org=None) -> Share:
        timed = [c for c in self.concluded() if watched_due(c) and since <= c.concluded_at < until]
        timed = [c for c in timed if org in (None, c.owner_org)]
        return Share(len(timed), sum((c.decided_at or c.concluded_at) <= watched_due(c) for c in timed))


def level_of(warn_at, due_at):
    if due_at is None:
        return None
    return "red" if due_at <= NOW else "yellow" if warn_at is not None and warn_at <= NOW else None


@pytest.fixture(params=range(3))
def town(database: Database, request: pytest.FixtureRequest) -> Town:
    return Town(database, request.param)


def listed(queries: SupervisionQueries, selection: Selection, **narrowed: object) -> list[str]:
    """The whole list, page by page; its rows are as many as it says."""
    found, cursor = [], None
    query = SupervisedQuery(selection, SUPERVISED, NOW, limit=7, **narrowed)
    while True:
        page = queries.cases(replace(query, cursor=cursor))
        found += [row.case.case_no for row in page.rows]
        if page.next_cursor is None:
            assert queries.count(query) == len(found) == len(set(found))
            return found
        cursor = page.next_cursor


def test_numbers_of_the_board(database: Database, town: Town) -> None:
    board = SupervisionQueries(database).board(SUPERVISED, MOMENTS)
    accepted = [c.accepted_at for c in town.cases if c.accepted_at and c.owner_org in SUPERVISED]
    concluded = [c.concluded_at for c in town.concluded()]
    assert board.accepted == sum(at >= TODAY for at in accepted)
    assert board.accepted_yesterday == sum(TODAY - DAY <= at < NOW - DAY for at in accepted)
    assert board.concluded == sum(at >= TODAY for at in concluded)
    assert board.concluded_yesterday == sum(TODAY - DAY <= at < NOW - DAY for at in concluded)
    assert board.month == town.share(MOMENTS.month)
    assert dict(board.agencies) == {
        org: share for org in SUPERVISED if (share := town.share(MOMENTS.month, org=org)).total
    }
    ends = [*WEEKS[1:], NOW + DAY]
    assert board.weeks == [town.share(since, until) for since, until in zip(WEEKS, ends, strict=True)]
    assert sum(week.total for week in board.weeks) > 5
    assert (board.yellow, board.red) == (len(town.with_level(1)), len(town.with_level(2)))
    assert board.yellow
    assert board.red


def test_cells_of_the_heat_map(database: Database, town: Town) -> None:
    board = SupervisionQueries(database).board(SUPERVISED, MOMENTS)
    known = {case.case_no: case for case in town.cases}
    opened = Counter((org, item) for org, item, _ in town.open())
    levels = Counter((org, item, town.level(known[number], org)) for org, item, number in town.open())
    assert {(cell.org, cell.item_key): cell.open for cell in board.cells} == opened
    for cell in board.cells:
        assert cell.yellow == levels[cell.org, cell.item_key, 1]
        assert cell.red == levels[cell.org, cell.item_key, 2]
        assert cell.item_name == ITEMS[cell.item_key]


def test_every_number_is_the_length_of_the_list_behind_it(database: Database, town: Town) -> None:
    queries = SupervisionQueries(database)
    board = queries.board(SUPERVISED, MOMENTS)
    assert len(listed(queries, Selection.ACCEPTED, since=TODAY)) == board.accepted
    assert len(listed(queries, Selection.CONCLUDED, since=TODAY)) == board.concluded
    assert len(listed(queries, Selection.TIMED, since=MOMENTS.month)) == board.month.total
    assert len(listed(queries, Selection.ON_TIME, since=MOMENTS.month)) == board.month.on_time
    late = listed(queries, Selection.LATE, since=MOMENTS.month)
    assert len(late) == board.month.total - board.month.on_time
    assert set(listed(queries, Selection.YELLOW)) == town.with_level(1)
    assert set(listed(queries, Selection.RED)) == town.with_level(2)
    assert set(listed(queries, Selection.OPEN)) == {number for *_, number in town.open()}
    for cell in board.cells:
        here = {"org": cell.org, "item_key": cell.item_key}
        assert len(listed(queries, Selection.OPEN, **here)) == cell.open
        assert len(listed(queries, Selection.YELLOW, **here)) == cell.yellow
        assert len(listed(queries, Selection.RED, **here)) == cell.red


def test_the_most_pressing_stands_first_with_the_steps_it_waits_for(database: Database, town: Town) -> None:
    page = SupervisionQueries(database).cases(SupervisedQuery(Selection.RED, SUPERVISED, NOW, limit=200))
    dues = [row.due_at for row in page.rows]
    assert dues == sorted(dues)
    for row in page.rows:
        assert row.due_at <= NOW
        assert {task.task_id for task in row.tasks} == {task.task_id for task in town.steps(row.case)}
        assert row.case.state == b""


def test_nothing_outside_is_seen(database: Database, town: Town) -> None:
    queries = SupervisionQueries(database)
    for selection in Selection:
        query = SupervisedQuery(selection, SUPERVISED, NOW, org="450722-spj", limit=200)
        assert not queries.cases(query).rows
        assert queries.count(replace(query, org=None, orgs=frozenset())) == 0
    nothing = queries.board(frozenset(), MOMENTS)
    assert (nothing.accepted, nothing.red, nothing.month, list(nothing.cells)) == (0, 0, Share(), [])


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert Share(0, 0).percent is None
    assert Share(100_000, 99_999).percent == 99.9
    assert Share(1121, 1103).percent == 98.4
    assert Share(3, 3).percent == 100


def test_a_cursor_of_nonsense_is_refused(database: Database) -> None:
    with pytest.raises(InvalidValue):
        SupervisionQueries(database).cases(SupervisedQuery(Selection.RED, SUPERVISED, NOW, cursor="x"))


def test_statements_walk_along_indexes(database: Database) -> None:
    dated = SupervisedQuery(Selection.ON_TIME, frozenset({ORGS[0]}), NOW, since=TODAY)
    assert_walks(plan(database, _listed(dated)[0]), "ix_cases_concluded")
    assert_walks(plan(database, sql.counted(cases.c.accepted_at, SUPERVISED, TODAY, None)), "ix_cases_accepted")
    assert_walks(plan(database, sql.shares(sql.week_of(WEEKS), SUPERVISED, WEEKS[0])), "ix_cases_concluded")
    assert_walks(plan(database, sql.carded_cases(NOW, SUPERVISED)), "_carded", "ix_tasks_carded", "ix_cases_carded")
    cells = plan(database, sql.open_cells(SUPERVISED))
    assert_walks(cells, "ix_cases_open")
    # on few rows either of the two may look cheaper
    assert "ix_tasks_held" in cells or "ix_tasks_live" in cells, cells
