"""engine.assignment: which group a task goes to, and who of it may work it."""

from dataclasses import replace

import pytest

from engine.assignment import Holder, check, holder, is_applicant, watched_nodes
from engine.elements import Assign
from engine.errors import NotAllowed, ProcessFault, WrongApplicant
from engine.process import Kind, Waiting
from engine.records import APPLICANT_GROUP, Actor, CaseRecord, CaseStatus, TaskRecord, TaskStatus
from tests.unit.engine.fakes import Directory, at
from tests.unit.engine.office import APPLICANT, BUREAU, CITIZEN, COUNTY, ITEM, ORGANISATIONS, SECTION, node, staff

DIRECTORY = Directory(*ORGANISATIONS)
CASE = CaseRecord(
    "450721-260914-0001",
    ITEM.key,
    ITEM.name,
    "d",
    BUREAU,
    APPLICANT,
    "web",
    CaseStatus.SUBMITTED,
    at("2026-09-14 15:26"),
    b"",
)


def held(assign, data=None, owner=BUREAU, directory=DIRECTORY):
    return holder(Waiting("r", Kind.USER, node("n", "审查", assign=assign), data or {}), owner, directory)


@pytest.mark.parametrize(
    ("assign", "group"),
    [
        (Assign("window"), f"{BUREAU}:window"),
        (Assign("window", org="lead"), f"{BUREAU}:window"),
        (Assign("approver", org="parent"), f"{COUNTY}:approver"),
        (Assign("reviewer", org=SECTION), f"{SECTION}:reviewer"),
        (Assign("reviewer", org="=apply.section"), f"{SECTION}:reviewer"),
        (Assign("applicant"), APPLICANT_GROUP),
    ],
)
def test_every_way_to_name_an_organisation(assign, group):
    found = held(assign, {"apply": {"section": SECTION}})
    assert found == Holder(group, None if group == APPLICANT_GROUP else group.split(":")[0])


@pytest.mark.parametrize(
    ("assign", "said"),
    [
        (None, "由谁办理"),
        (Assign("window", org="nowhere"), "nowhere"),
        (Assign("window", org="=apply.section"), "机构"),
        (Assign("window", org="=missing.section"), "表达式"),
        (Assign("window", org="='nowhere'"), "nowhere"),
        (Assign("window", org="=len('x')"), "机构编码"),
    ],
)
def test_a_task_for_nobody_is_a_fault_that_names_its_node(assign, said):
    with pytest.raises(ProcessFault, match=said) as caught:
        held(assign, {"apply": {"section": None}})
    assert caught.value.place == "审查（n）"


def test_an_organisation_at_the_top_has_no_parent():
    with pytest.raises(ProcessFault, match="上级"):
        held(Assign("approver", org="parent"), owner=COUNTY)


def task(group, node_id="decide"):
    return TaskRecord(
        "t", CASE.case_no, "k", "i", "a", node_id, "决定", None, group, BUREAU, TaskStatus.OPEN, CASE.submitted_at
    )


def nodes(**rule):
    return {
        "accept": node("accept", "受理"),
        "review": node("review", "审查"),
        "decide": node("decide", "决定", assign=Assign("approver", **rule)),
    }


APPROVER = staff("u1", f"{BUREAU}:approver")


def test_the_group_is_asked_for_exactly():
    check(APPROVER, task(f"{BUREAU}:approver"), CASE, [], nodes())
    for other in (staff("u1", f"{BUREAU}:window"), staff("u1", f"{COUNTY}:approver"), staff("u1"), CITIZEN):
        with pytest.raises(NotAllowed):
            check(other, task(f"{BUREAU}:approver"), CASE, [], nodes())


def test_those_who_accept_do_not_decide():
    rule = nodes(not_same_as=("accept", "review"))
    assert watched_nodes(rule["decide"]) == ("accept", "review")
    check(APPROVER, task(f"{BUREAU}:approver"), CASE, [("accept", "u2"), ("review", "u3")], rule)
    for handled in ("accept", "review"):
        with pytest.raises(NotAllowed, match=rule[handled].name):
            check(APPROVER, task(f"{BUREAU}:approver"), CASE, [("accept", "u2"), (handled, "u1")], rule)


def test_in_a_loop_everybody_who_ever_handled_the_step_is_barred():
    with pytest.raises(NotAllowed):
        check(
            APPROVER,
            task(f"{BUREAU}:approver"),
            CASE,
            [("accept", "u1"), ("accept", "u2")],
            nodes(not_same_as=("accept",)),
        )


def test_the_same_person_is_one_who_handled_every_named_step():
    rule = nodes(same_as=("accept", "review"))
    check(APPROVER, task(f"{BUREAU}:approver"), CASE, [("accept", "u1"), ("review", "u1")], rule)
    check(APPROVER, task(f"{BUREAU}:approver"), CASE, [], rule)
    with pytest.raises(NotAllowed, match="审查"):
        check(APPROVER, task(f"{BUREAU}:approver"), CASE, [("accept", "u1"), ("review", "u2")], rule)


def test_the_applicant_is_known_by_account_or_by_a_proved_case():
    guest = Actor("guest", "访客", proved_cases=frozenset({CASE.case_no}))
    anonymous = replace(CASE, applicant=replace(APPLICANT, user_id=None))
    assert is_applicant(CITIZEN, CASE)
    assert is_applicant(guest, CASE)
    assert is_applicant(guest, anonymous)
    assert not is_applicant(replace(guest, proved_cases=frozenset({"450721-260914-0002"})), CASE)
    assert not is_applicant(CITIZEN, anonymous)


@pytest.mark.parametrize("shared", ["guest", "system"])
def test_an_id_that_many_share_owns_nothing(shared):
    assert not is_applicant(Actor(shared, "访客"), replace(CASE, applicant=replace(APPLICANT, user_id=shared)))


def test_an_applicants_task_is_for_the_applicant_alone():
    check(CITIZEN, task(APPLICANT_GROUP), CASE, [], nodes())
    others = [APPROVER, replace(CITIZEN, user_id="u-other"), replace(APPROVER, groups=frozenset({APPLICANT_GROUP}))]
    for other in others:
        with pytest.raises(WrongApplicant):
            check(other, task(APPLICANT_GROUP), CASE, [], nodes())
