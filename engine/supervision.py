"""Read models of supervision (电子监察): the live board and the lists behind its numbers.

A case *lies* with every organisation that has an open task in it; while none has (it waits for the applicant or for a
day), with its owner.  Its level is red when a deadline that runs has passed, its own or an open step's, yellow when one
is near; both follow the cards that were raised (:mod:`engine.handlers.cards`), as far as the deadlines still stand.
A case was concluded on time when it was decided by its promised deadline, or by the statutory one where nothing is
promised; a case without either is neither on time nor late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from engine.oversight import WarningAct, WarningCard, WarningKey, WarningStatus
from engine.records import CaseRecord, TaskRecord
from engine.views import Page


class Selection(StrEnum):
    """The lists behind the numbers."""

    ACCEPTED = "accepted"
    CONCLUDED = "concluded"
    #: concluded, and had a deadline to keep
    TIMED = "timed"
    ON_TIME = "on_time"
    LATE = "late"
    #: not concluded
    OPEN = "open"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class BoardMoments:
    """The edges of what a board counts; computed from the calendar by the caller."""

    now: datetime
    #: beginning of today
    today: datetime
    #: beginning of yesterday, and yesterday at this time
    yesterday: datetime
    yesterday_now: datetime
    #: beginning of this month
    month: datetime
    #: beginnings of the weeks of the trend, oldest first; the last one is the week of today
    weeks: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the cases concluded with a deadline were decided by it."""

    total: int = 0
    on_time: int = 0

    @property
    def percent(self) -> float | None:
        """0 … 100, to a tenth; 100 only when it is all of them.  None of nothing."""
        if not self.total:
            return None
        rounded = round(self.on_time * 100 / self.total, 1)
        return rounded if self.on_time == self.total else min(rounded, 99.9)


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases of one item that lie with one organisation."""

    org: str
    item_key: str
    item_name: str
    open: int
    yellow: int
    red: int


@dataclass(frozen=True, slots=True)
class SupervisedCase:
    """A case with the steps that it waits for."""

    #: ``state`` is empty
    case: CaseRecord
    #: open tasks of organisations, in the order in which they were opened
    tasks: tuple[TaskRecord, ...]
    #: earliest of the deadlines that make it yellow or red, in those lists
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The live board of some organisations."""

    accepted: int
    accepted_yesterday: int
    concluded: int
    concluded_yesterday: int
    yellow: int
    red: int
    #: cases concluded this month
    month: Share
    #: of the weeks of the trend, in their order
    weeks: Sequence[Share]
    #: this month, by owning organisation
    agencies: Sequence[tuple[str, Share]]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class SupervisedQuery:
    """A list behind a number."""

    selection: Selection
    #: organisations supervised; no case outside them is listed
    orgs: frozenset[str]
    now: datetime
    #: accepted or concluded from ``since`` and before ``until``
    since: datetime | None = None
    until: datetime | None = None
    #: where the case lies; its owner, for what is accepted or concluded
    org: str | None = None
    item_key: str | None = None
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class WarningRow:
    """One line of the warning list."""

    card: WarningCard
    item_key: str
    item_name: str
    #: the step that the deadline belongs to; None for the case's own
    step: str | None
    #: organisation that answers for it
    org: str
    #: person whom the card names
    assignee_name: str | None
    #: day set by the order in force
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class WarningFile:
    """A card with everything that was done about it."""

    row: WarningRow
    #: ``state`` is empty
    case: CaseRecord
    acts: Sequence[WarningAct]


@dataclass(frozen=True, slots=True)
class WarningQuery:
    """A filter over cards; None means any."""

    #: organisations that answer for the cards
    orgs: frozenset[str]
    #: ``yellow`` or ``red``
    level: str | None = None
    status: WarningStatus | None = None
    org: str | None = None
    item_key: str | None = None
    limit: int = 20
    cursor: str | None = None


class SupervisionQueries(Protocol):
    def board(self, orgs: frozenset[str], moments: BoardMoments) -> Board: ...

    def cases(self, query: SupervisedQuery) -> Page[SupervisedCase]:
        """Newest first; what is open by arrival; yellow and red by deadline, the most pressing first."""

    def count(self, query: SupervisedQuery) -> int:
        """How many cases the list has."""

    def warnings(self, query: WarningQuery) -> Page[WarningRow]:
        """Newest first."""

    def warning(self, key: WarningKey) -> WarningFile | None: ...
