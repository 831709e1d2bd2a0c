"""The door every request passes: its rule, its session, its token; and what those read who are turned away."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from engine.errors import Refused
from webapp.auth.access import PUBLIC, rule_for
from webapp.auth.session import ended_because, manager
from webapp.errors import answer, wants_problem
from webapp.identity import account
from webapp.security import protect_from_forgery

#: a shorter text is quickly typed again
_WORTH_KEEPING = 8
_NEVER_SHOWN = frozenset({"csrf_token", "password", "current", "new", "again", "id_number", "phone"})


def init_app(app: Flask) -> None:
    app.jinja_env.globals["may"] = may
    app.before_request(_check)
    manager.unauthorized_handler(turned_away)
    app.register_error_handler(CSRFError, _forged)


def may(endpoint: str) -> bool:
    """True when the caller passes the endpoint's rule: what is behind a closed door is not offered either."""
    rule = rule_for(endpoint)
    return rule is not None and rule.passes(account())


def local_path(target: str | None) -> str | None:
    """``target`` when it is a path on this site, otherwise None: nobody is sent elsewhere after signing in."""
    if not target or not target.isprintable() or "\\" in target or not target.startswith("/"):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def turned_away() -> Response:
    """To the sign-in page and back; what was typed on a page whose session has run out is shown, not lost."""
    if wants_problem():
        return answer(Unauthorized(www_authenticate=WWWAuthenticate("bearer")))
    if request.method in ("GET", "HEAD"):
        sign_in = url_for("auth.login", next=request.full_path.rstrip("?"), why=ended_because())
        # a page that refreshes a part of itself must leave as a whole, not take the sign-in page for that part
        return Response(status=401, headers={"HX-Redirect": sign_in}) if _is_part() else redirect(sign_in)
    return _not_sent("ended", 401)


def _is_part() -> bool:
    return request.headers.get("HX-Request") == "true"


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    rule = rule_for(request.endpoint)
    if rule is None:
        raise Refused("这个地址没有开放。")
    changing = request.method not in ("GET", "HEAD", "OPTIONS")
    if rule is PUBLIC and not changing:
        return None
    user = account()
    if user is None and (not rule.passes(None) or (ended_because() and request.blueprint != "auth")):
        return turned_away()
    if not rule.passes(user):
        raise Refused("您的账号没有使用这个页面的权限。")
    if changing:
        protect_from_forgery()
    return None


def _forged(error: CSRFError) -> Response:
    if wants_problem():
        return answer(Refused("用网页会话调用接口，要在 X-CSRFToken 请求头里带上页面的令牌。", place="X-CSRFToken"))
    return _not_sent("forged", 400)


def _not_sent(why: str, status: int) -> Response:
    typed = [
        text.strip()
        for key, texts in request.form.lists()
        for text in texts
        if key not in _NEVER_SHOWN and _is_prose(text.strip())
    ]
    back = local_path(request.path) if request.url_rule and "GET" in (request.url_rule.methods or ()) else _came_from()
    html = render_template("auth/not_sent.html", why=why, ended=ended_because(), typed=typed, back=back)
    return Response(html, status, mimetype="text/html")


def _is_prose(text: str) -> bool:
    """True for what somebody wrote, as against codes and numbers of the form's own."""
    return len(text) >= _WORTH_KEEPING and (not text.isascii() or " " in text)


def _came_from() -> str | None:
    """The page on this site that the form stood on."""
    parts = urlsplit(request.referrer or "")
    return local_path(parts.path) if parts.netloc == request.host else None
