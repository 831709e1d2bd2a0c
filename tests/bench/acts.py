"""One act, the acceptance of an application: bare engine, through storage, through HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import run
from engine.commands import CompleteTask, SubmitCase
from engine.records import Actor, Applicant
from processes.demo import read_applicants, sample_pdf
from processes.forms import Form
from processes.simulate import sample_value
from tests.bench.figures import Figure, timed
from tests.bench.site import Client, served

ITEM, NODE, CLERK, TOKEN = "lingshan-energy-review", "accept", "ls_chen", "bench-token-0123456789"
DATA = {NODE: {"outcome": "accepted"}}


def measure(home: Path, rounds: int) -> Iterator[Figure]:
    """The figures of an act; leaves a site with demonstration data in ``home``."""
    platform = run.build(replace(run.Settings(), home=home))
    run.load_demo(platform, run.CASES)
    yield from _bare(platform, rounds)
    clerk = platform.services.accounts.by_username(CLERK)
    assert clerk is not None
    actor = Actor(clerk.user_id, clerk.name, clerk.org, clerk.groups)
    tasks = [_submit(platform) for _ in range(rounds)]
    form = _values(platform, _step_form(platform))
    commands = [CompleteTask(actor, task_id, "accepted", None, form) for task_id in tasks]
    yield Figure("complete a task: engine + SQLite", timed([lambda c=c: platform.engine.execute(c) for c in commands]))
    tasks = [_submit(platform) for _ in range(rounds)]
    digest, now = hashlib.sha256(TOKEN.encode()).hexdigest(), platform.services.clock.now() - timedelta(seconds=1)
    platform.services.accounts.add_token(clerk.user_id, digest, "bench", now)
    with served(home) as port:
        client = Client(port, {"Authorization": f"Bearer {TOKEN}"})
        client.get("/api/v1/tasks")
        yield Figure("complete a task: HTTP + SQLite, 1 client", timed([_post(client, t, form) for t in tasks]), 15)


def _bare(platform: run.Platform, rounds: int) -> Iterator[Figure]:
    process = platform.services.definitions.current(ITEM).process

    def act(blob: bytes) -> None:
        loaded = process.load(blob)
        loaded.complete(loaded.waiting()[0].ref, DATA)
        loaded.dump()

    runs = [process.start({}) for _ in range(rounds)]
    refs = [started.waiting()[0].ref for started in runs]
    blobs = [started.dump() for started in runs]
    pairs = list(zip(runs, refs, strict=True))
    yield Figure(
        "complete a task: bare engine in memory", timed([lambda p=p: p[0].complete(p[1], DATA) for p in pairs])
    )
    yield Figure("load, complete, save: no database", timed([lambda b=b: act(b) for b in blobs]))


def _step_form(platform: run.Platform) -> Form:
    definition = platform.services.definitions.current(ITEM)
    package = platform.services.packages.get(definition.id)
    return package.forms[definition.process.nodes[NODE].ext.form or ""]


def _values(platform: run.Platform, form: Form) -> dict[str, Any]:
    today = platform.services.clock.now().date()
    return {q.key: v for q in form.fields if (v := sample_value(q, today)) is not None}


def _submit(platform: run.Platform) -> str:
    services = platform.services
    sample = next(one for one in read_applicants(run.BPMN) if one.username == "company1")
    definition = services.definitions.current(ITEM)
    package = services.packages.get(definition.id)
    now = services.clock.now()
    values = _values(platform, package.forms[definition.process.start_node.ext.form or ""])
    files = tuple(
        services.files.add(
            field=material.id,
            filename=f"{material.name}.pdf",
            media_type="application/pdf",
            content=sample_pdf(),
            owner=sample.username,
            draft_id=None,
            at=now,
        ).attachment_id
        for material in package.item.materials or ()
    )
    applicant: Applicant = sample.applicant(sample.username)
    command = SubmitCase(Actor(sample.username, sample.name), ITEM, applicant, values, files)
    return platform.engine.execute(command).opened[0]


def _post(client: Client, task_id: str, form: dict[str, Any]) -> Callable[[], None]:
    def post() -> None:
        status, body = client.post(f"/api/v1/tasks/{task_id}/complete", {"outcome": "accepted", "form": form})
        assert status == 200, body

    return post
