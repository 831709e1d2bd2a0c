import inspect
import json

import pytest
from flask import abort

from engine import errors as e
from tests.unit.webapp.hall import CITIZEN, Hall
from webapp.auth import access
from webapp.errors import STATUS, on_failure, status_of


def every_class(base=e.YichuangError):
    return {base}.union(*(every_class(sub) for sub in base.__subclasses__()))


@pytest.fixture
def hall(monkeypatch):
    made = Hall()
    raised = {}

    def boom():
        if "facts" in raised:
            on_failure(*raised["facts"], actions=[("回到草稿", "/my")])
        raise raised["error"] if isinstance(raised["error"], Exception) else abort(raised["error"])

    monkeypatch.setattr(access, "RULES", {**access.RULES, "boom": access.PUBLIC, "api_boom": access.PUBLIC})
    made.app.add_url_rule("/boom", "boom", boom, methods=["GET", "POST"])
    made.app.add_url_rule("/api/v1/boom", "api_boom", boom, methods=["GET", "POST"])
    made.app.testing = False
    made.raised = raised
    return made


def test_every_error_of_the_core_has_a_status():
    for cls in every_class():
        error = cls({"k": ["m"]}) if "fields" in inspect.signature(cls).parameters else cls()
        assert 400 <= status_of(error) < 600
    assert {STATUS[c] for c in STATUS} <= {400, 401, 403, 404, 409, 422, 429, 500, 503, 507}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (e.UnknownCase(), 404),
        (e.NotAllowed(), 403),
        (e.BadCredentials(), 401),
        (e.AccountLocked(), 429),
        (e.StaleVersion(), 409),
        (e.IdempotencyConflict(), 422),
        (e.WrongOutcome(), 422),
        (e.ProcessFault(), 500),
        (RuntimeError("secret detail"), 500),
        (405, 405),
        (413, 413),
    ],
)
def test_one_error_has_one_status_on_pages_and_on_the_interface(hall, error, status):
    hall.raised["error"] = error
    page, problem = hall.client().get("/boom"), hall.client().get("/api/v1/boom")
    assert (page.status_code, problem.status_code) == (status, status)
    assert page.mimetype == "text/html"
    assert problem.mimetype == "application/problem+json"
    body = json.loads(problem.data)
    assert body["status"] == status
    assert body["type"].startswith("urn:yichuang:problem:")
    assert body["instance"] == "/api/v1/boom"
    assert "secret detail" not in page.get_data(as_text=True) + json.dumps(body, ensure_ascii=False)


def test_a_page_says_what_happened_what_was_kept_and_what_next(hall):
    hall.raised |= {"error": e.UnknownItem("这个事项已停止办理", place="x-1"), "facts": [("已经保留", "全部内容")]}
    text = hall.client().get("/boom").get_data(as_text=True)
    for part in ("没有这个事项", "这个事项已停止办理", "位置：x-1", "已经保留", "全部内容", "回到草稿", "回到首页"):
        assert part in text


def test_a_failure_of_ours_has_a_number_to_quote_and_is_logged(hall, caplog):
    hall.raised["error"] = RuntimeError("database gone")
    text = hall.client().get("/boom").get_data(as_text=True)
    number = text.split('<b class="yc-no">')[1].split("<")[0]
    assert number.startswith("E-1012-")
    assert number in caplog.text
    assert "0777-6428820" in text


def test_the_page_of_our_own_failure_stands_when_accounts_cannot_be_read(hall):
    def broken(user_id):
        raise OSError("database gone")

    browser = hall.client(CITIZEN)
    hall.services.accounts.by_id = broken
    answer = browser.get("/my")
    assert answer.status_code == 500
    assert "系统出了问题" in answer.get_data(as_text=True)


def test_fields_of_a_form_and_problems_of_a_definition_reach_the_reader(hall):
    hall.raised["error"] = e.InvalidForm({"site": ["请填写取水地点"]})
    assert json.loads(hall.client().get("/api/v1/boom").data)["fields"] == {"site": ["请填写取水地点"]}
    assert "请填写取水地点" in hall.client().get("/boom").get_data(as_text=True)
    hall.raised["error"] = e.InvalidDefinition(problems=["process.bpmn:3 没有结束事件"])
    assert json.loads(hall.client().get("/api/v1/boom").data)["problems"] == ["process.bpmn:3 没有结束事件"]


def test_unknown_pages_and_wrong_methods(hall):
    answer = hall.client().get("/no/such/page")
    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.get_data(as_text=True)
    answer = hall.client().delete("/items")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
