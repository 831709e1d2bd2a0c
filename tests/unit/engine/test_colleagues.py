"""Transfer, urge, copy, question and answer: what colleagues do with a case without deciding it."""

from dataclasses import replace

import pytest

from engine.commands import (
    AnswerQuestion,
    AskQuestion,
    ReadCopy,
    SendCopy,
    TransferTask,
    UrgeCase,
)
from engine.contacts import TO_APPLICANT
from engine.errors import (
    AlreadyAnswered,
    AlreadyClaimed,
    AlreadyUrged,
    CaseClosed,
    InvalidValue,
    NotAllowed,
    NothingToUrge,
    StaleVersion,
    UnknownCase,
    UnknownCopy,
    UnknownQuestion,
    UnknownUser,
    WrongApplicant,
)
from engine.records import Actor, TaskStatus
from tests.unit.engine.fakes import at
from tests.unit.engine.office import (
    ADMINISTRATOR,
    ALLROUNDER,
    APPLICANT,
    APPROVER,
    CITIZEN,
    REVIEWER,
    SECOND_WINDOW,
    STRANGER,
    SUPERVISOR,
    WINDOW,
    Office,
)


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office.at("2026-09-15 09:30")


def transfer(office, actor, to, name="受理", **more):
    return office.do(TransferTask, actor, office.store.task(name).task_id, to.user_id, **more)


# -- transfer


def test_a_transferred_task_is_in_the_colleagues_hands(office):
    office.claim(WINDOW, "受理")
    receipt = transfer(office, WINDOW, SECOND_WINDOW, reason="外出开会", version=2)
    task = office.store.task("受理")
    assert (task.status, task.assignee_id, task.claimed_at) == (
        TaskStatus.CLAIMED,
        SECOND_WINDOW.user_id,
        at("2026-09-15 09:30"),
    )
    assert (receipt.task_status, receipt.task_version, task.version) == ("claimed", 3, 3)
    told = office.last("task_transferred")
    assert (told.facts["former_assignee_id"], told.facts["assignee_id"]) == (WINDOW.user_id, SECOND_WINDOW.user_id)
    assert "外出开会" not in str(told)
    (remark,) = office.store.tables.remarks
    assert (remark.text, remark.kind, remark.task_id) == ("外出开会", "task_transferred", task.task_id)
    (message,) = office.store.tables.outbox
    assert (message.to, message.address) == ("assignee", SECOND_WINDOW.user_id)
    with pytest.raises(AlreadyClaimed):
        office.complete(WINDOW, "受理", "accepted")
    assert office.complete(SECOND_WINDOW, "受理", "accepted").opened


def test_a_task_that_nobody_has_may_be_dealt_out_by_its_group(office):
    transfer(office, WINDOW, SECOND_WINDOW)
    assert office.store.task("受理").assignee_id == SECOND_WINDOW.user_id
    with pytest.raises(AlreadyClaimed):
        transfer(office, WINDOW, WINDOW)


def test_an_administrator_may_transfer_what_others_hold(office):
    office.claim(WINDOW, "受理")
    transfer(office, ADMINISTRATOR, SECOND_WINDOW)
    assert office.store.task("受理").assignee_id == SECOND_WINDOW.user_id


@pytest.mark.parametrize("actor", [STRANGER, CITIZEN, SUPERVISOR, REVIEWER])
def test_others_may_not_transfer(office, actor):
    with pytest.raises(NotAllowed):
        transfer(office, actor, SECOND_WINDOW)


def test_nobody_outside_the_group_gets_it(office):
    with pytest.raises(NotAllowed, match="不在“受理”的办理岗位"):
        transfer(office, WINDOW, REVIEWER)
    with pytest.raises(UnknownUser):
        transfer(office, WINDOW, replace(WINDOW, user_id="nobody"))
    office.dismiss(SECOND_WINDOW)
    with pytest.raises(UnknownUser):
        transfer(office, WINDOW, SECOND_WINDOW)
    office.claim(WINDOW, "受理")
    with pytest.raises(InvalidValue, match="已经在陈窗手上"):
        transfer(office, WINDOW, WINDOW)
    with pytest.raises(StaleVersion):
        transfer(office, WINDOW, ALLROUNDER, version=1)


