"""What the resources share: who calls, Idempotency-Key, shapes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import request

from engine.commands import IdempotencyKey
from engine.errors import BadCredentials, InvalidValue, NotAllowed
from engine.records import CaseRecord
from webapp.identity import account, actor

P = ParamSpec("P")
R = TypeVar("R")

KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 8, "maxLength": 128},
    "description": "同一键、同一请求在 24 小时内只执行一次",
}


class NotSignedIn(BadCredentials):
    """请先登录，或在 Authorization 头中给出有效的令牌。"""

    code = "not_signed_in"


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse visitors without an account."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if account() is None:
            raise NotSignedIn
        return view(*args, **kwargs)

    return guarded


def staff_only(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse visitors and citizens."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        user = account()
        if user is None:
            raise NotSignedIn
        if user.kind != "staff":
            raise NotAllowed("这项操作只对工作人员开放。")
        return view(*args, **kwargs)

    return guarded


def idempotency_key() -> IdempotencyKey | None:
    """The request's Idempotency-Key with a fingerprint of the request; None when there is none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 8 <= len(key) <= 128 or not key.isascii() or not key.isprintable():
        raise InvalidValue("Idempotency-Key 应为 8 至 128 个可见字符。", place="Idempotency-Key")
    body = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data(cache=True))
    return IdempotencyKey(key=key, user_id=actor().user_id, request_hash=body.hexdigest())


def case_out(case: CaseRecord) -> dict[str, Any]:
    """A case as the interface shows it: no identity number, no phone."""
    shown = {name: getattr(case, name) for name in case.__slots__ if name not in {"applicant", "state"}}
    return shown | {"applicant_name": case.applicant.name}
