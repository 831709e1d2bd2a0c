"""REST interface under ``/api/v1``, described by OpenAPI at ``/api/v1/openapi.json``."""

from __future__ import annotations

from flask import Flask
from flask_smorest import Api

from webapp.api import cases, definitions, files, items, tasks
from webapp.api.schemas import Problem

DESCRIPTION = """一窗的接口：事项、办件、任务、流程定义。

- 登录：`Authorization: Bearer <token>`（`python run.py token 账号`），或网页会话加 CSRF 令牌。
- 时间为带时区的 ISO 8601；字段用 snake_case。
- 错误为 RFC 9457 的 `application/problem+json`。
- 列表按游标翻页：`limit`、`cursor`，回应中的 `next_cursor` 为空即末页。
- 更改类请求可带 `Idempotency-Key`，24 小时内同一请求重发得到同一结果。
- 任务带 `version`：与现状不符时回应 409。
"""


class YichuangApi(Api):
    """flask-smorest documents; errors stay with the application's one error file."""

    ERROR_SCHEMA = Problem
    DEFAULT_ERROR_RESPONSE_NAME = "Problem"

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
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]},
                }
            },
            "security": [{"bearer": []}, {"session": []}],
        },
    )
    api = YichuangApi(app)
    for blueprint in (items.blueprint, cases.blueprint, tasks.blueprint, files.blueprint, definitions.blueprint):
        api.register_blueprint(blueprint, url_prefix="/api/v1")
