"""What is done about a yellow or red card: acknowledged, explained, ordered to be corrected (督办), closed.

A card is raised by the platform and stays for ever; what people do about it is a list of acts, numbered from 1, none of
which is taken back.  The number of the last one is the card's version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.commands import Command
from engine.records import WarningRecord


@dataclass(frozen=True, slots=True)
class WarningKey:
    """Which card."""

    case_no: str
    #: ``case`` or the task's id
    deadline: str
    #: ``yellow`` or ``red``
    level: str


class WarningStatus(StrEnum):
    """Where the handling of a card stands: its last act."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    EXPLAINED = "explained"
    ORDERED = "ordered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class WarningCard:
    """A card and where its handling stands."""

    record: WarningRecord
    status: WarningStatus = WarningStatus.RAISED
    #: number of acts so far
    version: int = 0

    @property
    def key(self) -> WarningKey:
        return WarningKey(self.record.case_no, self.record.deadline, self.record.level)


@dataclass(frozen=True, slots=True)
class WarningAct:
    """One act on a card."""

    key: WarningKey
    #: 1, 2, 3 … without gaps
    seq: int
    #: what the act made of the card
    status: WarningStatus
    at: datetime
    actor_id: str
    actor_name: str
    org: str | None
    #: what was written; may hold personal data and therefore stays out of the history
    text: str | None = None
    #: day by which the order is to be carried out
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class WarningCommand(Command):
    """Base of the commands on a card."""

    key: WarningKey
    #: the version that was seen; a stale one is refused
    version: int


@dataclass(frozen=True, slots=True)
class AcknowledgeWarning(WarningCommand):
    """A supervisor has seen the card and follows it up."""


@dataclass(frozen=True, slots=True)
class ExplainWarning(WarningCommand):
    """Those responsible say how it came and what they do; after an order, what they have done."""

    text: str


@dataclass(frozen=True, slots=True)
class OrderCorrection(WarningCommand):
    """A supervisor orders correction by a day (责令限期改正)."""

    text: str
    due_on: date


@dataclass(frozen=True, slots=True)
class CloseWarning(WarningCommand):
    """A supervisor is satisfied (销号)."""

    text: str | None = None
