"""A state machine over the engine's commands: what may happen, who may do it, and what must be true after every step.

Rules come in mixins, one for a group of operations; :class:`Ground` holds the office, the model and the invariants.  A
new operation is a mixin with its rules that calls :meth:`Ground.attempt` with what the model expects.  The model is a
few dictionaries and knows nothing of the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from engine.audit import Head, verify
from engine.commands import ClaimTask, CompleteTask, DeliverMessage, FireTimer, ReleaseTask, SubmitCase
from engine.errors import YichuangError
from engine.process import Kind
from engine.records import SYSTEM, CaseStatus, TaskStatus
from engine.spiff import parse
from engine.sweep import Sweeper
from tests.unit.engine.bpmn_text import (
    boundary,
    catch,
    chain,
    declared,
    element,
    end,
    extended,
    flow,
    gateway,
    instances,
    process,
    sub,
    timer,
    user,
)
from tests.unit.engine.fakes import LIVE
from tests.unit.engine.office import (
    ALLROUNDER,
    APPLICANT,
    APPROVER,
    BUREAU,
    CITIZEN,
    ITEM,
    REVIEWER,
    SECTION,
    STRANGER,
    WINDOW,
    Office,
    definition,
    staff,
)

BANK = staff("国库", f"{BUREAU}:treasury")
WINDOW_2 = staff("窗二", f"{BUREAU}:window")
PEOPLE = (WINDOW, WINDOW_2, REVIEWER, APPROVER, ALLROUNDER, STRANGER, CITIZEN, BANK)
#: outcomes by node, and those of them that ask for an opinion
OUTCOMES = {
    "accept": ("accepted", "supplement", "not_accepted"),
    "survey": ("pass", "fail"),
    "opine": ("pass", "fail"),
    "decide": ("granted", "refused", "return"),
}
NEEDS_OPINION = frozenset({"not_accepted", "refused"})
NOT_SAME_AS = {"decide": ("accept",)}
SAME_AS = {"deliver": ("accept",)}


def codes(node):
    return "".join(
        f'<yc:outcome code="{code}" name="{code}" opinion="{"required" if code in NEEDS_OPINION else "optional"}"/>'
        for code in OUTCOMES.get(node, ())
    )


def task(id, assign, more="", loop=""):
    return user(id, inner=extended(f"<yc:assign {assign}/>{codes(id)}{more}") + loop)


def fact(tag, id, words, inner=""):
    return element(tag, id, extended(words) + inner)


#: accept (loop of supplements, returns) → survey with a deadline ∥ opinions, two of three → fee or reminder → decide
PERMIT = process(
    fact("startEvent", "apply", '<yc:milestone name="submitted"/>'),
    gateway("exclusive", "again"),
    task("accept", 'role="window"', '<yc:limit value="1"/>'),
    gateway("exclusive", "complete", "rejected"),
    fact("endEvent", "rejected", '<yc:milestone name="concluded" result="not_accepted"/>'),
    task("resubmit", 'role="applicant"', '<yc:clock mode="excluded" party="applicant"/>'),
    fact("intermediateThrowEvent", "accepted", '<yc:milestone name="accepted"/>'),
    gateway("parallel", "split"),
    sub("site", fact("startEvent", "site_s", ""), task("survey", f'role="reviewer" org="{SECTION}"'), end("site_e"),
        chain("site_s", "survey", "site_e")),
    boundary("site_late", "site"),
    gateway("exclusive", "surveyed"),
    task("opine", f'role="reviewer" org="{SECTION}"', loop=instances(
        cardinality="3", results="opinions", result="opine.outcome", until="numberOfCompletedInstances >= 2")),
    boundary("opine_late", "opine", interrupting=False),
    task("urge", 'role="window"'),
    end("urged"),
    gateway("parallel", "join"),
    gateway("eventBased", "first"),
    catch("fee", "message paid").replace("><bpmn:m", f'>{extended("""<yc:assign role="treasury"/>""")}<bpmn:m'),
    timer("fee_late"),
    task("chase", 'role="window"'),
    gateway("exclusive", "settled"),
    task("decide", 'role="approver" notSameAs="accept"'),
    gateway("exclusive", "decision", "refused"),
    fact("intermediateThrowEvent", "granted", '<yc:milestone name="decided" result="granted"/>'),
    fact("intermediateThrowEvent", "refused", '<yc:milestone name="decided" result="refused"/>'),
    gateway("exclusive", "either"),
    task("deliver", 'role="window" sameAs="accept"'),
    fact("endEvent", "over", '<yc:milestone name="concluded"/>'),
    chain("apply", "again", "accept", "complete", "rejected"),
    flow("complete", "resubmit", 'accept.outcome == "supplement"'),
    flow("resubmit", "again"),
    flow("complete", "accepted", 'accept.outcome == "accepted"'),
    chain("accepted", "split", "site", "surveyed", "join", "first", "fee", "settled", "decide", "decision", "refused"),
    chain("site_late", "surveyed"),
    chain("split", "opine", "join"),
    chain("opine_late", "urge", "urged"),
    chain("first", "fee_late", "chase", "settled"),
    flow("decision", "granted", 'decide.outcome == "granted"'),
    flow("decision", "again", 'decide.outcome == "return"'),
    chain("refused", "either"),
    chain("granted", "either", "deliver", "over"),
    declared=declared("message paid"),
)  # fmt: skip


@dataclass
class Model:
    """What ought to be, kept beside the engine."""

    #: task → who holds it
    held: dict[str, str] = field(default_factory=dict)
    #: task → the record as it was when it was done
    done: dict[str, object] = field(default_factory=dict)
    #: (case, node) → everybody who completed it
    worked: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)


class Ground:
    """The office, the model, the invariants."""

    @initialize()
    def open_the_office(self):
        self.office = Office(definition(parse(PERMIT, {}), routes={None: frozenset(), "apply": frozenset()}))
        self.model = Model()
        self.submit()

    @property
    def tables(self):
        return self.office.store.tables

    def submit(self):
        self.attempt(SubmitCase(CITIZEN, ITEM.key, APPLICANT, {}), allowed=True)

    def attempt(self, command, allowed):
        """Carry out ``command``: it succeeds if and only if it is ``allowed``, and changes nothing if it fails."""
        before = self.tables.copy()
        receipt = refusal = None
        try:
            receipt = self.office.engine.execute(command)
        except YichuangError as error:
            refusal = error
        note(f"{type(command).__name__} by {command.actor.name}: {receipt or refusal!r}")
        assert (refusal is None) is bool(allowed), f"{command}: {receipt or refusal!r}"
        if refusal is not None:
            assert self.tables == before, "what is refused changes nothing"
            assert any("一" <= letter <= "鿿" for letter in refusal.message)
        return receipt

    def pick(self, data, tasks):
        """One of ``tasks``, by its place: ids are random, the order in which tasks were opened is not."""
        return list(tasks)[data.draw(st.integers(0, len(tasks) - 1), label="which")]

    def able(self, one):
        """Who may work ``one`` and is not kept from it by somebody who holds it; everybody when nobody can."""
        held = self.model.held.get(one.task_id)
        able = [who for who in PEOPLE if self.may_work(who, one) and held in (None, who.user_id)]
        return able or list(PEOPLE)

    def may_work(self, actor, one):
        """By the model: the group, the applicant, those who may not and those who must do both."""
        if one.group == "applicant":
            return actor is CITIZEN
        done_by = [self.model.worked.get((one.case_no, node), set()) for node in SAME_AS.get(one.node_id, ())]
        return (
            one.group in actor.groups
            and all(not users or actor.user_id in users for users in done_by)
            and not any(
                actor.user_id in self.model.worked.get((one.case_no, node), ())
                for node in NOT_SAME_AS.get(one.node_id, ())
            )
        )

    # -- what is true after every step --

    @invariant()
    def the_state_and_the_tables_agree(self):
        for case in self.tables.cases.values():
            run = self.office.definitions.get(case.definition_id).process.load(case.state)
            waiting = {kind: {w.ref: w.node.id for w in run.waiting() if w.kind is kind} for kind in Kind}
            tasks = {
                t.task_id: t.node_id
                for t in self.tables.tasks.values()
                if t.case_no == case.case_no and t.status in LIVE
            }
            timers = {t.timer_id: t.node_id for t in self.tables.timers.values() if t.case_no == case.case_no}
            assert tasks == waiting[Kind.USER]
            assert timers == waiting[Kind.TIMER]
            assert run.finished is (case.status is CaseStatus.CONCLUDED) is (not run.waiting())
            assert run.finished or tasks or timers, "somebody or some moment moves every case that has not ended"
            spans = {s.span_id for s in self.tables.spans.values() if s.case_no == case.case_no and s.ended_at is None}
            clocked = {w.ref for w in run.waiting() if w.node.ext.clock}
            assert spans == clocked

    @invariant()
    def the_history_is_unbroken_and_tells_each_decision_once(self):
        told = []
        for case in self.tables.cases.values():
            entries = self.office.store.history_of(case.case_no)
            assert not verify(entries, Head(case.history_seq, case.history_hash))
            told += [entry.task_id for entry in entries if entry.kind == "task_completed"]
        done = [task.task_id for task in self.tables.tasks.values() if task.status is TaskStatus.DONE]
        assert sorted(told) == sorted(done) == sorted(self.model.done)

    @invariant()
    def what_is_done_stays_done(self):
        for task_id, record in self.model.done.items():
            assert self.tables.tasks[task_id] == record

    @invariant()
    def hands_are_as_the_model_knows_them(self):
        held = {t.task_id: t.assignee_id for t in self.tables.tasks.values() if t.status is TaskStatus.CLAIMED}
        self.model.held = {task: who for task, who in self.model.held.items() if self.tables.tasks[task].status in LIVE}
        assert held == self.model.held

    @invariant()
    def versions_only_rise(self):
        for record in (*self.tables.cases.values(), *self.tables.tasks.values()):
            key = getattr(record, "task_id", None) or record.case_no
            assert record.version >= self.model.versions.get(key, 0)
            self.model.versions[key] = record.version


class CaseRules:
    """Applications."""

    @precondition(lambda self: len(self.tables.cases) < 2)
    @rule()
    def somebody_applies(self):
        self.submit()


class ClaimRules:
    """Claiming and releasing."""

    @precondition(lambda self: self.office.store.open_tasks())
    @rule(data=st.data(), stale=st.sampled_from((None, 0, 0, 1)))
    def an_able_one_claims(self, data, stale):
        one = self.pick(data, self.office.store.open_tasks())
        self._claim(one, data.draw(st.sampled_from(self.able(one)), label="actor"), stale)

    @precondition(lambda self: self.tables.tasks)
    @rule(data=st.data(), actor=st.sampled_from(PEOPLE))
    def anybody_claims_anything(self, data, actor):
        self._claim(self.pick(data, self.tables.tasks.values()), actor, 0)

    def _claim(self, one, actor, stale):
        version = None if stale is None else one.version - stale
        mine = self.model.held.get(one.task_id) == actor.user_id
        free = one.status is TaskStatus.OPEN and version in (None, one.version)
        allowed = one.status in LIVE and one.group != "applicant" and self.may_work(actor, one) and (free or mine)
        if self.attempt(ClaimTask(actor, one.task_id, version), allowed):
            self.model.held[one.task_id] = actor.user_id

    @precondition(lambda self: self.model.held)
    @rule(data=st.data(), other=st.sampled_from((None, None, *PEOPLE)), stale=st.sampled_from((None, 0, 1)))
    def releases(self, data, other, stale):
        one = self.pick(data, [self.tables.tasks[task_id] for task_id in self.model.held])
        holder = self.model.held[one.task_id]
        actor = other or next(person for person in PEOPLE if person.user_id == holder)
        version = None if stale is None else one.version - stale
        allowed = holder == actor.user_id and version in (None, one.version)
        if self.attempt(ReleaseTask(actor, one.task_id, version), allowed):
            del self.model.held[one.task_id]


class CompletionRules:
    """Completing, rightly and wrongly."""

    @precondition(lambda self: self.office.store.open_tasks())
    @rule(data=st.data())
    def somebody_does_his_work(self, data):
        one = self.pick(data, self.office.store.open_tasks())
        actor = data.draw(st.sampled_from(self.able(one)), label="actor")
        known = OUTCOMES.get(one.node_id, (None,))
        outcome = data.draw(st.sampled_from(known), label="outcome")
        self._complete(one, actor, outcome, "同意。", one.version)

    @precondition(lambda self: self.office.store.open_tasks())
    @rule(
        data=st.data(),
        actor=st.sampled_from(PEOPLE),
        opinion=st.sampled_from((None, "", "  ", "同意。")),
        stale=st.sampled_from((None, 0, 1)),
    )
    def anybody_completes_anything(self, data, actor, opinion, stale):
        one = self.pick(data, self.office.store.open_tasks())
        known = OUTCOMES.get(one.node_id, (None,))
        outcome = data.draw(st.sampled_from((*known, None, "", "return", "no_such")), label="outcome")
        self._complete(one, actor, outcome, opinion, None if stale is None else one.version - stale)

    @precondition(lambda self: self.office.store.open_tasks())
    @rule(data=st.data())
    def a_busy_day(self, data):
        """Several steps forward, so that what lies far on is reached; those who may not try each of them first."""
        for _ in range(5):
            if self.office.store.open_tasks():
                self._forward(data)

    def _forward(self, data):
        one = self.pick(data, self.office.store.open_tasks())
        outcome = OUTCOMES.get(one.node_id, (None,))[0]
        able = self.able(one)
        for other in PEOPLE:
            if other not in able:
                self._complete(one, other, outcome, "同意。", one.version)
        actor = data.draw(st.sampled_from(able), label="actor")
        self._complete(one, actor, outcome, "同意。", one.version)

    @precondition(lambda self: self.model.done)
    @rule(data=st.data(), actor=st.sampled_from(PEOPLE))
    def completes_again_what_is_done(self, data, actor):
        one = self.pick(data, [self.tables.tasks[task_id] for task_id in self.model.done])
        self.attempt(CompleteTask(actor, one.task_id, one.outcome, "再来一次。"), allowed=False)

    def _complete(self, one, actor, outcome, opinion, version):
        allowed = (
            self.may_work(actor, one)
            and self.model.held.get(one.task_id, actor.user_id) == actor.user_id
            and version in (None, one.version)
            and outcome in OUTCOMES.get(one.node_id, (None,))
            and (outcome not in NEEDS_OPINION or bool((opinion or "").strip()))
        )
        if self.attempt(CompleteTask(actor, one.task_id, outcome, opinion, version=version), allowed):
            done = self.tables.tasks[one.task_id]
            assert (done.status, done.assignee_id, done.outcome) == (TaskStatus.DONE, actor.user_id, outcome)
            self.model.done[one.task_id] = done
            self.model.worked.setdefault((one.case_no, one.node_id), set()).add(actor.user_id)
            self.model.held.pop(one.task_id, None)


class TimeRules:
    """Time passes; the platform sweeps."""

    @rule(hours=st.sampled_from((1, 8, 30, 80, 200)))
    def time_passes(self, hours):
        self.office.clock.set(self.office.clock.now() + timedelta(hours=hours))
        swept = Sweeper(self.office.engine, self.office.store, self.office.clock).sweep()
        assert swept.failed == 0
        assert not [one for one in self.tables.timers.values() if one.due_at <= self.office.clock.now()]

    @precondition(lambda self: self.tables.timers)
    @rule(data=st.data())
    def a_timer_that_is_not_due_does_nothing(self, data):
        one = self.pick(data, self.tables.timers.values())
        before = self.tables.copy()
        self.office.engine.execute(FireTimer(SYSTEM, one.timer_id, one.case_no))
        assert self.tables == before


class MessageRules:
    """Messages come, wanted and unwanted."""

    @rule(
        data=st.data(), actor=st.sampled_from((BANK, BANK, BANK, WINDOW, CITIZEN)), name=st.sampled_from(("paid", "x"))
    )
    def a_message_comes(self, data, actor, name):
        case = self.pick(data, self.tables.cases.values())
        run = self.office.definitions.get(case.definition_id).process.load(case.state)
        wanted = any(w.node.message == name for w in run.waiting())
        self.attempt(DeliverMessage(actor, case.case_no, name), wanted and actor is BANK)
