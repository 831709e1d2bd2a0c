"""The one place that turns errors into answers: class of engine.errors → HTTP status → page, or problem below /api/.

A page says what happened, what was kept and what can be done next.  A view that knows more than the class does says so
beforehand with :func:`on_failure`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, json, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from engine import errors as e
from webapp.identity import account
from webapp.services import services


class Malformed(e.Invalid):
    """请求不能读取。"""

    code = "malformed"


#: the nearest class in an error's ancestry decides
STATUS: Mapping[type[e.YichuangError], int] = {
    e.YichuangError: 500,
    e.NotFound: 404,
    e.Refused: 403,
    e.BadCredentials: 401,
    e.AccountLocked: 429,
    e.Conflict: 409,
    e.IdempotencyConflict: 422,
    e.Invalid: 422,
    Malformed: 400,
    e.Fault: 500,
    e.Unavailable: 503,
    e.StorageFull: 507,
}

#: status → (what happened, what to do next)
WORDS: Mapping[int, tuple[str, str]] = {
    400: ("请求的内容不完整", "请回到上一页，刷新后再试。"),
    401: ("需要先登录", "请登录后再办理。"),
    403: ("您没有这项操作的权限", "请确认登录的账号是否正确。"),
    404: ("没有找到这个页面", "请核对网址，或从首页重新查找。"),
    405: ("这个地址不能这样访问", "请从页面上的按钮或链接进入。"),
    409: ("内容已有变化", "请回到上一页，刷新后再办理。"),
    413: ("上传的内容太大", "请压缩文件，或分几次上传。"),
    415: ("不支持这种内容", "请按页面要求的格式提交。"),
    422: ("提交的内容需要改正", "请回到上一页，按提示改正后再提交。"),
    429: ("尝试次数过多", "请稍等几分钟再试。"),
    500: ("系统出了问题，这一步没有完成", "问题不在您填写的内容。请等一两分钟再试；仍不行，请拨打咨询电话并报上编号。"),
    503: ("系统正在维护", "请稍后再试。"),
    507: ("系统的存储空间不足", "这次操作没有保存。请稍后再试；仍不行，请拨打咨询电话并报上编号。"),
}
#: the same for whoever writes programs, where it differs
WORDS_FOR_PROGRAMS: Mapping[int, tuple[str, str]] = {
    401: ("没有登录，或令牌无效", "请带上 Authorization: Bearer <令牌>；令牌由 python run.py token <账号> 签发。"),
    404: ("接口没有这个地址", "请核对网址；全部地址见 /api/v1/openapi.json。"),
    405: ("这个地址不接受这种方法", "接受的方法见回应的 Allow 头。"),
    413: ("请求太大", "JSON 不超过 1 MB（发布流程定义时 20 MB）；文件的上限见事项要求。"),
    415: ("不支持这种内容", "请用 Content-Type: application/json；上传文件用 multipart/form-data。"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What the error page adds to the error itself."""

    #: ``(label, text)`` such as ("已经保留", "您填写的全部内容")
    facts: Sequence[tuple[str, str]] = ()
    #: ``(label, address)``; the first one is the primary button
    actions: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way to a reader."""

    status: int
    code: str
    title: str
    detail: str
    place: str | None = None
    #: fields, problems and whatever else the class carries, JSON-able
    more: Mapping[str, Any] = field(default_factory=dict)
    #: number to quote on the phone; of unexpected errors only
    reference: str | None = None

    @property
    def advice(self) -> str:
        return WORDS.get(self.status, WORDS[500])[1]


def on_failure(*facts: tuple[str, str], actions: Sequence[tuple[str, str]] = ()) -> None:
    """Say beforehand what the error page of this request shall tell: what is kept, where to go on."""
    g.advice = Advice(facts, actions)


def status_of(error: e.YichuangError) -> int:
    """The HTTP status of an error of the core."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def failure_of(error: Exception) -> Failure:
    """Any exception, in the words of a reader."""
    if isinstance(error, e.YichuangError):
        status = status_of(error)
        title = (type(error).__doc__ or "").strip().splitlines()[0].rstrip("。")
        return Failure(status, error.code, title, error.message, error.place, _more(error), _reference(error, status))
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    words = {**WORDS, **WORDS_FOR_PROGRAMS} if wants_problem() else WORDS
    title, advice = words.get(code, WORDS[500])
    name = HTTPStatus(code).phrase.lower().replace(" ", "_").replace("-", "_")
    original = error.original_exception if isinstance(error, InternalServerError) else None
    return Failure(code, name, title, advice, reference=_reference(original or error, code))


def _more(error: e.YichuangError) -> dict[str, Any]:
    more = dict(error.details)
    if isinstance(error, e.InvalidDefinition) and error.problems:
        more["problems"] = [p.as_dict() if hasattr(p, "as_dict") else str(p) for p in error.problems]
    return more


def _reference(error: Exception, status: int) -> str | None:
    """Log an error that is ours and give it a number the reader can quote."""
    if status < 500:
        return None
    reference = f"E-{services().clock.now():%m%d}-{secrets.token_hex(2).upper()}"
    current_app.logger.error("%s %s %s", reference, request.method, request.path, exc_info=error)
    return reference


def problem(failure: Failure) -> Response:
    """The problem document (RFC 9457) of a failure."""
    body = {
        "type": f"urn:yichuang:problem:{failure.code}",
        "title": failure.title,
        "status": failure.status,
        "detail": failure.detail,
        "instance": request.path,
        "code": failure.code,
        **({"place": failure.place} if failure.place else {}),
        **({"reference": failure.reference} if failure.reference else {}),
        **failure.more,
    }
    # a name that is no valid text (a lone surrogate) is shown with a question mark
    text = json.dumps(body).encode(errors="replace")
    return Response(text, failure.status, mimetype="application/problem+json")


def page(failure: Failure) -> Response:
    """The error page; one of ours stands without account and database, which may be what failed."""
    shell = "base_errors.html" if failure.status >= 500 else _shell()
    html = render_template("errors/page.html", failure=failure, advice=g.get("advice", Advice()), shell=shell)
    return Response(html, failure.status, mimetype="text/html")


def _shell() -> str:
    """The frame a reader knows: the workbench for staff below /work/, the portal for everybody else."""
    user = account() if request.path.startswith("/work/") else None
    return "work/base.html" if user is not None and user.kind == "staff" else "portal/base.html"


def wants_problem() -> bool:
    """True below /api/ and for the probes of machines."""
    return request.path.startswith("/api/") or request.blueprint == "probes"


def answer(error: Exception) -> Response:
    """The answer to a request that raised ``error``."""
    failure = failure_of(error)
    response = problem(failure) if wants_problem() else page(failure)
    if isinstance(error, HTTPException):
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After", "WWW-Authenticate"):
                response.headers[name] = value
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    """Redirects are no errors."""
    return error if error.code is None or error.code < 400 else answer(error)


def init_app(app: Flask) -> None:
    app.register_error_handler(e.YichuangError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, answer)
