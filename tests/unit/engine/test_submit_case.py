"""SubmitCase: a case is opened whole or not at all."""

import pytest

from engine.errors import InvalidForm, ProcessFault, UnknownAttachment, UnknownItem
from engine.records import CaseClock, CaseStatus, Organisation, TaskStatus
from tests.unit.engine.fakes import Move, ScriptedProcess, Tables, at
from tests.unit.engine.office import (
    APPLICANT,
    BUREAU,
    CITIZEN,
    COUNTY,
    MOVES,
    NODES,
    ORGANISATIONS,
    WINDOW,
    Office,
    definition,
    node,
)


def test_a_case_opens_with_its_first_task():
    office = Office()
    receipt = office.submit()
    case, task = office.case, office.store.task("受理")
    assert receipt.case_no == case.case_no == "450721-260914-0001"
    assert (receipt.case_status, receipt.opened, receipt.finished) == ("submitted", (task.task_id,), False)
    assert (case.status, case.clock, case.accepted_at) == (CaseStatus.SUBMITTED, CaseClock.NOT_STARTED, None)
    assert (case.definition_id, case.owner_org, case.version) == ("d" * 64, BUREAU, 1)
    assert case.submitted_at == at("2026-09-14 15:26")
    assert (task.group, task.org, task.stage, task.status) == (f"{BUREAU}:window", BUREAU, "accept", TaskStatus.OPEN)
    assert (task.due_at, task.case_due_at) == (at("2026-09-15 17:00"), None)
    assert task.applicant_name == APPLICANT.name
    assert office.kinds() == ["case_submitted", "milestone_reached", "task_opened"]


def test_numbers_count_per_region_and_local_day():
    office = Office()
    assert [office.submit().case_no[-4:] for _ in range(2)] == ["0001", "0002"]
    # half past midnight in China, still the 14th in UTC
    assert office.at("2026-09-15 00:30").submit().case_no == "450721-260915-0001"


def test_a_day_with_more_than_9999_cases_goes_on():
    office = Office()
    office.store.tables.numbers["case:450721-260914"] = 9999
    assert office.submit().case_no == "450721-260914-10000"


def test_only_routed_fields_enter_engine_data():
    office = Office()
    office.submit(form={"coal": 1200, "contact": "覃某", "other": None})
    assert b"coal" in office.case.state
    assert b"contact" not in office.case.state
    (form,) = office.store.tables.forms
    assert form.values == {"coal": 1200, "contact": "覃某", "other": None}
    assert (form.node_id, form.task_id, form.saved_by) == ("apply", None, CITIZEN.user_id)


def test_files_and_draft_go_with_the_case():
    office = Office()
    office.store.tables.attachments["f1"] = (CITIZEN.user_id, None, "申请书.pdf")
    office.store.tables.drafts["d1"] = CITIZEN.user_id
    receipt = office.submit(attachments=("f1",), draft_id="d1")
    assert office.store.tables.attachments["f1"][1] == receipt.case_no
    assert office.store.tables.drafts == {}


@pytest.mark.parametrize("owner", ["somebody else", None])
def test_a_file_of_somebody_else_stops_everything(owner):
    office = Office()
    if owner:
        office.store.tables.attachments["f1"] = (owner, None, "x.pdf")
    before = office.store.tables.copy()
    with pytest.raises(UnknownAttachment):
        office.submit(attachments=("f1",))
    assert office.store.tables == before


def test_an_unknown_item_stores_nothing():
    office = Office()
    with pytest.raises(UnknownItem):
        office.submit("nothing")
    assert office.store.tables == Tables()


def test_an_owner_that_does_not_exist_stores_nothing():
    office = Office(organisations=ORGANISATIONS[:1])
    with pytest.raises(ProcessFault, match=BUREAU):
        office.submit()
    assert office.store.tables == Tables()


def test_values_without_a_form_are_refused():
    start = node("apply", "提出申请", "startEvent")
    office = Office(definition(ScriptedProcess([start, *NODES[1:]], Move(enters=["accept"]), MOVES)))
    with pytest.raises(InvalidForm):
        office.submit(form={"coal": 1})
    assert office.store.tables == Tables()
    assert office.submit(form={}).opened


def test_the_history_calls_the_applicant_the_applicant():
    office = Office()
    office.submit()
    assert {entry.actor_name for entry in office.store.tables.history} == {"申请人"}
    assert APPLICANT.name not in str(office.store.tables.history)
    office = Office()
    office.submit(actor=WINDOW, channel="window")
    assert {entry.actor_name for entry in office.store.tables.history} == {WINDOW.name}


def test_a_case_of_another_region_has_its_own_numbers():
    other = Organisation(BUREAU, "别处", COUNTY, "county", "511781", "源审")
    assert Office(organisations=(ORGANISATIONS[0], other)).submit().case_no == "511781-260914-0001"
