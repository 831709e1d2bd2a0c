"""Who signs in: the password check with its lock-out."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.clock import Clock
from engine.errors import AccountLocked, BadCredentials
from engine.views import Accounts, User
from webapp.auth import passwords

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)


def sign_in(accounts: Accounts, clock: Clock, username: str, password: str) -> User:
    """The account that ``username`` and ``password`` belong to.

    Five wrong passwords in a row lock the account for fifteen minutes; a success clears the count.  Raises
    BadCredentials for an unknown name, a wrong password and a closed account alike, and AccountLocked (``until`` in its
    details) while the lock holds.
    """
    user, now = accounts.by_username(username), clock.now()
    if user and user.locked_until and now < user.locked_until:
        raise AccountLocked(until=user.locked_until)
    if not passwords.verify(user.password_hash if user else None, password) or user is None:
        raise _failed(accounts, user, now)
    if not user.active:
        raise BadCredentials
    renewed = passwords.hash_password(password) if passwords.outdated(user.password_hash) else None
    accounts.login_succeeded(user.user_id, now, renewed)
    return user


def _failed(accounts: Accounts, user: User | None, now: datetime) -> BadCredentials | AccountLocked:
    if user is None:
        return BadCredentials()
    # failures from before a lock that has run out are paid for
    count = (0 if user.locked_until else user.failed_logins) + 1
    until = now + LOCKED_FOR if count >= MAX_FAILURES else None
    accounts.login_failed(user.user_id, count, until)
    return AccountLocked(until=until) if until else BadCredentials()
