"""Who is at the other end: an account signed in by :mod:`flask_login`, or a visitor who proved a case's phone number.

Sign-in puts an object with the attribute ``user`` (:class:`engine.views.User`) into Flask-Login.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import current_app, session
from flask_login import current_user

from engine.errors import Refused
from engine.records import Actor
from engine.views import User

P = ParamSpec("P")
R = TypeVar("R")

#: session key of the case numbers proved without an account
PROVED = "proved_cases"
#: a visitor keeps this many proved cases, the latest ones
KEPT = 20


def account() -> User | None:
    """The account signed in."""
    return cast("User | None", getattr(current_user, "user", None)) if hasattr(current_app, "login_manager") else None


def proved_cases() -> frozenset[str]:
    """Case numbers that this session has proved to be the applicant of (case number + phone)."""
    return frozenset(session.get(PROVED, ()))


def prove(case_no: str) -> None:
    """Remember that this session knows the phone number of ``case_no``."""
    kept = [known for known in session.get(PROVED, ()) if known != case_no]
    session[PROVED] = [*kept, case_no][-KEPT:]


def actor() -> Actor:
    """Who acts, as the engine wants to know it."""
    user = account()
    if user is None:
        return Actor(user_id="guest", name="申请人", proved_cases=proved_cases())
    return Actor(user.user_id, user.name, user.org, user.groups, proved_cases())


def citizen() -> User:
    """The citizen or enterprise signed in; Refused for staff, who cannot apply to themselves."""
    user = account()
    if user is None or user.kind != "citizen":
        raise Refused("工作人员账号不能办理申请，请退出后用个人或企业账号登录。")
    return user


def citizen_required(view: Callable[P, R]) -> Callable[P, R]:
    """Decorate a view that needs a citizen's account: others are sent to sign in and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if account() is None:
            return cast(R, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
        citizen()
        return view(*args, **kwargs)

    return guarded
