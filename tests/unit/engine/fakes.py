"""The engine's ports in memory: a store with transactions, directory, calendars, definitions; a scripted process."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from engine.calendar import WorkCalendar
from engine.errors import (
    IdempotencyConflict,
    ProcessFault,
    StaleVersion,
    StateFault,
    TaskNotOpen,
    UnknownAttachment,
    UnknownDefinition,
    UnknownItem,
)
from engine.oversight import WarningCard, WarningStatus
from engine.process import Kind, Node, Passed, Waiting
from engine.records import CaseClock, Definition, Delivery, Organisation, TaskStatus

LIVE = (TaskStatus.OPEN, TaskStatus.CLAIMED)


@dataclass(frozen=True)
class Queued:
    """How far a message of the outbox has got."""

    due_at: datetime | None
    attempts: int = 0
    delivered_at: datetime | None = None
    channel: str | None = None
    reason: str | None = None


@dataclass
class Tables:
    """Everything stored; each table a dictionary or list of frozen records."""

    cases: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)
    timers: dict = field(default_factory=dict)
    spans: dict = field(default_factory=dict)
    history: list = field(default_factory=list)
    forms: list = field(default_factory=list)
    #: id → (owner, case number or None, file name)
    attachments: dict = field(default_factory=dict)
    #: id → owner
    drafts: dict = field(default_factory=dict)
    notices: list = field(default_factory=list)
    outbox: list = field(default_factory=list)
    #: message id → what has become of it
    deliveries: dict = field(default_factory=dict)
    warnings: dict = field(default_factory=dict)
    incidents: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    #: (case number, who, day)
    urges: set = field(default_factory=set)
    copies: dict = field(default_factory=dict)
    questions: dict = field(default_factory=dict)
    #: id → Actor
    people: dict = field(default_factory=dict, compare=False)
    grants: dict = field(default_factory=dict)
    #: key → acts
    oversight: dict = field(default_factory=dict)
    numbers: Counter = field(default_factory=Counter)
    keys: dict = field(default_factory=dict)

    def copy(self):
        return Tables(**{f.name: type(getattr(self, f.name))(getattr(self, f.name)) for f in fields(self)})


class Store:
    """The committed tables, and a count of port calls made in transactions, by name."""

    def __init__(self):
        self.tables = Tables()
        self.calls = Counter()
        #: what happens just before a port call, by its name: ``{"history.append": lambda tables: …}``
        self.before = {}

    def __call__(self):
        return UnitOfWork(self)

    def history_of(self, case_no):
        return [entry for entry in self.tables.history if entry.case_no == case_no]

    def open_tasks(self):
        return [task for task in self.tables.tasks.values() if task.status in LIVE]

    def task(self, name):
        """The one open task of this name, node id or id."""
        (task,) = [task for task in self.open_tasks() if name in (task.name, task.node_id, task.task_id)]
        return task


class Counted:
    """A port whose calls are counted, and can be made to fail or come too late."""

    def __init__(self, name, port, store):
        self._name, self._port, self._store = name, port, store

    def __getattr__(self, attribute):
        call = f"{self._name}.{attribute}"

        def counted(*args, **kwargs):
            self._store.calls[call] += 1
            if call in self._store.before:
                self._store.before[call](self._port.tables)
            return getattr(self._port, attribute)(*args, **kwargs)

        return counted


class UnitOfWork:
    def __init__(self, store):
        self._store = store

    def __enter__(self):
        self._tables = tables = self._store.tables.copy()
        for name, port in PORTS.items():
            setattr(self, name, Counted(name, port(tables), self._store))
        return self

    def __exit__(self, kind, error, trace):
        del self._tables

    def commit(self):
        self._store.tables = self._tables


class Port:
    def __init__(self, tables):
        self.tables = tables


class Cases(Port):
    def lock(self, case_no):
        return self.tables.cases.get(case_no)

    def lock_of_task(self, task_id):
        task = self.tables.tasks.get(task_id)
        return self.tables.cases[task.case_no] if task else None

    def add(self, case):
        assert case.case_no not in self.tables.cases
        self.tables.cases[case.case_no] = case

    def save(self, case):
        save(self.tables.cases, case.case_no, case)


class Tasks(Port):
    def open_of(self, case_no):
        return [task for task in self.tables.tasks.values() if task.case_no == case_no and task.status in LIVE]

    def handlers(self, case_no, node_ids):
        done = (t for t in self.tables.tasks.values() if t.case_no == case_no and t.status is TaskStatus.DONE)
        delegated = [g for g in self.tables.grants.values() if g.task_id and g.revoked_by == g.agent_id]
        return sorted(
            {
                (task.node_id, user_id)
                for task in done
                if task.node_id in node_ids
                for user_id in (
                    task.assignee_id,
                    task.principal_id,
                    *(grant.agent_id for grant in delegated if grant.task_id == task.task_id),
                )
                if user_id
            }
        )

    def of_case(self, case_no):
        return [task for task in self.tables.tasks.values() if task.case_no == case_no]

    def took_part(self, case_no, user_id):
        return any(
            task.case_no == case_no and user_id in (task.assignee_id, task.principal_id)
            for task in self.tables.tasks.values()
            if task.status in (TaskStatus.CLAIMED, TaskStatus.DONE)
        )

    def mark_urged(self, task_ids, at):
        for task_id in task_ids:
            self.tables.tasks[task_id] = replace(self.tables.tasks[task_id], urged_at=at)

    def add(self, tasks):
        for task in tasks:
            assert task.task_id not in self.tables.tasks
            assert task.case_no in self.tables.cases
            self.tables.tasks[task.task_id] = task

    def save(self, task):
        save(self.tables.tasks, task.task_id, task)

    def reschedule(self, task):
        stored = self.tables.tasks[task.task_id]
        self.tables.tasks[task.task_id] = replace(
            stored, due_at=task.due_at, warn_at=task.warn_at, provisional=task.provisional
        )

    def set_case_clock(self, case_no, case_due_at, paused):
        for task in self.open_of(case_no):
            self.tables.tasks[task.task_id] = replace(task, case_due_at=case_due_at, paused=paused)

    def warnable(self, now, limit):
        due = []
        for task in self.tables.tasks.values():
            level = card_due(self.tables, task.case_no, task.task_id, task.warn_at, task.due_at, now)
            if task.status in LIVE and level:
                due.append((task, level))
        return due[:limit]


class Timers(Port):
    def of_case(self, case_no):
        return [timer for timer in self.tables.timers.values() if timer.case_no == case_no]

    def add(self, timers):
        self.tables.timers |= {timer.timer_id: timer for timer in timers}

    def remove(self, timer_ids):
        for timer_id in timer_ids:
            del self.tables.timers[timer_id]

    def save(self, timer):
        self.tables.timers[timer.timer_id] = timer

    def due(self, now, limit):
        put_off = {one.ref for one in self.tables.incidents.values() if one.retry_at and one.retry_at > now}
        timers = self.tables.timers.values()
        due = [timer for timer in timers if timer.due_at <= now and not timer.held and timer.timer_id not in put_off]
        return sorted(due, key=lambda timer: timer.due_at)[:limit]


class Spans(Port):
    def of_case(self, case_no):
        return [span for span in self.tables.spans.values() if span.case_no == case_no]

    def add(self, spans):
        self.tables.spans |= {span.span_id: span for span in spans}

    def end(self, span_id, at):
        self.tables.spans[span_id] = replace(self.tables.spans[span_id], ended_at=at)


class History(Port):
    def append(self, entries):
        self.tables.history += entries


class Forms(Port):
    def put(self, form):
        self.tables.forms.append(form)

    def of_case(self, case_no):
        return [form for form in self.tables.forms if form.case_no == case_no]


class Attachments(Port):
    def bind(self, attachment_ids, case_no, task_id, owner):
        for attachment_id in attachment_ids:
            known = self.tables.attachments.get(attachment_id)
            if known is None or known[0] != owner or known[1] is not None:
                raise UnknownAttachment(place=attachment_id)
            self.tables.attachments[attachment_id] = (owner, case_no, known[2])

    def names(self, attachment_ids):
        return {one: self.tables.attachments[one][2] for one in attachment_ids}


class Drafts(Port):
    def remove(self, draft_id, owner):
        if self.tables.drafts.get(draft_id) == owner:
            del self.tables.drafts[draft_id]


class Notices(Port):
    def add(self, notices):
        self.tables.notices += notices

    def issued_at(self, case_no, at):
        return any(notice.case_no == case_no and notice.issued_at == at for notice in self.tables.notices)


class Outbox(Port):
    def add(self, messages):
        self.tables.outbox += messages
        for message in messages:
            self.tables.deliveries[message.message_id] = Queued(due_at=message.created_at)

    def claim(self, now, until, limit):
        claimed = []
        for message in self.tables.outbox:
            state = self.tables.deliveries[message.message_id]
            if state.due_at is not None and state.due_at <= now and len(claimed) < limit:
                self.tables.deliveries[message.message_id] = replace(state, due_at=until, attempts=state.attempts + 1)
                claimed.append(Delivery(message, state.attempts + 1))
        return claimed

    def delivered(self, delivery, channel, at):
        self.close(delivery, due_at=None, channel=channel, delivered_at=at, reason=None)

    def failed(self, delivery, reason, again_at):
        self.close(delivery, due_at=again_at, reason=reason)

    def close(self, delivery, **changes):
        key = delivery.message.message_id
        state = self.tables.deliveries[key]
        if state.attempts == delivery.attempt and state.due_at is not None:
            self.tables.deliveries[key] = replace(state, **changes)


class Warnings(Port):
    def add(self, warning):
        key = (warning.case_no, warning.deadline, warning.level)
        if key in self.tables.warnings:
            return False
        self.tables.warnings[key] = warning
        return True

    def cases_due(self, now, limit):
        due = []
        for case in self.tables.cases.values():
            level = card_due(self.tables, case.case_no, "case", case.warn_at, case.promised_due_at, now)
            if case.clock is CaseClock.RUNNING and level:
                due.append((replace(case, state=b""), level))
        return due[:limit]


class Remarks(Port):
    def add(self, remarks):
        self.tables.remarks += remarks


class Urges(Port):
    def add(self, urge):
        key = (urge.case_no, urge.by_id, urge.day)
        if key in self.tables.urges:
            return False
        self.tables.urges.add(key)
        return True


class Copies(Port):
    def add(self, copies):
        self.tables.copies |= {copy.copy_id: copy for copy in copies}

    def get(self, copy_id):
        return self.tables.copies.get(copy_id)

    def mark_read(self, copy_id, at):
        self.tables.copies[copy_id] = replace(self.tables.copies[copy_id], read_at=at)


class Questions(Port):
    def add(self, question):
        self.tables.questions[question.question_id] = question

    def get(self, question_id):
        return self.tables.questions.get(question_id)

    def answer(self, question):
        self.tables.questions[question.question_id] = question


class People(Port):
    def find(self, user_id):
        return self.tables.people.get(user_id)


class Grants(Port):
    def add(self, grant):
        self.tables.grants[grant.grant_id] = grant

    def get(self, grant_id):
        return self.tables.grants.get(grant_id)

    def held(self, agent_id, now):
        return [one for one in self.tables.grants.values() if one.agent_id == agent_id and one.in_force(now)]

    def revoke(self, grant_id, at, by):
        self.tables.grants[grant_id] = replace(self.tables.grants[grant_id], revoked_at=at, revoked_by=by)


class Oversight(Port):
    def get(self, key):
        record = self.tables.warnings.get((key.case_no, key.deadline, key.level))
        acts = self.tables.oversight.get(key, ())
        return record and WarningCard(record, acts[-1].status if acts else WarningStatus.RAISED, len(acts))

    def add(self, act):
        acts = self.tables.oversight.get(act.key, ())
        assert act.seq == len(acts) + 1
        self.tables.oversight[act.key] = (*acts, act)


class Numbers(Port):
    def next(self, series):
        self.tables.numbers[series] += 1
        return self.tables.numbers[series]


class Incidents(Port):
    def note(self, incident):
        key = (incident.case_no, incident.ref)
        known = self.tables.incidents.get(key)
        if known is not None:
            incident = replace(incident, first_at=known.first_at, times=known.times + 1)
        self.tables.incidents[key] = incident
        return incident.times

    def put_off(self, case_no, ref, until):
        self.tables.incidents[case_no, ref] = replace(self.tables.incidents[case_no, ref], retry_at=until)

    def settle(self, case_no, ref, at, by, remark):
        known = self.tables.incidents.get((case_no, ref))
        if known is not None and known.settled_at is None:
            who = {"settled_by": by.user_id, "settled_by_name": by.name}
            self.tables.incidents[case_no, ref] = replace(known, settled_at=at, remark=remark, retry_at=None, **who)

    def settle_overcome(self, at, by, remark):
        waited = {task.task_id for task in self.tables.tasks.values() if task.status in LIVE} | set(self.tables.timers)
        over = [one for one in self.tables.incidents.values() if one.settled_at is None and one.ref not in waited]
        for one in over:
            self.settle(one.case_no, one.ref, at, by, remark)
        return len(over)


class Idempotency(Port):
    def find(self, key):
        known = self.tables.keys.get((key.user_id, key.key))
        if known is not None and known[0] != key.request_hash:
            raise IdempotencyConflict
        return known[1] if known else None

    def keep(self, key, receipt, at):
        self.tables.keys[key.user_id, key.key] = (key.request_hash, receipt)


PORTS = {
    "cases": Cases,
    "tasks": Tasks,
    "timers": Timers,
    "spans": Spans,
    "history": History,
    "forms": Forms,
    "attachments": Attachments,
    "drafts": Drafts,
    "notices": Notices,
    "outbox": Outbox,
    "warnings": Warnings,
    "remarks": Remarks,
    "urges": Urges,
    "copies": Copies,
    "questions": Questions,
    "people": People,
    "grants": Grants,
    "oversight": Oversight,
    "numbers": Numbers,
    "incidents": Incidents,
    "idempotency": Idempotency,
}


def save(table, key, record):
    if table[key].version != record.version - 1:
        raise StaleVersion(place=key)
    table[key] = record


def card_due(tables, case_no, deadline, warn_at, due_at, now):
    """Level of the card due and not yet raised, None when there is none."""
    if due_at is None:
        return None
    raised = {level for case, of, level in tables.warnings if (case, of) == (case_no, deadline)}
    if due_at <= now:
        return None if "red" in raised else "red"
    return "yellow" if warn_at is not None and warn_at <= now and not raised else None


class Definitions:
    """Published versions; the last one added for an item is in force."""

    def __init__(self, *definitions):
        self._by_id, self._current = {}, {}
        for definition in definitions:
            self.add(definition)

    def add(self, definition: Definition):
        self._by_id[definition.id] = definition
        self._current[definition.item.key] = definition

    def current(self, item_key):
        if item_key not in self._current:
            raise UnknownItem(place=item_key)
        return self._current[item_key]

    def get(self, definition_id):
        if definition_id not in self._by_id:
            raise UnknownDefinition(place=definition_id)
        return self._by_id[definition_id]


class Directory:
    def __init__(self, *organisations: Organisation):
        self._organisations = {one.code: one for one in organisations}

    def organisation(self, code):
        return self._organisations.get(code)


class Calendars:
    def __init__(self, calendar):
        self._calendar = calendar

    def of(self, org):
        return self._calendar


VECTORS = json.loads((Path(__file__).parent / "data" / "calendar_vectors.json").read_text("utf-8"))


def days(first, last):
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def calendar_2026():
    """Days off and make-up workdays of 2026 as published: Spring Festival, Mid-Autumn, National Day."""
    spans = {
        **{name: tuple(map(date.fromisoformat, span)) for name, span in VECTORS["holidays_2026"].items()},
        "中秋节": (date(2026, 9, 25), date(2026, 9, 27)),
    }
    holidays = {day: name for name, (first, last) in spans.items() for day in days(first, last)}
    makeup = frozenset(map(date.fromisoformat, VECTORS["makeup_workdays_2026"]))
    return WorkCalendar(holidays=holidays, workdays=makeup, years=frozenset({2026}))


@dataclass(frozen=True)
class Move:
    """What a scripted process does at one act: leaves nodes without passing them, passes nodes, enters nodes."""

    passes: Sequence[str] = ()
    enters: Sequence[str] = ()
    leaves: Sequence[str] = ()


class ScriptedProcess:
    """A process whose moves are written down: ``(node id, outcome or "fire")`` → :class:`Move`."""

    id = "scripted"

    def __init__(self, nodes: Sequence[Node], first: Move, moves: Mapping[tuple[str, str | None], Move]):
        self.nodes = {node.id: node for node in nodes}
        self.start_node = nodes[0]
        self.first, self.moves = first, moves

    def start(self, data):
        run = ScriptedRun(self, {"data": dict(data), "waiting": []})
        run.pass_through("0" * 32, self.start_node.id)
        run.move(self.first)
        return run

    def load(self, state):
        try:
            return ScriptedRun(self, json.loads(state))
        except ValueError as error:
            raise StateFault from error


class ScriptedRun:
    def __init__(self, process, state):
        self.process, self.state, self._passed = process, state, []

    @property
    def finished(self):
        return not self.state["waiting"]

    def waiting(self):
        return [
            Waiting(
                ref,
                kind_of(self.process.nodes[node_id]),
                self.process.nodes[node_id],
                self.state["data"],
                note=self.state.get("notes", {}).get(ref, {}),
            )
            for ref, node_id in self.state["waiting"]
        ]

    def passed(self):
        return self._passed

    def complete(self, ref, data):
        node_id = self.take(ref)
        self.state["data"] |= data
        self.pass_through(ref, node_id)
        self.move(self.step(node_id, data.get(node_id, {}).get("outcome")))

    def fire(self, ref):
        node_id = self.take(ref)
        self.pass_through(ref, node_id)
        self.move(self.step(node_id, "fire"))

    def cancel(self):
        self.state["waiting"] = []

    def dump(self):
        return json.dumps(self.state).encode()

    def note(self, ref, facts):
        self.state.setdefault("notes", {})[ref] = facts

    def take(self, ref):
        for one in self.state["waiting"]:
            if one[0] == ref:
                self.state["waiting"].remove(one)
                return one[1]
        raise TaskNotOpen(place=ref)

    def step(self, node_id, outcome):
        if (node_id, outcome) not in self.process.moves:
            raise ProcessFault(place=node_id)
        return self.process.moves[node_id, outcome]

    def move(self, move):
        waiting = {node_id: ref for ref, node_id in self.state["waiting"]}
        for node_id in (*move.leaves, *(one for one in move.passes if one in waiting)):
            self.state["waiting"].remove([waiting[node_id], node_id])
        for node_id in move.passes:
            self.pass_through(waiting.get(node_id, uuid4().hex), node_id)
        self.state["waiting"] += [[uuid4().hex, node_id] for node_id in move.enters]

    def pass_through(self, ref, node_id):
        self._passed.append(Passed(ref, self.process.nodes[node_id], dict(self.state["data"])))


def kind_of(node):
    if node.type == "userTask":
        return Kind.USER
    return Kind.TIMER if node.type.endswith("Event") else Kind.SCOPE


def at(text: str) -> datetime:
    """A moment by the clock on the wall: ``at("2026-09-18 11:05")``."""
    return datetime.fromisoformat(text).replace(tzinfo=calendar_2026().tz)
