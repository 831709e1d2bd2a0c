"""What clerks do with a task, on both databases: rows, state and history agree, and the store refuses what it must."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any, cast

import pytest
from sqlalchemy import Row, Table, select, update

from engine.clock import ManualClock
from engine.commands import (
    AnswerQuestion,
    AskQuestion,
    ClaimTask,
    Command,
    CompleteTask,
    DelegateTask,
    GiveGrant,
    HandBackTask,
    ReadCopy,
    Receipt,
    ResumeCase,
    ReturnTask,
    RevokeGrant,
    SendCopy,
    SubmitCase,
    SuspendCase,
    TakeBackTask,
    TransferTask,
    UrgeCase,
    WithdrawCase,
)
from engine.doctor import Examination
from engine.doctor.ports import Contents
from engine.errors import AlreadyUrged, Conflict, NotAllowed
from engine.grants import GrantKind
from engine.records import Actor, Definition, TaskRecord, TaskStatus
from engine.service import Engine
from engine.spiff import parse
from engine.views import CaseView, User
from storage.accounts import Accounts
from storage.database import Database
from storage.directory import Directory
from storage.queries.casefiles import CaseFiles
from storage.queries.cases import CaseQueries
from storage.queries.colleagues import Colleagues
from storage.tables import copies, grants, questions, remarks, timers, urges, users
from storage.uow import UnitOfWork, unit_of_work
from tests.unit.engine.fakes import Calendars, Definitions, at, calendar_2026
from tests.unit.engine.office import (
    APPLICANT,
    APPROVER,
    BUREAU,
    CITIZEN,
    ITEM,
    NOTICES,
    ORGANISATIONS,
    REVIEWER,
    SECOND_WINDOW,
    SUPERVISOR,
    SURVEYOR,
    WINDOW,
)
from tests.unit.engine.permit import PERMIT, SUPPLEMENT

STAFF = (WINDOW, SECOND_WINDOW, REVIEWER, SURVEYOR, APPROVER, SUPERVISOR)


class StoredOffice:
    """The permit's office over a real database, a minute later at every act."""

    def __init__(self, database: Database) -> None:
        self.database = database
        directory = Directory(database)
        for organisation in ORGANISATIONS:
            directory.put(organisation)
        accounts = Accounts(database, directory)
        for one in STAFF:
            accounts.add(User(one.user_id, one.user_id, one.name, "staff", "!", one.org, one.groups))
        process = parse(PERMIT, {"shared_supplement": SUPPLEMENT})
        self.definition = Definition("e" * 64, 1, ITEM, process, {}, NOTICES)
        self.clock = ManualClock(at("2026-09-15 09:00"))
        self.definitions, self.calendars = Definitions(self.definition), Calendars(calendar_2026())
        self.engine = Engine(unit_of_work(database), self.definitions, directory, self.calendars, self.clock)
        self.case_no = self.engine.execute(SubmitCase(CITIZEN, ITEM.key, APPLICANT, {})).case_no

    def do(self, command: type[Command], actor: Actor, *args: Any, **more: Any) -> Receipt:
        self.clock.advance(timedelta(minutes=1))
        receipt = self.engine.execute(command(actor, *args, **more))
        self.check()
        return receipt

    def work(self, actor: Actor, node: str, outcome: str | None = None) -> Receipt:
        return self.do(CompleteTask, actor, self.task(node).task_id, outcome)

    def view(self) -> CaseView:
        view = CaseQueries(self.database).view(self.case_no)
        assert view is not None
        return view

    def live(self) -> list[TaskRecord]:
        return [task for task in self.view().tasks if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)]

    def open(self) -> list[str]:
        return sorted(task.node_id for task in self.live())

    def task(self, node: str) -> TaskRecord:
        (task,) = [task for task in self.live() if task.node_id == node]
        return task

    def rows(self, table: Table) -> Sequence[Row[Any]]:
        with self.database.reading() as connection:
            return connection.execute(select(table)).all()

    def check(self) -> None:
        """What the doctor proves of a live database: nothing lost, one decision each, state, tables, history, dates."""
        records, files = CaseFiles(self.database), cast(Contents, None)
        found = list(Examination(records, self.definitions, self.calendars, files))
        assert found == []


@pytest.fixture
def office(database: Database) -> StoredOffice:
    return StoredOffice(database)


