"""What the REST interface refuses: with which problem, naming which place, and with nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

import run
from processes.demo import sample_pdf
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
    nothing_stored,
    problem,
    waiting,
)
from webapp.demo import DEMO_PASSWORD

Call = Callable[[str], Caller]
#: staff of another county
ELSEWHERE = "bz_hao"


# ---- bodies that cannot be read


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"version": 1', "第 1 行"),
        ('{\n  "version": 一}', "第 2 行"),
        ('{"version": NaN}', "第 1 行"),
        ('{"outcome": "\\ud800"}', "第 1 行"),
        ('{"form": ' + "[" * 3000 + "]" * 3000 + "}", "第 1 行"),
        (b'{"opinion": "\xff"}', "第 1 行"),
    ],
    ids=["cut off", "no value", "no number", "half a character", "too deep", "no text"],
)
def test_a_body_that_is_no_json_is_refused_with_its_place(call: Call, body: str | bytes, place: str) -> None:
    caller = call(WINDOW)
    answer = caller.client.post(
        f"{API}/tasks/none/complete", data=body, content_type="application/json", headers=caller.headers
    )
    assert place in problem(answer, 400, "malformed")["place"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
def test_a_body_of_another_kind_is_refused(call: Call, kind: str | None) -> None:
    caller = call(WINDOW)
    answer = caller.client.post(
        f"{API}/tasks/x/claim", data=b'{"version": 1}', content_type=kind, headers=caller.headers
    )
    assert "application/json" in problem(answer, 415)["detail"]


def test_an_upload_that_is_no_form_is_refused(call: Call) -> None:
    problem(call(COMPANY).post("/files", {"field": "application", "item": ENERGY}), 415)


@pytest.mark.parametrize("path", ["/tasks/x/claim", "/cases"])
def test_a_body_that_is_too_large_is_refused(call: Call, path: str) -> None:
    answer = call(WINDOW).post(path, {"opinion": "长" * 600_000})
    assert "1 MB" in problem(answer, 413)["detail"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"versoin": 1}, {"versoin": ["没有这个字段"]}),
        ([], {"body": ["应是一个对象"]}),
        ({"version": "1"}, {"version": ["应是整数"]}),
        ({"version": 1.5}, {"version": ["应是整数"]}),
        ({"form": []}, {"form": ["应是一个对象"]}),
        ({"attachments": "a"}, {"attachments": ["应是一个列表"]}),
        ({"attachments": [1]}, {"attachments.0": ["应是文字"]}),
        ({"opinion": "长" * 2001}, {"opinion": ["最多 2000 个字"]}),
    ],
    ids=lambda value: json.dumps(value, ensure_ascii=False)[:30],
)
def test_every_field_that_is_wrong_is_named(call: Call, body: Any, fields: dict[str, list[str]]) -> None:
    assert problem(call(WINDOW).post("/tasks/x/complete", body), 422, "invalid_form")["fields"] == fields


@pytest.mark.parametrize("path", ["/cases", "/tasks"])
@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"cursor": "x" * 301}, "cursor"),
        ({"lmit": "3"}, "lmit"),
        ({"text": "长" * 101}, "text"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_question_that_makes_no_sense_is_refused(call: Call, path: str, query: dict[str, str], place: str) -> None:
    assert list(problem(call(WINDOW).get(path, **query), 422)["fields"]) == [place]


@pytest.mark.parametrize("path", ["/cases", "/tasks"])
@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMiwzXQ", "\u6f22", "e30", "bnVsbA"])
def test_a_cursor_that_is_none_of_ours_is_refused(call: Call, path: str, cursor: str) -> None:
    assert problem(call(WINDOW).get(path, cursor=cursor), 422)["place"] == "cursor"


def test_codes_that_there_are_not_are_refused(call: Call) -> None:
    caller = call(WINDOW)
    assert "submitted" in problem(caller.get("/cases", status="open"), 422)["fields"]["status"][0]
    assert "claimable" in problem(caller.get("/tasks", scope="all"), 422)["fields"]["scope"][0]
    assert "overdue" in problem(caller.get("/tasks", due="late"), 422)["fields"]["due"][0]


# ---- who calls


def test_without_a_token_or_with_a_wrong_one_nobody_comes_in(app: Flask) -> None:
    client = app.test_client()
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}):
        answer = client.get(f"{API}/tasks", headers=headers)
        assert "Bearer" in problem(answer, 401)["detail"]
        assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_a_session_needs_the_pages_token_to_change_something(app: Flask, platform: run.Platform, call: Call) -> None:
    task = waiting(call(WINDOW), apply(call(COMPANY)))
    browser = app.test_client()
    page = browser.get("/login").text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"username": WINDOW, "password": DEMO_PASSWORD, "csrf_token": token}
    assert browser.post("/login", data=form).status_code == 302
    address = f"{API}/tasks/{task['task_id']}/claim"
    assert browser.get(f"{API}/tasks/{task['task_id']}").json["status"] == "open"
    assert problem(browser.post(address, json={}), 403)["place"] == "X-CSRFToken"
    page = browser.get("/work/").text
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    answer = browser.post(address, json={}, headers={"X-CSRFToken": token})
    assert answer.status_code == 200, answer.text
    assert answer.json["task_status"] == "claimed"


def test_a_task_of_others_tells_nothing(call: Call, platform: run.Platform) -> None:
    task = waiting(call(WINDOW), apply(call(COMPANY)))
    where, secret = f"/tasks/{task['task_id']}", (task["applicant_name"], task["item_name"], "节能")
    with nothing_stored(platform):
        for name, status in ((ELSEWHERE, 403), ("company2", 404), (COMPANY, 404)):
            answers = [
                call(name).get(where),
                *(call(name).post(f"{where}/{act}", {"version": 1}) for act in ("claim", "release", "complete")),
            ]
            for answer in answers:
                problem(answer, status)
                assert not [word for word in secret if word in answer.text]
    case = f"/cases/{task['case_no']}"
    for path in (case, f"{case}/timeline"):
        problem(call("company2").get(path), 404, "unknown_case")
        problem(call(ELSEWHERE).get(path), 403)
    assert call("company2").get("/cases", text=task["case_no"]).json["cases"] == []


def test_a_done_task_of_others_looks_like_an_open_one(call: Call) -> None:
    window = call(WINDOW)
    task = waiting(window, apply(call(COMPANY)))
    body = {"outcome": "not_accepted", "opinion": "不属于本机关职权", "form": REVIEWED}
    done = window.post(f"/tasks/{task['task_id']}/complete", body)
    assert done.status_code == 200, done.text
    problem(call("company2").post(f"/tasks/{task['task_id']}/claim"), 404, "unknown_task")
    problem(call(ELSEWHERE).post(f"/tasks/{task['task_id']}/claim"), 403)


def test_a_person_is_masked_for_colleagues_who_do_not_work_the_case(call: Call) -> None:
    from tests.acceptance.test_main_job_over_the_interface import complete

    item, citizen = "lingshan-ethnicity-change", call("citizen1")
    case_no = apply(citizen, item)
    window = call("ls_nong")
    assert window.get(f"/cases/{case_no}").json["applicant_name"] == "黄秀珍"
    assert window.get("/cases", text=case_no).json["cases"][0]["applicant_name"] == "黄*珍"
    assert citizen.get("/cases", text=case_no).json["cases"][0]["applicant_name"] == "黄秀珍"
    complete(window, waiting(window, case_no)["task_id"], "accepted")
    assert call("ls_nong").get(f"/cases/{case_no}").json["applicant_name"] == "黄*珍"


def test_only_an_administrator_publishes(call: Call) -> None:
    body = {"files": {"item.yaml": "key: x"}}
    for name in (WINDOW, APPROVER, COMPANY):
        problem(call(name).post(f"/definitions/{ENERGY}/publish", body), 403)
    problem(call(COMPANY).get("/definitions"), 403)


# ---- applying

REVIEWED = {"scope": "ok", "truth": "ok", "lawful": "ok", "signed": "ok"}


def test_an_unknown_item_is_named(call: Call, platform: run.Platform) -> None:
    citizen = call(COMPANY)
    body = application(citizen)
    with nothing_stored(platform):
        assert problem(citizen.post("/cases", {**body, "item": "no-such-item"}), 404, "unknown_item")["place"]
        problem(citizen.get("/items/no-such-item"), 404, "unknown_item")
        problem(citizen.upload(item="no-such-item", field="application"), 404, "unknown_item")


def test_everything_wrong_with_an_application_is_said_at_once(call: Call, platform: run.Platform) -> None:
    citizen = call(COMPANY)
    body = application(citizen)
    del body["form"]["project_name"]
    body["form"] |= {"coal": "很多", "colour": "red"}
    body["applicant"] |= {"phone": "12345", "agent_name": None}
    body["attachments"].pop()
    with nothing_stored(platform):
        fields = problem(citizen.post("/cases", body), 422, "invalid_form")["fields"]
    assert fields.keys() == {
        "form.project_name",
        "form.coal",
        "form.colour",
        "applicant.phone",
        "applicant.agent_name",
        "attachments",
    }
    assert fields["form.project_name"] == ["请填写项目名称"]
    assert "energy_report" in fields["attachments"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "别的公司"},
        {"id_number": "91450721MA5N7C4D89"},
        {"kind": "person", "name": "韦明辉", "id_number": "450721197804120119"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_account_applies_in_its_own_name_only(call: Call, platform: run.Platform, change: dict[str, str]) -> None:
    citizen = call(COMPANY)
    body = application(citizen)
    body["applicant"] |= change
    with nothing_stored(platform):
        fields = problem(citizen.post("/cases", body), 422)["fields"]
    assert fields.keys() == {f"applicant.{key}" for key in change}


def test_of_the_staff_only_a_window_takes_in_applications(call: Call, platform: run.Platform) -> None:
    body = application(call(COMPANY))
    reviewer, window = call(REVIEWER), call(WINDOW)
    with nothing_stored(platform):
        problem(reviewer.post("/cases", body | {"attachments": []}), 403, "not_allowed")
    ids = [window.hand_in(item=ENERGY, field=f, filename=f"{f}.pdf") for f in ("application", "energy_report")]
    answer = window.post("/cases", body | {"attachments": ids})
    assert answer.status_code == 201, answer.text
    view = platform.services.cases.view(answer.json["case_no"])
    assert view is not None
    assert view.case.applicant.user_id is None
    bad = body | {"applicant": body["applicant"] | {"id_number": "91450721MA5K1A2B3X"}}
    assert "校验码" in problem(window.post("/cases", bad), 422)["fields"]["applicant.id_number"][0]


def test_files_of_others_used_ones_and_ones_for_elsewhere_are_refused(call: Call, platform: run.Platform) -> None:
    citizen, other = call(COMPANY), call("company2")
    body = application(citizen)
    used = body["attachments"][0]
    assert citizen.post("/cases", body).status_code == 201
    foreign = other.hand_in(item=ENERGY, field="application")
    stray = citizen.hand_in(item="wuhou-restaurant-bundle", field="layout", filename="图.pdf")
    given = application(citizen)
    for wrong in (used, foreign, stray, "no-such-file", ""):
        attempt = given | {"attachments": [*given["attachments"], wrong]}
        with nothing_stored(platform):
            assert list(problem(citizen.post("/cases", attempt), 422)["fields"]) == ["attachments.2"]


@pytest.mark.parametrize(
    ("filename", "content", "parts", "words"),
    [
        ("大.pdf", sample_pdf() + bytes(11 * 1024 * 1024), {"field": "application"}, "超过 10 MB"),
        ("程序.exe", b"MZ" + bytes(100), {"field": "application"}, "只收"),
        ("改名.pdf", b"MZ" + bytes(100), {"field": "application"}, "内容不是 .pdf"),
        ("空.pdf", b"", {"field": "application"}, "空文件"),
        ("图.png", sample_pdf(), {"field": "energy_report"}, "只收"),
        ("../../x.pdf", sample_pdf(), {"field": "no_such_place"}, "不收“no_such_place”"),
        ("x.pdf", sample_pdf(), {"field": "application", "task_id": "0" * 32}, "其中一个"),
    ],
    ids=["too large", "wrong ending", "wrong content", "empty", "other ending", "no place", "two places"],
)
def test_a_file_that_cannot_be_taken_is_refused(
    call: Call, platform: run.Platform, filename: str, content: bytes, parts: dict[str, str], words: str
) -> None:
    citizen = call(COMPANY)
    with nothing_stored(platform):
        body = problem(citizen.upload(content, filename, item=ENERGY, **parts), 422)
    assert words in body["detail"]
    assert body["place"]


def test_a_text_in_place_of_a_file_is_refused(call: Call, platform: run.Platform) -> None:
    citizen = call(COMPANY)
    data = {"file": "text", "field": "application", "item": ENERGY}
    answer = citizen.client.post(f"{API}/files", data=data, content_type="multipart/form-data", headers=citizen.headers)
    assert problem(answer, 422)["fields"] == {"file": ["应是一个文件"]}


def test_more_than_the_largest_request_is_refused(platform: run.Platform, call: Call) -> None:
    from dataclasses import replace

    small = replace(platform, settings=replace(platform.settings, max_upload_mb=1)).app()
    answer = Caller(small, platform, COMPANY).upload(sample_pdf() + bytes(2 * 1024 * 1024), item=ENERGY, field="x")
    problem(answer, 413)


# ---- working


def test_an_outcome_that_there_is_not_is_named_with_those_there_are(call: Call, platform: run.Platform) -> None:
    window = call(WINDOW)
    where = f"/tasks/{waiting(window, apply(call(COMPANY)))['task_id']}/complete"
    with nothing_stored(platform):
        for outcome in ("granted", None, ""):
            body = problem(window.post(where, {"outcome": outcome, "form": REVIEWED}), 422, "wrong_outcome")
            assert "supplement" in body["detail"]
            assert body["place"] == "accept"
        problem(window.post(where, {"outcome": "supplement", "form": REVIEWED}), 422, "opinion_required")
        fields = problem(window.post(where, {"outcome": "accepted", "form": {}}), 422, "invalid_form")["fields"]
        assert set(fields) == {f"form.{key}" for key in REVIEWED}


def test_a_stale_version_is_refused_and_shows_the_task_as_it_stands(call: Call, platform: run.Platform) -> None:
    window, colleague = call(WINDOW), call("ls_huang")
    task = waiting(window, apply(call(COMPANY)))
    where = f"/tasks/{task['task_id']}"
    assert colleague.post(f"{where}/claim", {"version": 1}).status_code == 200
    assert colleague.post(f"{where}/release", {"version": 2}).status_code == 200
    with nothing_stored(platform):
        for act, body in (("claim", {}), ("complete", {"outcome": "accepted", "form": REVIEWED})):
            shown = problem(window.post(f"{where}/{act}", body | {"version": 1}), 409, "stale_version")
            assert shown["task"] == window.get("/tasks", text=task["case_no"]).json["tasks"][0]
            assert shown["task"]["version"] == 3
    assert window.post(f"{where}/claim", {"version": 3}).status_code == 200
    taken = problem(colleague.post(f"{where}/claim", {"version": 4}), 409, "already_claimed")
    assert taken["task"]["assignee_name"] == "陈美玲"
    problem(colleague.post(f"{where}/release", {}), 403, "not_allowed")


def test_a_task_is_completed_once(call: Call, platform: run.Platform) -> None:
    window = call(WINDOW)
    where = f"/tasks/{waiting(window, apply(call(COMPANY)))['task_id']}"
    body = {"outcome": "not_accepted", "opinion": "不属于本机关职权", "form": REVIEWED}
    assert window.post(f"{where}/complete", body).status_code == 200
    with nothing_stored(platform):
        for act in ("complete", "claim", "release"):
            shown = problem(window.post(f"{where}/{act}", body if act == "complete" else {}), 409, "task_not_open")
            assert shown["task"]["status"] == "done"


# ---- the same request again


def test_a_repeated_application_opens_one_case(call: Call, platform: run.Platform) -> None:
    citizen = call(COMPANY)
    body, key = application(citizen), "apply-0001"
    first = citizen.post("/cases", body, key=key)
    assert first.status_code == 201, first.text
    with nothing_stored(platform):
        again = citizen.post("/cases", body, key=key)
        assert again.status_code == 201, again.text
        assert again.json == {**first.json, "replayed": True}
        assert first.json["replayed"] is False
        assert again.headers["Location"] == first.headers["Location"]
        other = problem(citizen.post("/cases", {**body, "form": {}}, key=key), 422, "idempotency_conflict")
        assert other["place"] == key
    # a key is its owner's: another account's request under it is another request
    problem(call("company2").post("/cases", body, key=key), 422, "invalid_form")


def test_a_repeated_completion_is_done_once(call: Call, platform: run.Platform) -> None:
    window = call(WINDOW)
    where = f"/tasks/{waiting(window, apply(call(COMPANY)))['task_id']}/complete"
    body = {"outcome": "accepted", "form": REVIEWED, "version": 1}
    first = window.post(where, body, key="complete-1")
    assert first.status_code == 200, first.text
    with nothing_stored(platform):
        again = window.post(where, body, key="complete-1")
        assert (again.status_code, again.json) == (200, {**first.json, "replayed": True})
        problem(window.post(where, body, key="complete-2"), 409, "task_not_open")
        problem(window.post(where, body | {"version": 2}, key="complete-1"), 422, "idempotency_conflict")


def test_a_request_that_was_refused_does_not_use_up_its_key(call: Call) -> None:
    citizen = call(COMPANY)
    body = application(citizen)
    problem(citizen.post("/cases", {**body, "form": {}}, key="apply-0002"), 422, "invalid_form")
    assert citizen.post("/cases", body, key="apply-0002").status_code == 201


@pytest.mark.parametrize(
    "key", ["short", "x" * 129, "with\ttab-inside", "中文的键不能用呀呀".encode().decode("latin1")]
)
def test_a_key_that_is_none_is_refused(call: Call, key: str) -> None:
    body = problem(call(WINDOW).post("/tasks/none/claim", {}, **{"Idempotency-Key": key}), 404)
    assert body["code"] == "unknown_task"
    task = waiting(call(WINDOW), apply(call(COMPANY)))
    answer = call(WINDOW).post(f"/tasks/{task['task_id']}/claim", {}, **{"Idempotency-Key": key})
    assert problem(answer, 422, "invalid_value")["place"] == "Idempotency-Key"


# ---- addresses


@pytest.mark.parametrize(
    "path", ["/nothing", "/tasks/a%00b", "/cases/%0a", "/items/%ED%A0%80", "/definitions/x%00/versions"]
)
def test_an_address_that_there_is_not_is_a_problem_too(call: Call, path: str) -> None:
    problem(call(WINDOW).get(path), 404)


def test_a_method_that_an_address_does_not_take_is_a_problem_too(call: Call) -> None:
    caller = call(WINDOW)
    answer = caller.client.delete(f"{API}/tasks", headers=caller.headers)
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("text", ["a\x00b", "%_\\", "'; DROP TABLE tasks --", "\u202e", "🀄" * 50])
def test_whatever_is_searched_for_does_no_harm(call: Call, text: str) -> None:
    caller = call(WINDOW)
    for path in ("/cases", "/tasks", "/items"):
        assert caller.get(path, text=text).status_code in (200, 422)
