"""Who acts and for whom: staff accounts as the engine sees them, and the grants between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, or_, select, update

from engine.grants import GrantRecord
from engine.records import Actor
from storage.rows import GRANT, AnyRow
from storage.tables import grants, memberships, users
from storage.types import Moment

_PERSON = (
    select(users.c.user_id, users.c.name, users.c.org, memberships.c.group)
    .outerjoin(memberships, memberships.c.user_id == users.c.user_id)
    .where(users.c.user_id == bindparam("key"), users.c.kind == "staff", users.c.active.is_(True))
)
_GRANT = select(*GRANT.columns).where(grants.c.grant_id == bindparam("key")).with_for_update(key_share=True)
_REVOKE = (
    update(grants)
    .where(grants.c.grant_id == bindparam("key"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at", type_=Moment), revoked_by=bindparam("by"))
)


def in_force(now: Any) -> ColumnElement[bool]:
    """Grants in force at ``now``, as :meth:`engine.grants.GrantRecord.in_force` says."""
    ends = or_(grants.c.ends_at.is_(None), grants.c.ends_at > now)
    return grants.c.revoked_at.is_(None) & (grants.c.starts_at <= now) & ends


#: grants in force of an agent ``key`` at ``now``
HELD = (
    select(*GRANT.columns)
    .where(grants.c.agent_id == bindparam("key"), in_force(bindparam("now", type_=Moment)))
    .order_by(grants.c.given_at, grants.c.grant_id)
)


class People:
    """:class:`engine.ports.People`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, user_id: str) -> Actor | None:
        """The staff member with this account, as an actor; None when there is none or the account is not active."""
        rows = self._connection.execute(_PERSON, {"key": user_id}).all()
        if not rows:
            return None
        groups = frozenset(row.group for row in rows if row.group is not None)
        return Actor(rows[0].user_id, rows[0].name, rows[0].org, groups)


class Grants:
    """:class:`engine.ports.Grants`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, grant: GrantRecord) -> None:
        """Store a grant."""
        self._connection.execute(insert(grants), GRANT.values(grant))

    def get(self, grant_id: str) -> GrantRecord | None:
        """The grant, locked until the transaction ends."""
        row = self._connection.execute(_GRANT, {"key": grant_id}).first()
        return grant_of(row) if row is not None else None

    def held(self, agent_id: str, now: datetime) -> Sequence[GrantRecord]:
        """Grants in force that give ``agent_id`` somebody's powers, oldest first."""
        return [grant_of(row) for row in self._connection.execute(HELD, {"key": agent_id, "now": now})]

    def revoke(self, grant_id: str, at: datetime, by: str) -> None:
        """Take a grant away; one taken away before stays as it is."""
        self._connection.execute(_REVOKE, {"key": grant_id, "at": at, "by": by})


def grant_of(row: AnyRow) -> GrantRecord:
    """The grant of a row of :data:`storage.rows.GRANT`."""
    grant = GRANT.read(row)
    return replace(grant, groups=tuple(grant.groups), items=tuple(grant.items))
