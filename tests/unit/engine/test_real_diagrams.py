"""The engine over real BPMN: whole cases through loops, called processes, boundary timers, parallel branches."""

from dataclasses import replace

import pytest

from engine.audit import Head, verify
from engine.commands import CompleteTask
from engine.errors import NotAllowed, ProcessFault, StateFault, TaskNotOpen
from engine.records import CaseClock, CaseStatus, TaskStatus
from engine.spiff import parse
from engine.sweep import Sweeper
from tests.unit.engine.bpmn_text import call, chain, element, end, extended, flow, gateway, process, user
from tests.unit.engine.fakes import LIVE, at
from tests.unit.engine.office import APPROVER, BUREAU, CITIZEN, REVIEWER, SECTION, WINDOW, Office, definition, staff


def outcome(*codes):
    return "".join(f'<yc:outcome code="{code}" name="{code}"/>' for code in codes)


def event(tag, id, inner):
    return element(tag, id, extended(inner))


def task(id, inner, stage="review"):
    return user(id, inner=extended(f'<yc:stage name="{stage}"/>{inner}'))


SUPPLEMENT = process(
    element("startEvent", "need"),
    event("intermediateThrowEvent", "told", '<yc:notice template="supplement"/>'),
    task(
        "resubmit", '<yc:limit value="15"/><yc:clock mode="excluded" party="applicant"/><yc:assign role="applicant"/>'
    ),
    end("answered"),
    chain("need", "told", "resubmit", "answered"),
    id="shared_supplement",
)

#: accept (supplement loop that lapses) → two opinions in parallel → decide (return loop) → deliver
PERMIT = process(
    event("startEvent", "apply", '<yc:milestone name="submitted"/><yc:form ref="apply"/>'),
    task(
        "accept",
        f'<yc:limit value="1"/><yc:assign role="window"/>{outcome("accepted", "supplement", "not_accepted")}',
        "accept",
    ),
    gateway("exclusive", "complete", default="rejected"),
    call("supplement", "shared_supplement"),
    element(
        "boundaryEvent",
        "lapse",
        extended('<yc:limit value="15"/>') + "<bpmn:timerEventDefinition/>",
        attachedToRef="supplement",
        cancelActivity="true",
    ),
    event("endEvent", "lapsed", '<yc:milestone name="concluded" result="lapsed"/>'),
    event(
        "endEvent",
        "rejected",
        '<yc:notice template="non_acceptance"/><yc:milestone name="concluded" result="not_accepted"/>',
    ),
    event(
        "intermediateThrowEvent",
        "accepted",
        '<yc:milestone name="accepted"/><yc:notice template="acceptance"/><yc:notify to="assignee" template="new"/>',
    ),
    gateway("exclusive", "asked"),
    gateway("parallel", "split"),
    task("invest", f'<yc:limit value="3"/><yc:assign role="reviewer" org="{SECTION}"/>{outcome("pass", "fail")}'),
    task("energy", f'<yc:limit value="2"/><yc:assign role="assistant" org="parent"/>{outcome("pass", "fail")}'),
    gateway("parallel", "join"),
    gateway("exclusive", "needs_experts", default="decide"),
    task(
        "experts",
        '<yc:clock mode="excluded" basis="第四十五条"/><yc:assign role="surveyor" org="=apply.org"/>',
        "special",
    ),
    task(
        "decide",
        f'<yc:assign role="approver" notSameAs="accept invest"/>{outcome("granted", "refused", "return")}',
        "decide",
    ),
    gateway("exclusive", "decision", default="refused"),
    event(
        "intermediateThrowEvent",
        "granted",
        '<yc:milestone name="decided" result="granted"/><yc:notice template="decision_granted"/>',
    ),
    event("intermediateThrowEvent", "refused", '<yc:milestone name="decided" result="refused"/>'),
    gateway("exclusive", "either"),
    task("deliver", '<yc:assign role="window" sameAs="accept"/>', "deliver"),
    event("endEvent", "over", '<yc:milestone name="concluded"/>'),
    chain("apply", "accept", "complete"),
    flow("complete", "supplement", 'accept.outcome == "supplement"'),
    chain("supplement", "accept"),
    chain("lapse", "lapsed"),
    flow("complete", "accepted", 'accept.outcome == "accepted"'),
    flow("complete", "rejected"),
    chain("accepted", "asked", "split", "invest", "join"),
    chain("split", "energy", "join", "needs_experts"),
    flow("needs_experts", "experts", "apply.coal > 1000"),
    chain("needs_experts", "decide", "decision"),
    chain("experts", "decide"),
    flow("decision", "granted", 'decide.outcome == "granted"'),
    flow("decision", "asked", 'decide.outcome == "return"'),
    chain("decision", "refused", "either"),
    chain("granted", "either", "deliver", "over"),
    id="lingshan_permit",
)

ENERGY = staff("能评", "450721:assistant")
SURVEYOR = staff("莫勘", f"{BUREAU}:surveyor")


@pytest.fixture(scope="module")
def permit():
    return parse(PERMIT, {"shared_supplement": SUPPLEMENT})


@pytest.fixture
def office(permit):
    routes = {"apply": frozenset({"coal", "org"})}
    office = Office(definition(permit, routes=routes))
    office.submit(form={"coal": 10, "org": BUREAU, "contact": "覃某"})
    yield office
    for case in office.store.tables.cases.values():
        entries = office.store.history_of(case.case_no)
        assert verify(entries, Head(case.history_seq, case.history_hash)) == ()
        agree_on_what_waits(office, permit, case)


