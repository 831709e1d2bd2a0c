"""The session of a browser: who is signed in, since when, and what ends it.

The cookie holds the account's id and session epoch, the moments of sign-in and of the last request.  Every request
loads the account anew, so that a changed role, a changed password, a closed account and a sign-out (the last by raising
the epoch) end every session at once, wherever its cookie has got to.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Request, g, request, session
from flask_login import LoginManager, login_user, logout_user

from engine.views import User
from webapp.identity import PROVED, account
from webapp.services import services

#: without a request for this long a session ends; staff see other people's data and sit in halls
IDLE = {"staff": timedelta(minutes=30), "citizen": timedelta(hours=2)}
#: whatever happens, a session ends after this long
LONGEST = timedelta(hours=12)
#: the moment of the last request is written this often at most
_TOUCH = timedelta(minutes=1)
#: what a visitor takes along when signing in: cases proved by phone number
CARRIED = (PROVED,)

_USER, _SINCE, _SEEN = "_user_id", "since", "seen"

manager = LoginManager()
#: the IP address of a phone changes under way; the epoch and the time limits protect the session
manager.session_protection = None


class Account:
    """A signed-in account as Flask-Login sees it."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user
        self.is_active = user.active

    def get_id(self) -> str:
        return f"{self.user.user_id}:{self.user.session_epoch}"


def init_app(app: Flask) -> None:
    """Load accounts from sessions and bearer tokens."""
    # pages ask account(): the page of our own failure must not read the account that may be what failed
    manager.init_app(app, add_context_processor=False)


def begin(user: User) -> None:
    """Start a fresh session for ``user``."""
    carried = {key: session[key] for key in CARRIED if key in session}
    session.clear()
    session.update(carried)
    now = services().clock.now()
    session[_SINCE] = session[_SEEN] = _stamp(now)
    login_user(Account(user))


def end() -> None:
    """Forget everything this browser holds, and every other session of the account."""
    user = account()
    logout_user()
    session.clear()
    if user is not None:
        services().accounts.end_sessions(user.user_id)


def renew(user: User) -> None:
    """Keep this session when its account's epoch rose by the holder's own act (a new password)."""
    session[_USER] = Account(user).get_id()


def ended_because() -> str | None:
    """Why the session this request came with is over: ``idle``, ``long``, ``changed``; None when none was ended."""
    return g.get("session_ended")


def bears_token() -> bool:
    """True for an API request that carries a bearer token instead of a session."""
    return request.path.startswith("/api/") and _token_of(request) is not None


@manager.user_loader
def _from_session(stored: str) -> Account | None:
    if bears_token():
        return None
    user_id, _, epoch = stored.rpartition(":")
    user = services().accounts.by_id(user_id)
    if user is None or not user.active or str(user.session_epoch) != epoch:
        return _over("changed")
    now = services().clock.now()
    seen, since = _moment(session.get(_SEEN)), _moment(session.get(_SINCE))
    if now - since >= LONGEST:
        return _over("long")
    if now - seen >= IDLE[user.kind]:
        return _over("idle")
    if now - seen >= _TOUCH:
        session[_SEEN] = _stamp(now)
    return Account(user)


@manager.request_loader
def _from_token(request: Request) -> Account | None:
    if not bears_token():
        return None
    user = services().accounts.by_token(token_hash(_token_of(request) or ""))
    return Account(user) if user else None


def _token_of(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def token_hash(token: str) -> str:
    """What is stored of an API token: its SHA-256, 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def _over(why: str) -> None:
    g.session_ended = why
    # the form on the page that is still open must be told why it failed, not that its token is wrong
    for key in set(session) - {"csrf_token"}:
        del session[key]


def _stamp(at: datetime) -> int:
    return int(at.timestamp())


def _moment(stamp: Any) -> datetime:
    return datetime.fromtimestamp(stamp if isinstance(stamp, int) else 0, UTC)
