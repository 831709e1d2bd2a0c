"""After a change of the calendar: what moves, what is told of it, what stays, and working off the job."""

from dataclasses import replace
from datetime import date

import pytest

from engine.commands import RaiseCards, RecomputeDeadlines, ResumeCase, SuspendCase
from engine.errors import UnknownCase
from engine.recomputing import Recomputer
from engine.records import SYSTEM, CaseClock
from engine.rulebook import NATIONAL, CalendarChange, ChangeKind
from tests.unit.engine.fakes import at, calendar_2026
from tests.unit.engine.office import (
    ADMINISTRATOR,
    APPROVER,
    ITEM,
    LIMIT_15,
    REVIEWER,
    SURVEYOR,
    WINDOW,
    Office,
    definition,
)

CAUSE = "2026年9月22日：停电检修（休）"


@pytest.fixture
def office():
    office = Office()
    office.submit()
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")
    return office


def change(office, **fields):
    """The calendar is another one from now on."""
    office.calendars._calendar = replace(office.calendars._calendar, **fields)


def close(office, *days):
    change(office, closed={date.fromisoformat(day): "停电检修" for day in days})


def recompute(office):
    return office.engine.execute(RecomputeDeadlines(SYSTEM, office.case.case_no, 7, CAUSE))


def moved(office):
    return [entry for entry in office.store.history_of(office.case.case_no) if entry.kind == "deadline_moved"]


def test_every_open_deadline_moves_and_tells_from_when_to_when(office):
    version = office.store.task("审查").version
    close(office, "2026-09-22")
    recompute(office)
    case, task = office.case, office.store.task("审查")
    assert (case.promised_due_at, case.statutory_due_at) == (at("2026-09-28 17:00"), at("2026-10-23 17:00"))
    assert case.warn_at == at("2026-09-28 13:00")
    assert (task.due_at, task.warn_at, task.case_due_at) == (
        at("2026-09-23 17:00"),
        at("2026-09-23 14:36"),
        at("2026-09-28 17:00"),
    )
    assert task.version == version
    assert [(one.facts["deadline"], one.facts["before"][:10], one.facts["after"][:10]) for one in moved(office)] == [
        ("promised", "2026-09-24", "2026-09-28"),
        ("statutory", "2026-10-22", "2026-10-23"),
        ("task", "2026-09-22", "2026-09-23"),
    ]
    assert {(one.facts["change_id"], one.facts["cause"], one.actor_id) for one in moved(office)} == {
        (7, CAUSE, "system")
    }


def test_what_a_change_does_not_touch_is_not_told(office):
    before, entries = office.case, office.kinds()
    close(office, "2026-09-17", "2026-11-30")
    recompute(office)
    assert office.case == before
    assert office.kinds() == entries


def test_doing_it_again_changes_nothing(office):
    close(office, "2026-09-22")
    recompute(office)
    before, entries = office.case, office.kinds()
    recompute(office)
    assert (office.case, office.kinds()) == (before, entries)


def test_cards_raised_stay_and_are_not_raised_again_for_the_new_date(office):
    office.at("2026-09-24 14:00").engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    raised = dict(office.store.tables.warnings)
    assert ("case", "yellow") in {key[1:] for key in raised}
    close(office, "2026-09-22")
    recompute(office)
    assert office.store.tables.warnings == raised
    assert office.case.promised_due_at == at("2026-09-28 17:00")
    office.at("2026-09-28 17:30").engine.execute(RaiseCards(SYSTEM, office.case.case_no))
    assert {key[1:] for key in office.store.tables.warnings} - {key[1:] for key in raised} == {("case", "red")}


def test_a_published_year_confirms_what_was_provisional():
    office = Office(calendar=replace(calendar_2026(), years=frozenset()))
    office.submit()
    office.at("2026-11-02 09:00").complete(WINDOW, "受理", "accepted")
    assert office.case.provisional
    assert office.store.task("审查").provisional
    promised = office.case.promised_due_at
    change(office, years=frozenset({2026}))
    recompute(office)
    assert not office.case.provisional
    assert not office.store.task("审查").provisional
    assert office.case.promised_due_at == promised
    told = [(one.facts["deadline"], one.facts["provisional"]) for one in moved(office)]
    assert ("promised", False) in told