def agree_on_what_waits(office, permit, case):
    """Engine state and tables say the same."""
    waiting = {(one.ref, one.kind) for one in permit.load(case.state).waiting()}
    tasks = {task.task_id for task in office.store.tables.tasks.values() if task.status in LIVE}
    assert {ref for ref, kind in waiting if kind == "user"} == tasks
    assert {ref for ref, kind in waiting if kind == "timer"} == set(office.store.tables.timers)


def open_nodes(office):
    return sorted(task.node_id for task in office.store.open_tasks())


def accept(office):
    office.at("2026-09-18 11:05").complete(WINDOW, "accept", "accepted")


def opine(office):
    office.complete(REVIEWER, "invest", "pass")
    office.complete(ENERGY, "energy", "pass")


def test_from_application_to_conclusion(office):
    accept(office)
    assert open_nodes(office) == ["energy", "invest"]
    opine(office)
    assert open_nodes(office) == ["decide"]
    office.at("2026-09-21 16:00").complete(APPROVER, "decide", "granted")
    assert (office.case.status, office.case.clock) == (CaseStatus.DECIDED, CaseClock.STOPPED)
    receipt = office.complete(WINDOW, "deliver")
    assert (receipt.finished, office.case.result) == (True, "granted")
    assert [notice.template for notice in office.store.tables.notices] == ["acceptance", "decision_granted"]
    assert {message.address for message in office.store.tables.outbox} == {f"{SECTION}:reviewer", "450721:assistant"}


def test_a_supplement_comes_back_to_acceptance(office):
    for _ in range(3):
        office.complete(WINDOW, "accept", "supplement")
        assert office.case.status is CaseStatus.SUPPLEMENT
        assert len(office.store.tables.timers) == 1
        office.complete(CITIZEN, "resubmit")
        assert office.case.status is CaseStatus.SUBMITTED
        assert office.store.tables.timers == {}
    accept(office)
    assert open_nodes(office) == ["energy", "invest"]
    assert office.case.promised_due_at == at("2026-09-24 17:00")


def test_a_supplement_that_never_comes_lapses(office):
    office.complete(WINDOW, "accept", "supplement")
    resubmit = office.store.task("resubmit")
    office.at("2026-10-14 09:00")
    assert Sweeper(office.engine, office.store, office.clock).sweep().timers == 1
    assert (office.case.status, office.case.result) == (CaseStatus.CONCLUDED, "lapsed")
    assert office.store.tables.tasks[resubmit.task_id].status is TaskStatus.CANCELLED
    with pytest.raises(TaskNotOpen):
        office.engine.execute(CompleteTask(CITIZEN, resubmit.task_id, None))


def test_opinions_are_asked_for_again_after_a_return(office):
    accept(office)
    for _ in range(3):
        opine(office)
        office.complete(APPROVER, "decide", "return")
        assert open_nodes(office) == ["energy", "invest"]
        office.complete(ENERGY, "energy", "pass")
        assert open_nodes(office) == ["invest"]
        office.complete(REVIEWER, "invest", "pass")
        assert open_nodes(office) == ["decide"]
        office.complete(APPROVER, "decide", "return")
    assert open_nodes(office) == ["energy", "invest"]


def test_the_separation_of_duties_holds_over_loops(office):
    both = staff("兼任", f"{SECTION}:reviewer", f"{BUREAU}:approver")
    accept(office)
    office.complete(both, "invest", "pass")
    office.complete(ENERGY, "energy", "pass")
    office.complete(APPROVER, "decide", "return")
    opine(office)
    with pytest.raises(NotAllowed, match="invest"):
        office.complete(both, "decide", "granted")


def test_routed_data_chooses_the_way_and_the_organisation(office, permit):
    office.submit(form={"coal": 1200, "org": BUREAU})
    first, second = office.store.tables.cases.values()
    assert b"\xe8\xa6\x83" not in first.state  # the contact's name
    for node, actor, code in (("accept", WINDOW, "accepted"), ("invest", REVIEWER, "pass"), ("energy", ENERGY, "pass")):
        (task,) = [t for t in office.store.open_tasks() if t.case_no == second.case_no and t.node_id == node]
        office.complete(actor, task.task_id, code)
    experts = office.store.task("experts")
    assert (experts.group, experts.paused) == (f"{BUREAU}:surveyor", True)
    case = office.store.tables.cases[second.case_no]
    assert (case.clock, case.status) == (CaseClock.PAUSED, CaseStatus.SPECIAL)
    office.complete(SURVEYOR, "experts")
    assert office.store.tables.cases[second.case_no].clock is CaseClock.RUNNING
    # the other case has not moved
    assert office.store.tables.cases[first.case_no] == first
    del office.store.tables.cases[first.case_no]  # what waits is compared for one case
    office.store.tables.tasks = {k: t for k, t in office.store.tables.tasks.items() if t.case_no == second.case_no}


def test_a_condition_that_fails_leaves_the_case_before_the_step(permit):
    office = Office(definition(permit, routes={"apply": frozenset()}))
    office.submit()
    accept(office)
    office.complete(REVIEWER, "invest", "pass")
    before = office.store.tables.copy()
    with pytest.raises(ProcessFault):
        office.complete(ENERGY, "energy", "pass")
    (incident,) = office.store.tables.incidents.values()
    assert incident.place == "needs_experts"
    assert "apply.coal" in incident.message
    assert replace(office.store.tables, incidents={}) == before


def test_a_state_that_cannot_be_read_is_said_to_be_so(office):
    case = office.case
    office.store.tables.cases[case.case_no] = replace(case, state=case.state[:-3])
    with pytest.raises(StateFault):
        office.complete(WINDOW, "accept", "accepted")
    office.store.tables.cases[case.case_no] = case
