"""Powers that one person gives another for a time, and what they reach.

Three kinds rest on the same record: a stand-in (AB角) who works while the first is away, a chief representative
(首席代表) who is given certain roles or items for a term, and the delegation of one task (委派).  What is done under a
grant is done by its agent for its principal; both are held to the separation of duties.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.records import TaskRecord


class GrantKind(StrEnum):
    #: AB角: works everything of the absent person's
    STAND_IN = "stand_in"
    #: 首席代表: decides in the place of whoever gave the power
    REPRESENTATIVE = "representative"
    #: 委派: works one task, which then goes back
    TASK = "task"


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A power given by ``principal`` to ``agent``.  Never deleted; taken away by ``revoked_at``."""

    grant_id: str
    kind: GrantKind
    principal_id: str
    principal_name: str
    agent_id: str
    agent_name: str
    #: groups (``org:role``) of the principal's in which the agent may work
    groups: tuple[str, ...]
    #: keys of the items that it is limited to; empty: all
    items: tuple[str, ...]
    starts_at: datetime
    #: None only for the delegation of a task, which ends as the task goes back
    ends_at: datetime | None
    #: the document that it rests on, such as a letter of authority's number
    basis: str | None
    given_by: str
    given_at: datetime
    #: of the kind ``task``
    task_id: str | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def in_force(self, now: datetime) -> bool:
        """True from its start until its end, unless it was taken away."""
        ended = self.revoked_at is not None or (self.ends_at is not None and self.ends_at <= now)
        return self.starts_at <= now and not ended

    def covers(self, task: TaskRecord) -> bool:
        """True when the task is within its scope; whether it is in force is asked separately."""
        if self.kind is GrantKind.TASK:
            return self.task_id == task.task_id
        return task.group in self.groups and (not self.items or task.item_key in self.items)
