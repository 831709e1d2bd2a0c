"""DeliverMessage: who may bring a message, to which place of the case, and what is kept of it."""

import pytest

from engine.audit import Head, verify
from engine.commands import DeliverMessage
from engine.errors import (
    InvalidForm,
    MessageAmbiguous,
    MessageNotExpected,
    NotAllowed,
    UnknownCase,
    WrongApplicant,
)
from engine.records import SYSTEM, CaseStatus, TaskStatus
from engine.spiff import parse
from tests.unit.engine.bpmn_text import (
    boundary,
    catch,
    chain,
    declared,
    end,
    extended,
    flow,
    gateway,
    instances,
    process,
    start,
    sub,
    timer,
    user,
)
from tests.unit.engine.office import BUREAU, CITIZEN, STRANGER, WINDOW, Office, definition, staff

BANK = staff("国库", f"{BUREAU}:treasury")


def message(event, words):
    """An event with yc elements on it."""
    return event.replace("><bpmn:message", f">{extended(words)}<bpmn:message", 1)


WORK = '<yc:assign role="window"/>'
#: a fee to pay within a day, for each town; the applicant may call everything off
PERMIT = process(
    start(),
    sub(
        "whole",
        start("b"),
        sub(
            "each",
            instances(items="apply.towns", item="town"),
            start("s"),
            gateway("eventBased", "first"),
            message(catch("fee", "message paid"), '<yc:assign role="treasury"/><yc:form ref="fee"/>'),
            timer("late"),
            gateway("exclusive", "x", "chase"),
            user("chase", inner=extended(WORK)),
            gateway("exclusive", "m"),
            end("e"),
            chain("s", "first", "fee", "x", "chase", "m", "e"),
            chain("first", "late", "chase"),
            flow("x", "m", "fee.amount >= 80"),
        ),
        end("d"),
        chain("b", "each", "d"),
    ),
    message(boundary("off", "whole", what="message recalled"), '<yc:assign role="applicant"/>'),
    user("close", inner=extended(WORK)),
    gateway("exclusive", "done"),
    end(),
    chain("apply", "whole", "done", "over"),
    chain("off", "close", "done"),
    declared=declared("message paid", "message recalled"),
)
ROUTES = {None: frozenset(), "apply": frozenset({"towns"}), "fee": frozenset({"amount"})}


@pytest.fixture
def office():
    main = PERMIT.replace(
        b'id="apply" name="apply">', b'id="apply" name="apply">' + extended('<yc:form ref="apply"/>').encode()
    )
    office = Office(definition(parse(main, {}), routes=ROUTES))
    office.submit(form={"towns": ["east", "west"]})
    return office


def bring(office, name, actor=BANK, **more):
    return office.engine.execute(DeliverMessage(actor, office.case.case_no, name, **more))


def waits_for(office, name):
    run = office.definitions.get("d" * 64).process.load(office.case.state)
    return [w.data.get("town") for w in run.waiting() if w.node.message == name]


def test_a_message_moves_the_case_and_what_it_says_decides(office):
    bring(office, "paid", form={"amount": 80, "payer": "张三"}, match={"town": "east"})
    assert waits_for(office, "paid") == ["west"]
    assert len(office.store.tables.timers) == 1, "the timer beside it is gone"
    assert office.store.open_tasks() == []
    bring(office, "paid", form={"amount": 79}, match={"town": "west"})
    assert [task.node_id for task in office.store.open_tasks()] == ["chase"]
    assert office.complete(WINDOW, "chase").finished


def test_the_message_stands_in_the_history_without_what_it_says(office):
    bring(office, "paid", form={"amount": 80, "payer": "张三"}, match={"town": "east"})
    (entry,) = [e for e in office.store.tables.history if e.kind == "message_received"]
    assert (entry.node_id, entry.actor_id, dict(entry.facts)) == ("fee", "国库", {"name": "fee", "message": "paid"})
    form = office.store.tables.forms[-1]
    assert (form.node_id, form.values, form.saved_by) == ("fee", {"amount": 80, "payer": "张三"}, "国库")
    assert b"payer" not in office.case.state, "only routed values enter the process"
    assert not verify(
        office.store.history_of(office.case.case_no),
        Head(office.case.history_seq, office.case.history_hash),
    )


def test_a_message_for_the_whole_case_ends_what_it_interrupts(office):
    bring(office, "recalled", CITIZEN)
    assert [task.node_id for task in office.store.open_tasks()] == ["close"]
    assert office.store.tables.timers == {}
    with pytest.raises(MessageNotExpected):
        bring(office, "paid", match={"town": "east"})
    office.complete(WINDOW, "close")
    assert office.case.status is CaseStatus.CONCLUDED
    assert all(task.status is TaskStatus.DONE for task in office.store.tables.tasks.values())


@pytest.mark.parametrize(
    ("name", "actor", "more", "error"),
    [
        ("paid", WINDOW, {"match": {"town": "east"}}, NotAllowed),
        ("paid", CITIZEN, {"match": {"town": "east"}}, NotAllowed),
        ("recalled", BANK, {}, WrongApplicant),
        ("recalled", STRANGER, {}, WrongApplicant),
        ("recalled", CITIZEN, {"form": {"why": "x"}}, InvalidForm),
        ("paid", BANK, {}, MessageAmbiguous),
        ("paid", BANK, {"match": {"apply.towns": ["east", "west"]}}, MessageAmbiguous),
        ("paid", BANK, {"match": {"town": "north"}}, MessageNotExpected),
        ("paid", BANK, {"match": {"town": "east", "apply.nothing": 1}}, MessageNotExpected),
        ("paid", BANK, {"match": {"town.deeper.still": "east"}}, MessageNotExpected),
        ("halt", BANK, {}, MessageNotExpected),
        ("", BANK, {}, MessageNotExpected),
    ],
)
def test_a_message_that_is_not_taken_changes_nothing(office, name, actor, more, error):
    before = office.store.tables.copy()
    with pytest.raises(error) as refused:
        bring(office, name, actor, **more)
    assert office.store.tables == before
    assert any("一" <= letter <= "鿿" for letter in refused.value.message)


def test_the_platform_itself_may_bring_any_message(office):
    bring(office, "recalled", SYSTEM)
    assert [task.node_id for task in office.store.open_tasks()] == ["close"]


def test_a_message_to_no_case(office):
    with pytest.raises(UnknownCase):
        office.engine.execute(DeliverMessage(BANK, "nothing", "paid"))


def test_the_same_message_twice_is_taken_once(office):
    """The second of two equal deliveries finds nobody waiting; with an Idempotency-Key it gets the first's receipt."""
    bring(office, "paid", form={"amount": 80}, match={"town": "east"})
    with pytest.raises(MessageNotExpected):
        bring(office, "paid", form={"amount": 80}, match={"town": "east"})
