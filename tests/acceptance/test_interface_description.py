"""The OpenAPI document is valid, and every operation answers with every status that it lists, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from flask import Flask
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

import run
from engine.clock import ManualClock
from storage.database import Busy
from tests.acceptance.callers import (
    API,
    APPROVER,
    COMPANY,
    ENERGY,
    REVIEWER,
    WINDOW,
    Caller,
    application,
    apply,
    problem,
    waiting,
)
from tests.acceptance.test_interface_refusals import ELSEWHERE, REVIEWED
from tests.acceptance.test_main_job_over_the_interface import complete
from tests.acceptance.test_publishing_over_the_interface import files
from webapp.api import PROBLEM_TYPE
from webapp.app import create_app
from webapp.config import WebConfig

Call = Callable[[str], Caller]
Ask = Callable[[Caller], TestResponse]
NOBODY = "0" * 32
PUBLISH = f"/definitions/{ENERGY}/publish"
HUGE = {"opinion": "长" * 8_000_000}


def document(app: Flask) -> dict[str, Any]:
    return dict(app.test_client().get(f"{API}/openapi.json").json)


def documented(app: Flask) -> set[tuple[str, str, int]]:
    """Operation and status, for all that is documented."""
    return {
        (method.upper(), path.removeprefix(API), int(status))
        for path, operations in document(app)["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
        for status in operation["responses"]
    }


def test_the_document_is_valid(app: Flask) -> None:
    validate(document(app))


def test_every_operation_says_in_chinese_what_it_does_and_who_may_call_it(app: Flask) -> None:
    schemes = document(app)["components"]["securitySchemes"].keys()
    for path, operations in document(app)["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert any("\u4e00" <= char <= "\u9fff" for char in operation["summary"]), path
            named = {scheme for way in operation["security"] for scheme in way}
            assert named <= schemes
            assert bool(named) is not path.startswith(f"{API}/items"), path
            assert ("csrf" in named) is (method == "post"), path
            for status, answer in operation["responses"].items():
                kind = PROBLEM_TYPE if int(status) >= 400 else "application/json"
                found = answer
                if "$ref" in answer:
                    found = document(app)["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(found["content"]) == [kind], (path, status)


def test_every_change_that_may_be_repeated_takes_the_key(app: Flask) -> None:
    keyed = {
        path.removeprefix(API)
        for path, operations in document(app)["paths"].items()
        for parameter in operations.get("post", {}).get("parameters", ())
        if parameter["name"] == "Idempotency-Key"
    }
    posts = {path.removeprefix(API) for path, ways in document(app)["paths"].items() if "post" in ways}
    # an upload is no act, a publication is known by its content, and many acts at once are many keys
    unkeyed = {"/files", "/definitions/{key}/publish", "/tasks/bulk", "/users/{user_id}/hand-over"}
    assert keyed == posts - unkeyed


# ---- every operation with every status


def post(path: str, body: Any = None, **headers: str) -> Ask:
    return lambda caller: caller.post(path, body, **headers)


def get(path: str, **query: str) -> Ask:
    return lambda caller: caller.get(path, **query)


def reading(path: str, template: str, bad: Mapping[int, tuple[str, Ask]]) -> Iterator[tuple[str, str, int, str, Ask]]:
    for status, (who, ask) in bad.items():
        yield "GET", template, status, who, ask
    if not template.startswith("/items"):
        yield "GET", template, 401, "nobody", get(path)
    yield "GET", template, 500, "broken", get(path)


def changing(path: str, template: str, bad: Mapping[int, tuple[str, Ask]]) -> Iterator[tuple[str, str, int, str, Ask]]:
    for status, (who, ask) in bad.items():
        yield "POST", template, status, who, ask
    yield "POST", template, 401, "nobody", post(path, {})
    yield "POST", template, 500, "broken", post(path, {})
    if template != "/files":
        yield "POST", template, 400, "admin", lambda caller: raw(caller, path, b"{")
        yield "POST", template, 413, "admin", post(path, HUGE)
    yield "POST", template, 415, "admin", lambda caller: raw(caller, path, b"x", "text/plain")


def raw(caller: Caller, path: str, body: bytes, kind: str = "application/json") -> TestResponse:
    return caller.client.post(API + path, data=body, content_type=kind, headers=caller.headers)


def operations(citizen: Caller, window: Caller, platform: run.Platform) -> Iterator[tuple[str, str, int, str, Ask]]:
    """What colleagues do with a task and a case."""
    clock = platform.services.clock
    assert isinstance(clock, ManualClock)

    def fresh() -> tuple[str, str]:
        task = waiting(window, apply(citizen))
        return str(task["case_no"]), str(task["task_id"])

    def made(caller: Caller, path: str, body: Any) -> str:
        answer = caller.post(path, body)
        assert answer.status_code == 200, answer.text
        return str(answer.json["made"][0]) if "made" in answer.json else ""

    closed, gone = fresh()
    refusal = {"outcome": "not_accepted", "opinion": "不属于本机关职权", "form": REVIEWED}
    assert window.post(f"/tasks/{gone}/complete", refusal).status_code == 200
    helper, reviewer = (
        Caller(window.client.application, platform, "ls_ning"),
        Caller(window.client.application, platform, REVIEWER),
    )
    _, handed = fresh()
    _, recalled = fresh()
    for one in (handed, recalled):
        made(window, f"/tasks/{one}/delegate", {"to": helper.username})
    reviewed_case, accepting = fresh()
    clock.advance(timedelta(minutes=1))
    complete(window, accepting, "accepted")
    clock.advance(timedelta(minutes=1))
    reviewed = waiting(window, reviewed_case)["task_id"]
    complete(reviewer, reviewed, reviewer.get(f"/tasks/{reviewed}").json["outcomes"][0]["code"])
    for act, who, task_id, good in (
        ("transfer", WINDOW, fresh()[1], {"to": "ls_huang"}),
        ("delegate", WINDOW, fresh()[1], {"to": "ls_ning"}),
        ("hand-back", "ls_ning", handed, {"opinion": "同意"}),
        ("recall", WINDOW, recalled, {}),
        ("return", WINDOW, fresh()[1], {"to": "applicant", "reason": "请补充"}),
        ("take-back", REVIEWER, reviewed, {}),
        ("urge", "ls_mo", fresh()[1], {}),
        ("cc", WINDOW, fresh()[1], {"to": ["ls_wei"]}),
    ):
        path = f"/tasks/{task_id}/{act}"
        late = (f"busy:{WINDOW}", post(path, good)) if act == "cc" else (who, post(f"/tasks/{gone}/{act}", good))
        yield from changing(
            path,
            f"/tasks/{{task_id}}/{act}",
            {
                403: (ELSEWHERE, post(path, good)),
                404: (WINDOW, post(f"/tasks/{NOBODY}/{act}", good)),
                409: late,
                422: (WINDOW, post(path, {"x": 1})),
                200: (who, post(path, good)),
            },
        )
    case_no, task_id = fresh()
    for part, statuses in (("colleagues", {}), ("returns", {409: (WINDOW, get(f"/tasks/{gone}/returns"))})):
        path = f"/tasks/{task_id}/{part}"
        yield from reading(
            path,
            f"/tasks/{{task_id}}/{part}",
            {200: (WINDOW, get(path)), 403: (ELSEWHERE, get(path)), 404: ("company2", get(path)), **statuses},
        )
    stopped = fresh()[0]
    for act, who, number, good in (
        ("urge", COMPANY, case_no, {}),
        ("cc", WINDOW, case_no, {"to": ["ls_wei"]}),
        ("questions", WINDOW, case_no, {"to": "applicant", "text": "面积多少？"}),
        ("withdraw", COMPANY, fresh()[0], {}),
        ("terminate", APPROVER, fresh()[0], {"reason": "申请人已注销"}),
        ("suspend", APPROVER, stopped, {"basis": "《行政许可法》第四十五条"}),
        ("resume", APPROVER, stopped, {}),
    ):
        path = f"/cases/{number}/{act}"
        late = (f"busy:{WINDOW}", post(path, good)) if act == "cc" else (who, post(f"/cases/{closed}/{act}", good))
        yield from changing(
            path,
            f"/cases/{{case_no}}/{act}",
            {
                403: (ELSEWHERE, post(path, good)),
                404: ("company2", post(path, good)),
                409: late,
                422: (WINDOW, post(path, {"x": 1})),
                200: (who, post(path, good)),
            },
        )
    path = f"/cases/{case_no}/questions"
    yield from reading(
        path,
        "/cases/{case_no}/questions",
        {200: (COMPANY, get(path)), 403: (ELSEWHERE, get(path)), 404: ("company2", get(path))},
    )
    yield from reading("/questions", "/questions", {200: (WINDOW, get("/questions"))})
    asked = [made(window, path, {"to": "applicant", "text": f"第{n}问"}) for n in (1, 2)]
    made(citizen, f"/questions/{asked[1]}/answer", {"text": "答"})
    path, good = f"/questions/{asked[0]}/answer", {"text": "一百平方米"}
    yield from changing(
        path,
        "/questions/{question_id}/answer",
        {
            403: (WINDOW, post(path, good)),
            404: (COMPANY, post(f"/questions/{NOBODY}/answer", good)),
            409: (COMPANY, post(f"/questions/{asked[1]}/answer", good)),
            422: (COMPANY, post(path, {})),
            200: (COMPANY, post(path, good)),
        },
    )
    yield from reading("/copies", "/copies", {200: (WINDOW, get("/copies")), 422: (WINDOW, get("/copies", limit="0"))})
    path = f"/copies/{made(window, f'/cases/{case_no}/cc', {'to': [APPROVER]})}/read"
    yield from changing(
        path,
        "/copies/{copy_id}/read",
        {
            404: (WINDOW, post(path, {})),
            409: (f"busy:{APPROVER}", post(path, {})),
            422: (APPROVER, post(path, {"x": 1})),
            200: (APPROVER, post(path, {})),
        },
    )
    yield from reading("/grants", "/grants", {200: (WINDOW, get("/grants"))})
    ends_at = (clock.now() + timedelta(days=3)).isoformat()
    grant = {"kind": "stand_in", "principal_id": WINDOW, "agent_id": "ls_ning", "ends_at": ends_at}
    key = made(window, "/grants", grant)
    yield from changing(
        "/grants",
        "/grants",
        {
            200: (WINDOW, post("/grants", grant)),
            403: ("ls_huang", post("/grants", grant)),
            404: (WINDOW, post("/grants", grant | {"agent_id": "nobody"})),
            409: (f"busy:{WINDOW}", post("/grants", grant)),
            422: (WINDOW, post("/grants", grant | {"ends_at": "2020-01-01T00:00:00+08:00"})),
        },
    )
    path = f"/grants/{key}/revoke"
    yield from changing(
        path,
        "/grants/{grant_id}/revoke",
        {
            403: (ELSEWHERE, post(path, {})),
            404: (WINDOW, post(f"/grants/{NOBODY}/revoke", {})),
            409: (f"busy:{WINDOW}", post(path, {})),
            422: (WINDOW, post(path, {"x": 1})),
            200: (WINDOW, post(path, {})),
        },
    )
    bulk = {"action": "claim", "task_ids": [fresh()[1], NOBODY]}
    yield from changing(
        "/tasks/bulk",
        "/tasks/bulk",
        {
            200: (WINDOW, post("/tasks/bulk", bulk)),
            403: (COMPANY, post("/tasks/bulk", bulk)),
            422: (WINDOW, post("/tasks/bulk", {"action": "transfer", "task_ids": [NOBODY]})),
        },
    )
    path = "/users/ls_huang/hand-over"
    yield from changing(
        path,
        "/users/{user_id}/hand-over",
        {
            200: ("admin", post(path, {})),
            403: (WINDOW, post(path, {})),
            404: ("admin", post("/users/nobody/hand-over", {})),
            422: ("admin", post(path, {"x": 1})),
        },
    )


@pytest.fixture(scope="module")
def ways(app: Flask, platform: run.Platform) -> list[tuple[str, str, int, str, Ask]]:
    """Operation, status, and who has to ask what to be answered so."""
    citizen, window = Caller(app, platform, COMPANY), Caller(app, platform, WINDOW)
    body, case_no = application(citizen), apply(citizen)
    task, done = waiting(window, case_no), waiting(window, apply(citizen))
    refusal = {"outcome": "not_accepted", "opinion": "不属于本机关职权", "form": REVIEWED}
    assert window.post(f"/tasks/{done['task_id']}/complete", refusal).status_code == 200
    case, one, gone = f"/cases/{case_no}", f"/tasks/{task['task_id']}", f"/tasks/{done['task_id']}"
    found: list[tuple[str, str, int, str, Ask]] = [
        *reading("/items", "/items", {200: (COMPANY, get("/items")), 422: (COMPANY, get("/items", x="1"))}),
        *reading(
            f"/items/{ENERGY}",
            "/items/{code}",
            {200: (COMPANY, get(f"/items/{ENERGY}")), 404: (COMPANY, get("/items/x"))},
        ),
        *reading("/cases", "/cases", {200: (WINDOW, get("/cases")), 422: (WINDOW, get("/cases", limit="0"))}),
        *reading("/tasks", "/tasks", {200: (WINDOW, get("/tasks")), 422: (WINDOW, get("/tasks", due="x"))}),
        *reading(
            "/supervision/warnings",
            "/supervision/warnings",
            {
                200: ("ls_mo", get("/supervision/warnings")),
                403: (COMPANY, get("/supervision/warnings")),
                422: ("ls_mo", get("/supervision/warnings", level="blue")),
            },
        ),
        *reading(
            "/definitions", "/definitions", {200: ("admin", get("/definitions")), 403: (COMPANY, get("/definitions"))}
        ),
        *reading(
            f"/definitions/{ENERGY}/versions",
            "/definitions/{key}/versions",
            {
                200: ("admin", get(f"/definitions/{ENERGY}/versions")),
                403: (COMPANY, get(f"/definitions/{ENERGY}/versions")),
                404: ("admin", get("/definitions/x/versions")),
            },
        ),
        *changing(
            PUBLISH,
            "/definitions/{key}/publish",
            {
                201: ("admin", post(PUBLISH, {"files": files()})),
                403: (COMPANY, post(PUBLISH, {})),
                404: ("admin", post("/definitions/a%00/publish", {})),
                422: ("admin", post(PUBLISH, {})),
            },
        ),
        *changing(
            "/cases",
            "/cases",
            {
                201: (COMPANY, post("/cases", body)),
                403: ("ls_lin", post("/cases", body)),
                404: (COMPANY, post("/cases", body | {"item": "x"})),
                409: ("busy", post("/cases", application(citizen))),
                422: (COMPANY, post("/cases", {})),
            },
        ),
        *changing(
            "/files",
            "/files",
            {
                201: (COMPANY, lambda caller: caller.upload(item=ENERGY, field="application")),
                403: (ELSEWHERE, lambda caller: caller.upload(task_id=task["task_id"], field="x")),
                404: (COMPANY, lambda caller: caller.upload(item="x", field="x")),
                413: ("small", lambda caller: caller.upload(bytes(2_000_000), item=ENERGY, field="x")),
                422: (COMPANY, lambda caller: caller.upload(item=ENERGY)),
            },
        ),
    ]
    for path, template in (
        (case, "/cases/{case_no}"),
        (f"{case}/timeline", "/cases/{case_no}/timeline"),
        (one, "/tasks/{task_id}"),
    ):
        found += reading(
            path,
            template,
            {200: (WINDOW, get(path)), 403: (ELSEWHERE, get(path)), 404: ("company2", get(path))},
        )
    for act, good in (("claim", {}), ("release", {}), ("complete", refusal)):
        found += changing(
            f"{one}/{act}",
            f"/tasks/{{task_id}}/{act}",
            {
                200: (WINDOW, post(f"{one}/{act}", good)),
                403: (ELSEWHERE, post(f"{one}/{act}", good)),
                404: (WINDOW, post(f"/tasks/{NOBODY}/{act}", good)),
                409: (WINDOW, post(f"{gone}/{act}", good)),
                422: (WINDOW, post(f"{one}/{act}", {"x": 1})),
            },
        )
    return [*found, *operations(citizen, window, platform)]


def test_every_operation_answers_with_every_status_that_it_lists(
    app: Flask, platform: run.Platform, call: Call, ways: list[tuple[str, str, int, str, Ask]]
) -> None:
    schema = schemathesis.openapi.from_dict(document(app))
    for method, template, status, who, ask in ways:
        caller = caller_of(who, app, platform, call)
        answer = ask(caller)
        assert answer.status_code == status, (method, template, status, who, answer.text)
        if status >= 400:
            problem(answer, status)
        schema[API + template][method].validate_response(answer)
    assert {way[:3] for way in ways} == documented(app)


def caller_of(who: str, app: Flask, platform: run.Platform, call: Call) -> Caller:
    """An account; ``nobody``; or somebody in front of a platform that is ``broken``, ``busy`` (for ``busy:whom``) or
    ``small``."""
    if who == "nobody":
        caller = Caller(app, platform, COMPANY)
        caller.headers = {}
        return caller
    if who == "small":
        return Caller(replace(platform, settings=replace(platform.settings, max_upload_mb=1)).app(), platform, COMPANY)
    how, _, name = who.partition(":")
    if how in ("broken", "busy"):
        return Caller(spoiled(platform, how), platform, name or COMPANY)
    return call(who)


def spoiled(platform: run.Platform, how: str) -> Flask:
    """The application in front of services that fail."""

    def fail(*_: Any, **__: Any) -> Any:
        raise Busy if how == "busy" else RuntimeError("geheim")

    services = platform.services
    changed = {"execute": fail}
    if how == "broken":
        accounts = SimpleNamespace(by_token=fail)
        changed = {"accounts": accounts, "catalog": SimpleNamespace(items=fail, item=fail)}
    return create_app(replace(services, **changed), WebConfig("0" * 40, platform.settings.home))


def test_a_fault_of_ours_tells_a_number_and_nothing_else(platform: run.Platform) -> None:
    answer = Caller(spoiled(platform, "broken"), platform, COMPANY).get("/tasks")
    body = problem(answer, 500)
    assert body["reference"].startswith("E-")
    assert "geheim" not in answer.text