def test_transfer_urge_copy_question(office: StoredOffice) -> None:
    key = office.task("accept").task_id
    office.do(ClaimTask, WINDOW, key)
    office.do(TransferTask, WINDOW, key, SECOND_WINDOW.user_id, "外出")
    assert office.task("accept").assignee_id == SECOND_WINDOW.user_id
    version = office.task("accept").version
    office.do(UrgeCase, CITIZEN, office.case_no)
    assert (office.task("accept").urged_at, office.task("accept").version) == (office.clock.now(), version)
    with pytest.raises(AlreadyUrged):
        office.do(UrgeCase, CITIZEN, office.case_no)
    office.do(UrgeCase, SUPERVISOR, office.case_no, "临期")
    assert {row.by_id for row in office.rows(urges)} == {"applicant", SUPERVISOR.user_id}
    (copy_id,) = office.do(SendCopy, SECOND_WINDOW, office.case_no, (APPROVER.user_id,), "请阅", task_id=key).made
    office.do(ReadCopy, APPROVER, copy_id)
    (copy,) = office.rows(copies)
    assert (copy.to_id, copy.note, copy.step, copy.read_at) == (APPROVER.user_id, "请阅", "accept", office.clock.now())
    (question_id,) = office.do(AskQuestion, SECOND_WINDOW, office.case_no, "applicant", "面积？", task_id=key).made
    office.do(AnswerQuestion, CITIZEN, question_id, "一百平方米")
    (question,) = office.rows(questions)
    assert (question.answer, question.answered_by_id, question.to_name) == (
        "一百平方米",
        CITIZEN.user_id,
        APPLICANT.name,
    )
    assert {row.text for row in office.rows(remarks)} == {"外出", "临期"}


def test_delegation_and_who_counts_as_handler(office: StoredOffice) -> None:
    key = office.task("accept").task_id
    office.do(DelegateTask, WINDOW, key, APPROVER.user_id, "请核")
    given = office.task("accept")
    assert (given.assignee_id, given.principal_id, given.delegated) == (APPROVER.user_id, WINDOW.user_id, True)
    office.do(HandBackTask, APPROVER, key, "可以")
    back = office.task("accept")
    assert (back.assignee_id, back.principal_id, back.grant_id, back.delegated) == (WINDOW.user_id, None, None, False)
    office.work(WINDOW, "accept", "accepted")
    with UnitOfWork(office.database) as uow:
        assert uow.tasks.handlers(office.case_no, ["accept"]) == sorted(
            [("accept", APPROVER.user_id), ("accept", WINDOW.user_id)]
        )
    office.work(REVIEWER, "review", "pass")
    office.work(SURVEYOR, "survey")
    office.work(REVIEWER, "check", "pass")
    with pytest.raises(NotAllowed, match="已办理过“accept”"):
        office.work(APPROVER, "decide", "granted")


def test_a_stand_in_acts_within_term_and_scope(office: StoredOffice) -> None:
    terms = {"ends_at": at("2026-09-20 00:00"), "items": (ITEM.key,), "basis": "灵审授〔2026〕1号"}
    (key,) = office.do(GiveGrant, WINDOW, GrantKind.REPRESENTATIVE, WINDOW.user_id, SURVEYOR.user_id, **terms).made
    office.do(ClaimTask, SURVEYOR, office.task("accept").task_id)
    held = office.task("accept")
    assert (held.principal_id, held.principal_name, held.grant_id) == (WINDOW.user_id, WINDOW.name, key)
    with UnitOfWork(office.database) as uow:
        (grant,) = uow.grants.held(SURVEYOR.user_id, office.clock.now())
        assert (grant.groups, grant.items, grant.basis) == (tuple(WINDOW.groups), (ITEM.key,), "灵审授〔2026〕1号")
        assert uow.grants.held(SURVEYOR.user_id, at("2026-09-20 00:00")) == []
        assert uow.grants.held(WINDOW.user_id, office.clock.now()) == []
        assert uow.grants.get("nothing") is None
    office.do(RevokeGrant, WINDOW, key)
    with pytest.raises(NotAllowed):
        office.work(SURVEYOR, "accept", "accepted")
    office.work(WINDOW, "accept", "accepted")
    (row,) = office.rows(grants)
    assert row.revoked_by == WINDOW.user_id


def test_a_closed_account_is_nobody(office: StoredOffice) -> None:
    with office.database.writing() as connection:
        connection.execute(update(users).where(users.c.user_id == SECOND_WINDOW.user_id).values(active=False))
    with UnitOfWork(office.database) as uow:
        assert uow.people.find(SECOND_WINDOW.user_id) is None
        assert uow.people.find("nothing") is None
        assert uow.people.find(WINDOW.user_id) == WINDOW


