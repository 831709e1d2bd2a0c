"""Accounts, what they may do, and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from engine.errors import InvalidValue, UnknownUser
from engine.records import Organisation
from engine.views import User
from storage.database import Database
from storage.directory import Directory
from storage.tables import memberships, tokens, users

_OWN = tuple(field.name for field in fields(User) if field.name != "groups")
_USER = select(*(users.c[name] for name in _OWN), memberships.c.group).outerjoin(
    memberships, memberships.c.user_id == users.c.user_id
)
_BY_USERNAME = _USER.where(users.c.username == bindparam("key"))
_BY_ID = _USER.where(users.c.user_id == bindparam("key"))
_STAFF = _USER.where(users.c.kind == "staff").order_by(users.c.org, users.c.username, users.c.user_id)
_BY_TOKEN = _USER.join(tokens, tokens.c.user_id == users.c.user_id).where(
    tokens.c.token_hash == bindparam("key"), users.c.active.is_(True)
)


class Accounts:
    """:class:`engine.views.Accounts`."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    def by_username(self, username: str) -> User | None:
        """The account with this name, active or not."""
        return self._one(_BY_USERNAME, username)

    def by_id(self, user_id: str) -> User | None:
        """The account with this id, active or not."""
        return self._one(_BY_ID, user_id)

    def by_token(self, token_hash: str) -> User | None:
        """The active account that an API token belongs to; ``token_hash`` is the token's SHA-256 in hex."""
        return self._one(_BY_TOKEN, token_hash)

    def _one(self, statement: Any, key: str) -> User | None:
        with self._database.reading() as connection:
            rows = connection.execute(statement, {"key": key}).all()
        return _user(rows) if rows else None

    def add(self, user: User) -> None:
        """Store a new account; InvalidValue when the user name is taken or the organisation does not exist."""
        if user.org is not None and self._directory.organisation(user.org) is None:
            raise InvalidValue(f"没有编码为“{user.org}”的机构。", place="org")
        values = {name: getattr(user, name) for name in _OWN}
        held = [{"user_id": user.user_id, "group": group} for group in sorted(user.groups)]
        try:
            with self._database.writing() as connection:
                connection.execute(insert(users), values)
                if held:
                    connection.execute(insert(memberships), held)
        except IntegrityError as error:
            raise InvalidValue(f"用户名“{user.username}”已被使用。", place="username") from error

    def login_failed(self, user_id: str, count: int, locked_until: datetime | None) -> None:
        """Keep the number of failures in a row, and until when the account is locked."""
        self._change(users.c.user_id == user_id, failed_logins=count, locked_until=locked_until)

    def login_succeeded(self, user_id: str, at: datetime, password_hash: str | None = None) -> None:
        """Reset the failure count; ``password_hash`` when it was rehashed."""
        rehashed = {} if password_hash is None else {"password_hash": password_hash}
        self._change(users.c.user_id == user_id, failed_logins=0, locked_until=None, last_login_at=at, **rehashed)

    def set_password(self, user_id: str, password_hash: str) -> None:
        """Also ends the account's other sessions, and lifts a lock."""
        self._change(
            users.c.user_id == user_id,
            password_hash=password_hash,
            session_epoch=users.c.session_epoch + 1,
            failed_logins=0,
            locked_until=None,
        )

    def end_sessions(self, user_id: str) -> None:
        """End every session of the account: its epoch rises.  Raises UnknownUser."""
        self._change(users.c.user_id == user_id, session_epoch=users.c.session_epoch + 1)

    def staff(self) -> Sequence[User]:
        """Accounts of staff, by organisation and user name."""
        with self._database.reading() as connection:
            rows = connection.execute(_STAFF).all()
        by_account = [list(group) for _, group in groupby(rows, key=lambda row: row.user_id)]
        return [_user(of_one) for of_one in by_account]

    def add_token(self, user_id: str, token_hash: str, label: str, at: datetime) -> None:
        """Keep an API token by its hash.  Raises UnknownUser."""
        values = {"token_hash": token_hash, "user_id": user_id, "label": label, "created_at": at}
        try:
            with self._database.writing() as connection:
                connection.execute(insert(tokens), values)
        except IntegrityError as error:
            raise UnknownUser(place=user_id) from error

    def add_organisation(self, organisation: Organisation) -> None:
        """Store an organisation, or what changed of it; InvalidValue when the one above it does not exist."""
        try:
            self._directory.put(organisation)
        except IntegrityError as error:
            raise InvalidValue(f"没有编码为“{organisation.parent}”的上级机构。", place="parent") from error

    def organisations(self) -> Sequence[Organisation]:
        """Every organisation, in the order of codes."""
        return list(self._directory.all().values())

    def _change(self, of_user: ColumnElement[bool], **values: Any) -> None:
        with self._database.writing() as connection:
            if connection.execute(update(users).where(of_user).values(**values)).rowcount != 1:
                raise UnknownUser


def _user(rows: Sequence[Any]) -> User:
    """The account that ``rows`` tell of, one row for each group."""
    own = dict(zip(_OWN, rows[0], strict=False))
    return User(groups=frozenset(row.group for row in rows if row.group is not None), **own)
