"""A wired platform with one real procedure, its people and cases, for the tests of faults and of the checker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import run
from engine.clock import ManualClock
from engine.commands import CompleteTask, IdempotencyKey, SubmitCase
from engine.doctor import ALL, Examination, Violation
from engine.records import APPLICANT_GROUP, Actor, Applicant, TaskRecord
from processes.demo import read_applicants, sample_pdf
from processes.forms import FieldType
from processes.simulate import DETOURS, GOOD_OPINION, Play, Simulation, sample_value
from storage.migrations import migrate
from storage.queries.casefiles import CaseFiles
from storage.rows import TASK
from storage.tables import tasks

MONDAY = datetime(2026, 9, 14, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
ITEM = "lingshan-energy-review"
PACKAGE = run.BPMN / "lingshan" / "energy-review"


@cache
def applicant() -> Applicant:
    """A sample company."""
    return next(one.applicant(one.username) for one in read_applicants(run.BPMN) if one.username == "company1")


def citizen() -> Actor:
    """The account that applies for it."""
    return Actor(applicant().user_id or "", applicant().name)


def key(name: str, user_id: str) -> IdempotencyKey:
    """A client's key; the request is told apart by the name alone."""
    return IdempotencyKey(name, user_id, name)


@dataclass(frozen=True)
class Site:
    """A platform under a clock that stands."""

    platform: run.Platform
    #: key of the item that is applied for
    item: str = ITEM

    @classmethod
    def open(cls, home: Path, url: str, at: datetime = MONDAY, item: str = ITEM) -> Site:
        """The platform that keeps its files in ``home`` and its records at ``url``; nothing is written."""
        return cls(run.build(run.Settings(home=home, database_url=url), ManualClock(at)), item)

    @classmethod
    def found(cls, home: Path, url: str, package: Path = PACKAGE, item: str = ITEM) -> Site:
        """The same, with its tables and one procedure published; with the sample people when it is one of theirs."""
        site = cls.open(home, url, item=item)
        migrate(site.platform.database)
        run.deploy_paths(site.platform, [package], by="测试", note="故障演练")
        if package.is_relative_to(run.BPMN):
            run.load_people(site.platform.services, run.BPMN)
        return site

    def close(self) -> None:
        self.platform.database.close()

    def execute(self, command: Any, key: IdempotencyKey | None = None) -> Any:
        return self.platform.engine.execute(command, key)

    # -- cases --

    def play(self, plays: Sequence[Play], until: datetime) -> None:
        """Work cases through the real engine up to a moment."""
        services = self.platform.services
        Simulation(
            execute=self.platform.engine.execute,
            sweep=self.platform.sweeper.sweep,
            clock=self.clock,
            calendar=services.calendars.of(None),
            definitions=services.definitions,
            packages=services.packages.get,
            cases=services.cases,
            staff=[Actor(user.user_id, user.name, user.org, user.groups) for user in services.accounts.staff()],
            upload=self.upload,
        ).run(plays, until)

    def play_samples(self) -> None:
        """A case in every situation that the procedure knows, twelve days after they were handed in."""
        ways: list[dict[str, Any]] = [{}, {"acts": 1, "detours": ("supplement",)}, *({"acts": n} for n in range(4))]
        self.play([Play(ITEM, applicant(), MONDAY, **way) for way in ways], MONDAY + timedelta(days=12))

    def submit(self, number: int = 1) -> list[str]:
        """Hand in ``number`` applications; the ids of the tasks that they open."""
        command = self.application()
        return [task_id for _ in range(number) for task_id in self.execute(command).opened]

    def application(self) -> SubmitCase:
        """An application without files."""
        return SubmitCase(citizen(), self.item, applicant(), self._values(self._start_form()))

    def upload(self, *, field: str, filename: str, owner: str) -> str:
        """A small file that is like no other; its id."""
        content = sample_pdf() + f"% {next(_FILES)}\n".encode()
        return self.platform.services.files.add(
            field=field,
            filename=filename,
            media_type="application/pdf",
            content=content,
            owner=owner,
            draft_id=None,
            at=self.clock.now(),
        ).attachment_id

    # -- tasks --

    def open_tasks(self, limit: int = 100) -> list[TaskRecord]:
        """Tasks in the inboxes of staff."""
        live = tasks.c.urgent_at.is_not(None) & (tasks.c.group != APPLICANT_GROUP)
        with self.platform.database.reading() as connection:
            rows = connection.execute(tasks.select().with_only_columns(*TASK.columns).where(live).limit(limit)).all()
        return [TASK.read(row) for row in rows]

    def task(self, task_id: str) -> TaskRecord:
        found = self.platform.services.inbox.task(task_id)
        assert found is not None, task_id
        return found

    def completion(self, task: TaskRecord, clerk: str = "clerk") -> CompleteTask:
        """The completion of a task with its usual outcome, by a clerk who holds the post and no other."""
        definition = self.platform.services.definitions.current(self.item)
        node = definition.process.nodes[task.node_id]
        usual = [one.code for one in node.ext.outcomes if one.code not in DETOURS]
        actor = Actor(f"{clerk}-{task.node_id}", "办理人员", task.org, frozenset({task.group}))
        values = self._values(node.ext.form)
        return CompleteTask(actor, task.task_id, usual[0] if usual else None, GOOD_OPINION, values)

    # -- the checker --

    def violations(self) -> list[Violation]:
        """What the checker finds."""
        services = self.platform.services
        records = CaseFiles(self.platform.database)
        return list(Examination(records, services.definitions, services.calendars, services.files, ALL))

    @property
    def clock(self) -> ManualClock:
        clock = self.platform.services.clock
        assert isinstance(clock, ManualClock)
        return clock

    def _start_form(self) -> str | None:
        return self.platform.services.definitions.current(self.item).process.start_node.ext.form

    def _values(self, ref: str | None) -> dict[str, Any]:
        if ref is None:
            return {}
        services = self.platform.services
        form = services.packages.get(services.definitions.current(self.item).id).forms[ref]
        asked = [question for question in form.fields if question.type is not FieldType.FILE]
        return {q.key: value for q in asked if (value := sample_value(q, MONDAY.date())) is not None}


_FILES: Iterator[int] = count(1)