def test_a_paused_case_has_no_deadline_to_move_and_its_step_has(office):
    office.complete(REVIEWER, "审查", "expert")
    assert office.case.clock is CaseClock.PAUSED
    close(office, "2026-10-12")
    recompute(office)
    assert office.case.promised_due_at is None
    office.at("2026-10-14 10:00").complete(SURVEYOR, "评审意见")
    # the 18th to the 14th are not counted, so neither is the day that was closed
    assert office.case.promised_due_at == at("2026-10-21 17:00")


def test_a_timer_moves_with_the_calendar():
    office = Office()
    office.submit()
    office.complete(WINDOW, "受理", "supplement")
    (timer,) = office.store.tables.timers.values()
    office.store.tables.timers[timer.timer_id] = timer = replace(timer, started_at=at("2026-09-14 15:26"))
    assert timer.due_at == office.calendar.due(timer.started_at, LIMIT_15).at
    close(office, "2026-09-22", "2026-09-23")
    recompute(office)
    (after,) = office.store.tables.timers.values()
    assert after.due_at == office.calendars.of(None).due(timer.started_at, LIMIT_15).at > timer.due_at
    (told,) = moved(office)
    assert (told.facts["deadline"], told.facts["name"], told.node_id) == ("timer", "逾期未补正", "lapse")


def test_a_suspended_case_finds_its_deadlines_when_it_is_resumed(office):
    office.at("2026-09-21 10:00").engine.execute(SuspendCase(ADMINISTRATOR, office.case.case_no, basis="第四十五条"))
    before, entries = office.case, office.kinds()
    close(office, "2026-09-24")
    recompute(office)
    assert (office.case, office.kinds()) == (before, entries)
    office.at("2026-09-22 10:00").engine.execute(ResumeCase(ADMINISTRATOR, office.case.case_no))
    promised, due = office.case.promised_due_at, office.store.task("审查").due_at
    recompute(office)
    assert (office.case.promised_due_at, office.store.task("审查").due_at) == (promised, due)
    assert not moved(office)


def test_a_decided_case_keeps_the_deadlines_it_was_decided_under(office):
    office.complete(REVIEWER, "审查", "pass")
    office.at("2026-09-21 10:00").complete(APPROVER, "决定", "granted")
    before = office.case
    close(office, "2026-09-21", "2026-09-22")
    recompute(office)
    assert office.case == before


def test_an_unknown_case_is_refused(office):
    with pytest.raises(UnknownCase):
        office.engine.execute(RecomputeDeadlines(SYSTEM, "nowhere", 1, CAUSE))


def test_an_item_without_limits_has_nothing_to_move():
    office = Office(definition(item=replace(ITEM, promised=None, statutory=None)))
    office.submit()
    office.at("2026-09-18 11:05").complete(WINDOW, "受理", "accepted")
    close(office, "2026-09-22")
    recompute(office)
    assert [one.facts["deadline"] for one in moved(office)] == ["task"]


class Jobs:
    """A job's cases, handed out in batches."""

    def __init__(self, *case_nos):
        self.left, self.taken, self.finished = list(case_nos), set(), []
        self.change = CalendarChange(
            7, ChangeKind.DAYS, NATIONAL, date(2026, 9, 22), None, CAUSE, "通知", "u", "黄志强", at("2026-09-20 10:00")
        )

    def due(self, now):
        return [] if self.finished else [self.change]

    def take(self, change_id, now, limit):
        free = [case_no for case_no in self.left if case_no not in self.taken][:limit]
        self.taken.update(free)
        return free

    def put_away(self, change_id, case_nos):
        self.left = [case_no for case_no in self.left if case_no not in case_nos]

    def finish(self, change_id, now):
        if not self.left:
            self.finished.append(change_id)


def test_one_case_that_cannot_go_on_does_not_hold_up_the_others(office, caplog):
    jobs = Jobs("gone", office.case.case_no)
    close(office, "2026-09-22")
    done = Recomputer(office.engine, jobs, office.clock, batch=1).work()
    assert (done.cases, done.failed) == (1, 1)
    assert jobs.left == ["gone"]
    assert jobs.finished == []
    assert "case gone after change 7 failed" in caplog.text
    assert moved(office)


def test_a_job_without_cases_is_closed_at_once(office):
    jobs = Jobs()
    assert Recomputer(office.engine, jobs, office.clock).work().cases == 0
    assert jobs.finished == [7]
