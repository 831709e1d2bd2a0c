"""A permit with a real diagram, run by the real engine: acceptance, two opinions side by side, decision, delivery."""

from dataclasses import replace

from engine.audit import Head, verify
from engine.commands import ReturnTask, TakeBackTask
from engine.records import Definition
from engine.spiff import parse
from tests.unit.engine.bpmn_text import (
    LIMIT,
    boundary,
    call,
    chain,
    element,
    end,
    extended,
    flow,
    gateway,
    process,
    start,
)
from tests.unit.engine.office import APPROVER, ITEM, NOTICES, REVIEWER, SECOND_WINDOW, SECTION, SURVEYOR, WINDOW, Office


def task(id, role, *outcomes, org="owner", stage=None, more="", assign=""):
    buttons = "".join(f'<yc:outcome code="{code}" name="{code}"/>' for code in outcomes)
    where = f'<yc:stage name="{stage}"/>' if stage else ""
    return element(
        "userTask", id, extended(f'{LIMIT}{where}<yc:assign role="{role}" org="{org}"{assign}/>{buttons}{more}')
    )


def fact(id, milestone, notice=None, result=None):
    papers = f'<yc:notice template="{notice}"/>' if notice else ""
    outcome = f' result="{result}"' if result else ""
    return element("intermediateThrowEvent", id, extended(f'<yc:milestone name="{milestone}"{outcome}/>{papers}'))


SUPPLEMENT = process(
    start("fill_begin"),
    task("fill", "applicant", more='<yc:clock mode="excluded" party="applicant"/>'),
    end("fill_end"),
    chain("fill_begin", "fill", "fill_end"),
    id="shared_supplement",
)

PERMIT = process(
    start(),
    task("accept", "window", "accepted", "supplement"),
    gateway("exclusive", "accept_x", "accepted"),
    call("supplement", "shared_supplement"),
    fact("accepted", "accepted", "acceptance"),
    gateway("parallel", "fork"),
    task("review", "reviewer", "pass", org=SECTION, more='<yc:form ref="review"/>'),
    boundary("late", "review", interrupting=False),
    task("urged", "reviewer", org=SECTION),
    end("urged_end"),
    task("survey", "surveyor"),
    gateway("parallel", "join"),
    task("check", "reviewer", "pass", org=SECTION),
    task("decide", "approver", "granted", assign=' notSameAs="accept review"'),
    fact("decided", "decided", "decision_granted", "granted"),
    task("pack", "window"),
    task("deliver", "window", assign=' sameAs="accept"'),
    end(),
    chain("apply", "accept", "accept_x", "accepted", "fork", "review", "join", "check", "decide", "decided"),
    chain("decided", "pack", "deliver", "over"),
    flow("accept_x", "supplement", 'accept.outcome == "supplement"'),
    chain("supplement", "accept"),
    chain("fork", "survey", "join"),
    chain("late", "urged", "urged_end"),
)


def permit():
    """An office that handles the permit."""
    run = parse(PERMIT, {"shared_supplement": SUPPLEMENT})
    return Office(Definition("e" * 64, 1, replace(ITEM), run, {}, NOTICES))


def agrees(office):
    """What the state waits for is what the tables hold; asserted after acts in tests."""
    case, tables = office.case, office.store.tables
    run = office.definitions.get(case.definition_id).process.load(case.state)
    waiting = {(str(one.kind), one.ref, one.node.id) for one in run.waiting() if one.kind != "scope"}
    rows = {("user", task.task_id, task.node_id) for task in office.store.open_tasks()}
    rows |= {("timer", timer.timer_id, timer.node_id) for timer in tables.timers.values()}
    assert waiting == rows
    spans = {one.ref for one in run.waiting() if one.node.ext.clock}
    assert spans == {s.span_id for s in tables.spans.values() if s.ended_at is None and s.node_id != "_suspended"}
    assert run.finished == (case.status == "concluded")
    return True


class Day:
    """The office, its clock a minute on before every act, so that the order of acts shows in their times."""

    def __init__(self):
        self.office = permit()
        self.minute = 0
        self.act(lambda: self.office.submit(form={}))

    def act(self, what):
        self.minute += 1
        self.office.at(f"2026-09-15 {9 + self.minute // 60:02d}:{self.minute % 60:02d}")
        receipt = what()
        assert agrees(self.office)
        case = self.office.case
        assert verify(self.office.store.history_of(case.case_no), Head(case.history_seq, case.history_hash)) == ()
        return receipt

    def do(self, actor, name, outcome=None, **more):
        return self.act(lambda: self.office.complete(actor, name, outcome, **more))

    def back(self, actor, name, to, reason="材料不符", **more):
        task_id = self.office.store.task(name).task_id
        return self.act(lambda: self.office.do(ReturnTask, actor, task_id, to, reason, **more))

    def take(self, actor, task_id):
        return self.act(lambda: self.office.do(TakeBackTask, actor, task_id))

    def ways(self, actor, name):
        found = self.office.engine.ways_back(actor, self.office.store.task(name).task_id)
        return {way.node_id: way for way in found}

    def open(self):
        return sorted(task.node_id for task in self.office.store.open_tasks())

    def to(self, step):
        """Up to the moment at which ``step`` is open."""
        for name, actor, outcome in (
            ("accept", WINDOW, "accepted"),
            ("review", REVIEWER, "pass"),
            ("survey", SURVEYOR, None),
            ("check", REVIEWER, "pass"),
            ("decide", APPROVER, "granted"),
            ("pack", SECOND_WINDOW, None),
        ):
            if step in self.open():
                return self
            if name in self.open():
                self.do(actor, name, outcome)
        return self
