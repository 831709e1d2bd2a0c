"""Hostile and odd requests, made from the OpenAPI document: whatever comes, the interface answers as it is described.

``make fuzz-api`` runs the same for as long as one likes: ``EXAMPLES=2000 make fuzz-api``, ``SEED=7`` for other ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

import run
from tests.acceptance.callers import API, COMPANY, ENERGY, WINDOW, Caller, apply, waiting
from webapp.api import PROBLEM_TYPE

#: examples for each operation, and where they start
EXAMPLES, SEED = int(os.environ.get("EXAMPLES", "25")), int(os.environ.get("SEED", "1"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [
    ("GET", "/items"),
    ("GET", "/items/{code}"),
    ("GET", "/cases"),
    ("POST", "/cases"),
    ("GET", "/cases/{case_no}"),
    ("GET", "/cases/{case_no}/timeline"),
    ("GET", "/tasks"),
    ("GET", "/tasks/{task_id}"),
    ("POST", "/tasks/{task_id}/claim"),
    ("POST", "/tasks/{task_id}/release"),
    ("POST", "/tasks/{task_id}/complete"),
    ("GET", "/tasks/{task_id}/colleagues"),
    ("GET", "/tasks/{task_id}/returns"),
    *(
        ("POST", f"/tasks/{{task_id}}/{act}")
        for act in ("transfer", "delegate", "hand-back", "recall", "return", "take-back", "urge", "cc")
    ),
    ("POST", "/tasks/bulk"),
    ("GET", "/cases/{case_no}/questions"),
    *(
        ("POST", f"/cases/{{case_no}}/{act}")
        for act in ("urge", "cc", "questions", "withdraw", "terminate", "suspend", "resume")
    ),
    ("GET", "/questions"),
    ("POST", "/questions/{question_id}/answer"),
    ("GET", "/copies"),
    ("POST", "/copies/{copy_id}/read"),
    ("GET", "/grants"),
    ("POST", "/grants"),
    ("POST", "/grants/{grant_id}/revoke"),
    ("POST", "/users/{user_id}/hand-over"),
    ("POST", "/files"),
    ("GET", "/definitions"),
    ("GET", "/definitions/{key}/versions"),
    ("POST", "/definitions/{key}/publish"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_no_request_breaks_the_interface(
    app: Flask, platform: run.Platform, call: Callable[[str], Caller], method: str, path: str
) -> None:
    schema = schemathesis.openapi.from_wsgi(f"{API}/openapi.json", app)
    operation = schema[API + path][method]
    task = waiting(call(WINDOW), apply(call(COMPANY)))
    # half of the requests are about something that is there
    known = {"code": ENERGY, "key": ENERGY, "task_id": task["task_id"], "case_no": task["case_no"]}
    known |= {"question_id": "0" * 32, "copy_id": "0" * 32, "grant_id": "0" * 32, "user_id": WINDOW}
    callers = {name: call(name) for name in ("admin", WINDOW, COMPANY)}
    modes = schemathesis.GenerationMode
    cases = operation.as_strategy(generation_mode=modes.POSITIVE) | operation.as_strategy(
        generation_mode=modes.NEGATIVE
    )

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(case=cases, there=st.booleans(), who=st.sampled_from(sorted(callers)))
    def ask(case: schemathesis.Case, there: bool, who: str) -> None:
        if there:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        caller = callers[who]
        answer = case.call(headers=caller.headers)
        case.validate_response(answer, checks=CHECKS, headers=caller.headers)
        if answer.status_code >= 400:
            check_problem(answer)

    ask()


def check_problem(answer: Any) -> None:
    """A problem is told in Chinese."""
    assert PROBLEM_TYPE in str(answer.headers["content-type"])
    body = answer.json()
    assert any("\u4e00" <= char <= "\u9fff" for char in body["title"] + body["detail"]), body


def test_no_operation_is_left_out(app: Flask) -> None:
    paths = app.test_client().get(f"{API}/openapi.json").json["paths"]
    documented = {(method.upper(), path.removeprefix(API)) for path, ways in paths.items() for method in ways}
    assert documented - {way for way in documented if way[0] == "PARAMETERS"} == set(OPERATIONS)
