"""Notices and messages: their numbers, their facts, whom they reach."""

from dataclasses import replace

import pytest

from engine.elements import Assign, ClockMode, ClockRule
from engine.errors import ProcessFault
from engine.records import Organisation
from tests.unit.engine.fakes import Move, ScriptedProcess, at
from tests.unit.engine.office import (
    APPLICANT,
    ARTICLE_8,
    BUREAU,
    ITEM,
    LIMIT_15,
    MOVES,
    NODES,
    ORGANISATIONS,
    REVIEWER,
    SECTION,
    WINDOW,
    Office,
    definition,
    node,
)


def notices(office):
    return office.store.tables.notices


@pytest.fixture
def office():
    office = Office()
    office.submit()
    return office.at("2026-09-18 11:05")


def test_every_fact_of_an_acceptance_notice(office):
    office.complete(WINDOW, "受理", "accepted", opinion="材料齐全")
    (notice,) = notices(office)
    assert (notice.template, notice.number) == ("acceptance", "灵审受字〔2026〕第000001号")
    assert (notice.case_no, notice.node_id, notice.issued_at) == (
        office.case.case_no,
        "accepted",
        at("2026-09-18 11:05"),
    )
    assert notice.facts == {
        "applicant": "广西桂荔食品有限公司",
        "agency": "灵山县行政审批局",
        "item": "固定资产投资项目节能审查",
        "type": "行政许可",
        "case_no": "450721-260914-0001",
        "submitted_on": "2026年9月14日",
        "accepted_on": "2026年9月18日",
        "issued_on": "2026年9月18日",
        "promised": "5个工作日",
        "promised_due_on": "2026年9月24日",
        "statutory": "20个工作日",
        "statutory_due_on": "2026年10月22日",
        "materials": ["申请书", "节能报告"],
        "missing": [],
        "opinion": "材料齐全",
        "outcome": "受理",
        "remedies": ["可以在六十日内申请行政复议。"],
        "bases": ["《中华人民共和国节约能源法》第十五条"],
        "result_name": "节能审查意见",
        "step": "已受理",
        "step_limit": None,
        "clock_basis": None,
    }


def test_a_supplement_notice_names_what_is_missing(office):
    office.complete(WINDOW, "受理", "supplement", form={"missing": ["report", "unknown"]})
    (notice,) = notices(office)
    assert notice.facts["missing"] == ["节能报告", "unknown"]
    assert (notice.facts["accepted_on"], notice.facts["promised_due_on"]) == (None, None)


def test_a_notice_of_a_special_procedure_speaks_of_that_procedure(office):
    office.complete(WINDOW, "受理", "accepted")
    office.complete(REVIEWER, "审查", "expert")
    facts = notices(office)[-1].facts
    assert (facts["step"], facts["step_limit"], facts["clock_basis"]) == ("机构评审", "15个工作日", ARTICLE_8)


def test_of_procedures_inside_each_other_the_one_with_a_limit_is_told():
    resubmit = node(
        "resubmit", "补交材料", assign=Assign("applicant"), limit=LIMIT_15, clock=ClockRule(ClockMode.EXCLUDED)
    )
    nodes = [resubmit if one.id == "resubmit" else one for one in NODES]
    office = Office(definition(ScriptedProcess(nodes, Move(enters=["accept"]), MOVES)))
    office.submit()
    office.complete(WINDOW, "受理", "supplement")
    facts = notices(office)[0].facts
    assert (facts["step"], facts["step_limit"]) == ("补交材料", "15个工作日")


def test_an_item_that_publishes_nothing_says_nothing():
    item = replace(ITEM, promised=None, statutory=None, materials={}, remedies=(), bases=(), result_name=None)
    office = Office(definition(item=item))
    office.submit()
    office.complete(WINDOW, "受理", "accepted")
    facts = notices(office)[0].facts
    empty = ("promised", "promised_due_on", "statutory", "statutory_due_on", "result_name", "opinion")
    assert [facts[key] for key in empty] == [None] * 6
    assert (facts["materials"], facts["remedies"], facts["bases"]) == ([], [], [])


def test_numbers_run_per_word_and_year(office):
    for _ in range(3):
        office.submit()
    first, second, third, fourth = [task.task_id for task in office.store.open_tasks()]

    def complete(task_id, outcome):
        office.complete(WINDOW, task_id, outcome, opinion="依据")
        return notices(office)[-1].number

    assert complete(first, "accepted") == "灵审受字〔2026〕第000001号"
    assert complete(second, "accepted") == "灵审受字〔2026〕第000002号"
    assert complete(third, "not_accepted") == "灵审不受字〔2026〕第000001号"
    # one o'clock on New Year's Day in China, still the old year in UTC
    office.at("2027-01-01 01:00")
    assert complete(fourth, "accepted") == "灵审受字〔2027〕第000001号"


def test_a_section_without_a_word_numbers_in_its_agencys_series(office):
    office.complete(WINDOW, "受理", "accepted")
    item = replace(ITEM, key="section-item", owner_org=SECTION)
    office.definitions.add(definition(item=item, definition_id="e" * 64))
    office.submit("section-item")
    office.complete(replace(WINDOW, groups=frozenset({f"{SECTION}:window"})), "受理", "accepted")
    assert notices(office)[-1].number == "灵审受字〔2026〕第000002号"


def test_without_any_word_no_number_is_made_up():
    office = Office(organisations=[Organisation(BUREAU, "灵山县行政审批局", None, "county", "450721")])
    office.submit()
    with pytest.raises(ProcessFault, match="机关代字"):
        office.complete(WINDOW, "受理", "not_accepted", opinion="依据")


def test_organisations_in_a_circle_do_not_hang():
    loop = [replace(one, doc_word=None, parent=BUREAU) for one in ORGANISATIONS]
    office = Office(organisations=loop)
    office.submit()
    with pytest.raises(ProcessFault, match="机关代字"):
        office.complete(WINDOW, "受理", "not_accepted", opinion="依据")


def test_a_template_that_the_definition_does_not_hold_is_a_fault():
    told = node("told", "告知补正", "intermediateThrowEvent", notices=("nothing",))
    nodes = [told if one.id == "told" else one for one in NODES]
    office = Office(definition(ScriptedProcess(nodes, Move(enters=["accept"]), MOVES)))
    office.submit()
    before = office.store.tables.copy()
    with pytest.raises(ProcessFault, match="nothing") as caught:
        office.complete(WINDOW, "受理", "supplement")
    assert caught.value.place == "告知补正（told）"
    assert replace(office.store.tables, incidents={}) == before


def test_messages_reach_applicant_handler_and_supervisor(office):
    office.complete(WINDOW, "受理", "accepted")
    sent = [(message.to, message.address, message.template) for message in office.store.tables.outbox]
    assert sent == [
        ("applicant", APPLICANT.phone, "accepted"),
        ("assignee", f"{SECTION}:reviewer", "new_task"),
        ("supervisor", f"{BUREAU}:supervisor", "registered"),
    ]
    assert office.store.tables.outbox[0].facts == {
        "item": ITEM.name,
        "case_no": office.case.case_no,
        "status": "processing",
        "step": "已受理",
        "outcome": "受理",
    }
    assert APPLICANT.phone not in str(office.store.tables.history)
