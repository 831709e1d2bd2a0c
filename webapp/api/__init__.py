"""REST interface under ``/api/v1``, described by OpenAPI at ``/api/v1/openapi.json``."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, request
from flask_smorest import Api
from werkzeug.exceptions import NotFound

from webapp.api import cases, definitions, files, items, operations, steering, supervision, tasks
from webapp.api.schemas import Problem
from webapp.errors import WORDS, WORDS_FOR_PROGRAMS

DESCRIPTION = """一窗的接口：事项、办件、任务、流程定义。

- 登录：`Authorization: Bearer <token>`（`python run.py token 账号`）；或网页会话，更改类请求另带 `X-CSRFToken`。
- 时间为带时区的 ISO 8601；字段用 snake_case。
- 错误为 RFC 9457 的 `application/problem+json`；`fields` 逐个说明请求里哪一处不对。
- 列表按游标翻页：`limit`、`cursor`，回应中的 `next_cursor` 为空即末页。
- 申请、认领、放回、办理可带 `Idempotency-Key`：24 小时内同一请求重发得到同一回执（`replayed` 为真），不会重复办理。
- 任务带 `version`：与现状不符时回应 409，其中 `task` 是任务的现状。
"""
PROBLEM_TYPE = "application/problem+json"
#: statuses that operations answer with beside success
REFUSALS = (400, 401, 403, 404, 409, 413, 415, 422, 500)


class YichuangApi(Api):
    """flask-smorest documents; errors stay with the application's one error file."""

    ERROR_SCHEMA = Problem
    # every operation names its own problems
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_responses(self) -> None:
        for status in REFUSALS:
            title, _ = {**WORDS, **WORDS_FOR_PROGRAMS}[status]
            problem = {"description": title, "content": {PROBLEM_TYPE: {"schema": Problem}}}
            self.spec.components.response(HTTPStatus(status).name, problem, lazy=True)

    def _register_error_handlers(self) -> None:
        """HTTP errors are answered by :mod:`webapp.errors`, for pages and API alike."""


def init_app(app: Flask) -> None:
    """Add the REST interface to the application."""
    app.config.update(
        API_TITLE="一窗 Yichuang",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION},
            "servers": [{"url": "/"}],
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
                    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
                }
            },
        },
    )
    api = YichuangApi(app)
    for resource in (items, cases, tasks, operations, steering, files, definitions, supervision):
        api.register_blueprint(resource.blueprint, url_prefix="/api/v1")
    app.before_request(_readable)


def _readable() -> None:
    """No address of the interface holds what cannot be seen, or kept by a database."""
    if request.path.startswith("/api/") and not request.path.isprintable():
        raise NotFound