def test_separation_of_duties_outlives_a_transfer(office):
    office.complete(ALLROUNDER, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    with pytest.raises(NotAllowed, match="全能已办理过“受理”"):
        transfer(office, APPROVER, ALLROUNDER, "决定")


def test_the_same_person_rule_outlives_a_transfer(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "pass")
    office.complete(APPROVER, "决定", "granted")
    with pytest.raises(NotAllowed, match="须由办理“受理”的人员办理"):
        transfer(office, WINDOW, SECOND_WINDOW, "送达")


def test_an_applicants_task_is_not_transferred(office):
    office.complete(WINDOW, "受理", "supplement")
    with pytest.raises(NotAllowed, match="申请人"):
        transfer(office, ADMINISTRATOR, SECOND_WINDOW, "补交材料")


# -- urge


def urge(office, actor, **more):
    return office.do(UrgeCase, actor, office.case.case_no, **more)


@pytest.mark.parametrize(
    "actor", [CITIZEN, SUPERVISOR, Actor("guest", "申请人", proved_cases=frozenset({"450721-260914-0001"}))]
)
def test_applicant_and_supervisor_urge_once_a_day(office, actor):
    version = office.store.task("受理").version
    urge(office, actor, text="请尽快")
    task = office.store.task("受理")
    assert (task.urged_at, task.version) == (at("2026-09-15 09:30"), version)
    assert office.last("case_urged").facts["task_ids"] == [task.task_id]
    assert [m.address for m in office.store.tables.outbox] == [task.group]
    assert office.store.tables.remarks[0].text == "请尽快"
    before = office.store.tables.copy()
    with pytest.raises(AlreadyUrged):
        urge(office.at("2026-09-15 23:30"), actor)
    assert office.store.tables == before
    urge(office.at("2026-09-16 00:10"), actor)


def test_two_who_may_urge_do_not_use_up_each_others_day(office):
    office.claim(WINDOW, "受理")
    urge(office, CITIZEN)
    urge(office, SUPERVISOR)
    assert [m.address for m in office.store.tables.outbox] == [WINDOW.user_id] * 2


@pytest.mark.parametrize("actor", [WINDOW, STRANGER, replace(CITIZEN, user_id="u-other")])
def test_others_may_not_urge(office, actor):
    with pytest.raises(NotAllowed):
        urge(office, actor)


def test_nobody_is_urged_while_the_applicant_has_it_or_it_is_over(office):
    office.complete(WINDOW, "受理", "supplement")
    with pytest.raises(NothingToUrge):
        urge(office, CITIZEN)
    office.complete(CITIZEN, "补交材料")
    office.complete(WINDOW, "受理", "not_accepted", opinion="不属于本机关职权")
    with pytest.raises(CaseClosed):
        urge(office, CITIZEN)
    with pytest.raises(UnknownCase):
        office.do(UrgeCase, CITIZEN, "no-such-case")


# -- copies


def copy(office, actor, *to, **more):
    return office.do(SendCopy, actor, office.case.case_no, tuple(one.user_id for one in to), **more)


def test_a_copy_lies_in_the_colleagues_list_and_brings_no_work(office):
    task = office.store.task("受理")
    receipt = copy(office, WINDOW, APPROVER, STRANGER, APPROVER, note="请知悉", task_id=task.task_id)
    copies = [office.store.tables.copies[one] for one in receipt.made]
    assert [(one.to_id, one.note, one.step) for one in copies] == [
        (APPROVER.user_id, "请知悉", "受理"),
        (STRANGER.user_id, "请知悉", "受理"),
    ]
    assert office.store.open_tasks() == [task]
    assert office.kinds()[-4::2] == ["copy_sent", "copy_sent"]
    assert "请知悉" not in str(office.store.tables.history)


def test_a_copy_is_read_by_its_receiver_and_once(office):
    (copy_id,) = copy(office, WINDOW, APPROVER).made
    with pytest.raises(UnknownCopy):
        office.do(ReadCopy, REVIEWER, copy_id)
    office.at("2026-09-15 10:00").do(ReadCopy, APPROVER, copy_id)
    assert office.store.tables.copies[copy_id].read_at == at("2026-09-15 10:00")
    before = office.store.tables.copy()
    office.at("2026-09-15 11:00").do(ReadCopy, APPROVER, copy_id)
    assert office.store.tables == before
    with pytest.raises(UnknownCopy):
        office.do(ReadCopy, APPROVER, "none")


@pytest.mark.parametrize("actor", [STRANGER, CITIZEN, APPROVER])
def test_only_who_takes_part_sends_copies(office, actor):
    with pytest.raises(NotAllowed):
        copy(office, actor, WINDOW)


def test_who_took_part_may_still_send_a_copy_when_the_case_is_over(office):
    office.complete(WINDOW, "受理", "not_accepted", opinion="不属于本机关职权")
    assert copy(office, WINDOW, APPROVER).made
    assert copy(office, SUPERVISOR, APPROVER).made
    with pytest.raises(NotAllowed):
        copy(office, SECOND_WINDOW, APPROVER)


def test_a_copy_goes_to_somebody(office):
    with pytest.raises(InvalidValue, match="1 至 50"):
        copy(office, WINDOW)
    with pytest.raises(UnknownUser):
        copy(office, WINDOW, CITIZEN)
    assert not office.store.tables.copies


# -- questions


def ask(office, actor, to, text="是否已经开工？", **more):
    return office.do(AskQuestion, actor, office.case.case_no, to, text, **more).made[0]


def test_the_applicant_answers_a_question_once(office):
    key = ask(office, WINDOW, TO_APPLICANT, task_id=office.store.task("受理").task_id)
    assert office.store.tables.outbox[-1].address == APPLICANT.phone
    for actor, error in ((WINDOW, WrongApplicant), (replace(CITIZEN, user_id="u-other"), WrongApplicant)):
        with pytest.raises(error):
            office.do(AnswerQuestion, actor, key, "没有")
    office.at("2026-09-15 10:00").do(AnswerQuestion, CITIZEN, key, " 没有开工 ")
    kept = office.store.tables.questions[key]
    assert (kept.answer, kept.answered_by_id, kept.answered_at) == ("没有开工", CITIZEN.user_id, at("2026-09-15 10:00"))
    assert (kept.step, kept.to_name) == ("受理", APPLICANT.name)
    assert office.store.tables.outbox[-1].address == WINDOW.user_id
    assert office.kinds()[-2] == "question_answered"
    with pytest.raises(AlreadyAnswered):
        office.do(AnswerQuestion, CITIZEN, key, "其实开工了")
    told = str(office.store.tables.history)
    assert "开工" not in told
    assert APPLICANT.name not in told


def test_a_colleague_of_any_office_is_asked(office):
    key = ask(office, WINDOW, STRANGER.user_id)
    with pytest.raises(NotAllowed, match="路人"):
        office.do(AnswerQuestion, APPROVER, key, "我来答")
    office.do(AnswerQuestion, STRANGER, key, "未开工")
    assert office.store.tables.questions[key].answered_by_name == STRANGER.name


def test_a_question_is_asked_by_those_who_take_part_of_somebody_else(office):
    for actor in (STRANGER, CITIZEN):
        with pytest.raises(NotAllowed):
            ask(office, actor, TO_APPLICANT)
    for text in ("", "  ", "长" * 2001):
        with pytest.raises(InvalidValue):
            ask(office, WINDOW, TO_APPLICANT, text)
    with pytest.raises(InvalidValue, match="自己"):
        ask(office, WINDOW, WINDOW.user_id)
    with pytest.raises(UnknownUser):
        ask(office, WINDOW, "nobody")
    with pytest.raises(UnknownQuestion):
        office.do(AnswerQuestion, CITIZEN, "none", "答")


def test_a_question_ends_with_its_case(office):
    key = ask(office, WINDOW, TO_APPLICANT)
    office.complete(WINDOW, "受理", "not_accepted", opinion="不属于本机关职权")
    with pytest.raises(CaseClosed):
        office.do(AnswerQuestion, CITIZEN, key, "答")
    with pytest.raises(CaseClosed):
        ask(office, WINDOW, TO_APPLICANT)
