"""What colleagues do together, as lists: :class:`engine.colleagues.Colleagues`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, literal_column, or_, select

from engine.contacts import CopyRecord, QuestionRecord
from engine.grants import GrantKind, GrantRecord
from engine.records import Actor, TaskRecord
from engine.views import Page
from storage.database import Database
from storage.queries.paging import after, clamp, cursor_of, key_of, ordered
from storage.repositories.people import HELD, grant_of
from storage.rows import COPY, GRANT, QUESTION, TASK
from storage.tables import copies, grants, memberships, questions, tasks, users

_NEWEST = (copies.c.sent_at, copies.c.copy_id)
_IN_GROUP = (
    select(users.c.user_id, users.c.name, users.c.org)
    .join(memberships, memberships.c.user_id == users.c.user_id)
    .where(memberships.c.group == bindparam("key"), users.c.kind == "staff", users.c.active.is_(True))
    .order_by(users.c.name, users.c.user_id)
)
_GRANTS_OF = (
    select(*GRANT.columns)
    .where(
        or_(grants.c.principal_id == bindparam("key"), grants.c.agent_id == bindparam("key")),
        grants.c.kind != GrantKind.TASK,
    )
    .order_by(grants.c.given_at.desc(), grants.c.grant_id)
)
_OPEN_QUESTIONS = (
    select(*QUESTION.columns)
    .where(questions.c.to_id == bindparam("key"), questions.c.answered_at.is_(None))
    .order_by(questions.c.asked_at, questions.c.question_id)
)
_IN_HANDS = (
    select(*TASK.columns)
    .where(
        tasks.c.status == literal_column("'claimed'"),
        or_(
            tasks.c.assignee_id == bindparam("key"),
            (tasks.c.principal_id == bindparam("key")) & tasks.c.delegated.is_(True),
        ),
    )
    .order_by(tasks.c.opened_at, tasks.c.task_id)
)


class Colleagues:
    """:class:`engine.colleagues.Colleagues`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def in_group(self, group: str) -> Sequence[Actor]:
        """Active staff who hold the group, by name; ``groups`` of each holds just this one."""
        with self._database.reading() as connection:
            rows = connection.execute(_IN_GROUP, {"key": group}).all()
        return [Actor(row.user_id, row.name, row.org, frozenset({group})) for row in rows]

    def held(self, agent_id: str, now: datetime) -> Sequence[GrantRecord]:
        """Grants in force that give ``agent_id`` somebody's powers, oldest first."""
        with self._database.reading() as connection:
            return [grant_of(row) for row in connection.execute(HELD, {"key": agent_id, "now": now})]

    def grants_of(self, user_id: str) -> Sequence[GrantRecord]:
        """Grants given or held by the account, ended ones too, newest first; delegations of single tasks left out."""
        with self._database.reading() as connection:
            return [grant_of(row) for row in connection.execute(_GRANTS_OF, {"key": user_id})]

    def copies(self, to_id: str, limit: int = 20, cursor: str | None = None) -> Page[CopyRecord]:
        """Copies sent to the account, newest first.  Raises InvalidValue for an unknown cursor."""
        limit = clamp(limit)
        key = key_of(cursor, datetime, str)
        found = select(*COPY.columns).where(copies.c.to_id == to_id, *after(_NEWEST, key, descending=True))
        with self._database.reading() as connection:
            rows = connection.execute(found.order_by(*ordered(_NEWEST, descending=True)).limit(limit + 1)).all()
        sent = [COPY.read(row) for row in rows[:limit]]
        return Page(sent, cursor_of((sent[-1].sent_at, sent[-1].copy_id)) if len(rows) > limit else None)

    def questions(self, to_id: str) -> Sequence[QuestionRecord]:
        """Questions put to the account and not yet answered, oldest first."""
        with self._database.reading() as connection:
            return [QUESTION.read(row) for row in connection.execute(_OPEN_QUESTIONS, {"key": to_id})]

    def in_hands(self, user_id: str) -> Sequence[TaskRecord]:
        """Tasks that the account has claimed, or has delegated and not got back, oldest first."""
        with self._database.reading() as connection:
            return [TASK.read(row) for row in connection.execute(_IN_HANDS, {"key": user_id})]
