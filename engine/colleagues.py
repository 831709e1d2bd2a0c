"""Read models of what colleagues do together: who can take a task, what was sent and asked, who acts for whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from engine.contacts import CopyRecord, QuestionRecord
from engine.grants import GrantRecord
from engine.records import Actor, TaskRecord
from engine.views import Page


class Colleagues(Protocol):
    def in_group(self, group: str) -> Sequence[Actor]:
        """Active staff who hold the group, by name; ``groups`` of each holds just this one."""

    def held(self, agent_id: str, now: datetime) -> Sequence[GrantRecord]:
        """Grants in force that give ``agent_id`` somebody's powers, oldest first."""

    def grants_of(self, user_id: str) -> Sequence[GrantRecord]:
        """Grants given or held by the account, ended ones too, newest first; delegations of single tasks left out."""

    def copies(self, to_id: str, limit: int = 20, cursor: str | None = None) -> Page[CopyRecord]:
        """Copies sent to the account, newest first."""

    def questions(self, to_id: str) -> Sequence[QuestionRecord]:
        """Questions put to the account and not yet answered, oldest first."""

    def in_hands(self, user_id: str) -> Sequence[TaskRecord]:
        """Tasks that the account has claimed, or has delegated and not got back, oldest first."""