def test_return_and_take_back(office: StoredOffice) -> None:
    office.work(WINDOW, "accept", "accepted")
    office.do(ReturnTask, REVIEWER, office.task("review").task_id, "previous", "缺页")
    assert office.open() == ["accept"]
    assert office.task("accept").assignee_id == WINDOW.user_id
    office.work(WINDOW, "accept", "accepted")
    office.do(ReturnTask, REVIEWER, office.task("review").task_id, "applicant", "补图纸", returns=True)
    assert office.open() == ["fill", "survey"]
    office.work(CITIZEN, "fill")
    assert office.task("review").assignee_id == REVIEWER.user_id
    office.work(REVIEWER, "review", "pass")
    done = office.work(SURVEYOR, "survey").task_id
    assert office.open() == ["check"]
    office.do(TakeBackTask, SURVEYOR, done)
    assert office.open() == ["survey"]
    office.work(SURVEYOR, "survey")
    checked = office.work(REVIEWER, "check", "pass").task_id
    office.do(TakeBackTask, REVIEWER, checked)
    office.work(REVIEWER, "check", "pass")
    office.work(APPROVER, "decide", "granted")
    office.work(WINDOW, "pack")
    assert office.work(WINDOW, "deliver").finished


def test_suspend_resume_withdraw(office: StoredOffice) -> None:
    office.work(WINDOW, "accept", "accepted")
    office.do(SuspendCase, APPROVER, office.case_no, "《行政许可法》第四十五条")
    assert {(task.due_at, task.paused) for task in office.live()} == {(None, True)}
    later = office.clock.now() + timedelta(days=30)
    with UnitOfWork(office.database) as uow:
        assert uow.timers.due(later, 10) == []
        assert uow.tasks.warnable(later, 10) == []
        assert uow.warnings.cases_due(later, 10) == []
    office.clock.set(at("2026-09-18 10:00"))
    office.do(ResumeCase, APPROVER, office.case_no)
    assert {task.due_at for task in office.live()} == {at("2026-09-20 17:00")}
    with UnitOfWork(office.database) as uow:
        (timer,) = uow.timers.due(later, 10)
        assert (timer.held, timer.due_at) == (False, at("2026-09-20 17:00"))
    office.do(WithdrawCase, CITIZEN, office.case_no, "不办了")
    assert (office.view().case.result, office.open(), office.rows(timers)) == ("withdrawn", [], [])


def test_two_colleagues_cannot_both_be_given_it(office: StoredOffice) -> None:
    """A transfer and a claim of what was seen at the same version: one of them comes too late."""
    task = office.task("accept")
    outcomes: list[str] = []
    start = Barrier(2)

    def act(command: Command) -> None:
        start.wait()
        try:
            office.engine.execute(command)
            outcomes.append("done")
        except Conflict as error:
            outcomes.append(error.code)

    threads = [
        Thread(target=act, args=(TransferTask(WINDOW, task.task_id, SECOND_WINDOW.user_id, version=1),)),
        Thread(target=act, args=(ClaimTask(WINDOW, task.task_id, version=1),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["already_claimed", "done"], ["done", "stale_version"])
    office.check()


def test_the_lists_of_colleagues(office: StoredOffice) -> None:
    lists = Colleagues(office.database)
    assert [one.user_id for one in lists.in_group(f"{BUREAU}:window")] == sorted(
        [WINDOW.user_id, SECOND_WINDOW.user_id], key=lambda name: name
    )
    assert lists.in_group("nothing:window") == []
    key = office.task("accept").task_id
    sent = [
        office.do(SendCopy, WINDOW, office.case_no, (APPROVER.user_id,), str(number)).made[0] for number in range(3)
    ]
    page = lists.copies(APPROVER.user_id, 2)
    assert [copy.copy_id for copy in page.rows] == [sent[2], sent[1]]
    rest = lists.copies(APPROVER.user_id, 2, page.next_cursor)
    assert ([copy.copy_id for copy in rest.rows], rest.next_cursor) == ([sent[0]], None)
    asked = office.do(AskQuestion, WINDOW, office.case_no, APPROVER.user_id, "？").made[0]
    assert [one.question_id for one in lists.questions(APPROVER.user_id)] == [asked]
    office.do(AnswerQuestion, APPROVER, asked, "！")
    assert lists.questions(APPROVER.user_id) == []
    office.do(DelegateTask, WINDOW, key, SURVEYOR.user_id)
    assert [task.task_id for task in lists.in_hands(WINDOW.user_id)] == [key]
    assert [task.task_id for task in lists.in_hands(SURVEYOR.user_id)] == [key]
    assert lists.grants_of(WINDOW.user_id) == [], "the delegation of a task is no standing power"
    (given,) = office.do(
        GiveGrant, WINDOW, GrantKind.STAND_IN, WINDOW.user_id, SURVEYOR.user_id, ends_at=at("2026-09-20 00:00")
    ).made
    for person in (WINDOW, SURVEYOR):
        assert [grant.grant_id for grant in lists.grants_of(person.user_id)] == [given]
    held = lists.held(SURVEYOR.user_id, office.clock.now())
    assert {grant.kind for grant in held} == {GrantKind.TASK, GrantKind.STAND_IN}
    view = office.view()
    assert (len(view.copies), len(view.questions)) == (3, 1)
