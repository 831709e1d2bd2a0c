"""The ``yc`` extension elements of a diagram, as frozen records.

The vocabulary itself (names, attributes, where each is allowed) is described in ``docs/vocabulary.md`` and in the
moddle description that ``processes`` owns; here it is what the engine acts on.  Every record keeps the attribute
values as the diagram gives them; defaults are the vocabulary's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Units of a limit: working days, calendar days, working hours, hours."""

    WORKDAY = "workday"
    DAY = "day"
    WORKHOUR = "workhour"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Limit:
    """A span of time that the law, a promise or a diagram sets (``yc:limit``)."""

    #: how many units; a whole number of at least 1
    value: int
    unit: Unit = Unit.WORKDAY
    #: share of the span after which the yellow warning is due, 0 < warn < 1
    warn: float = 0.9


class ClockMode(StrEnum):
    """How time spent in an activity counts towards the case's limits."""

    COUNTS = "counts"
    SUSPENDS = "suspends"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class ClockRule:
    """``yc:clock``: what this activity does to the case clock, and by which article of law."""

    mode: ClockMode = ClockMode.COUNTS
    basis: str | None = None
    #: whose time it is: ``agency`` or ``applicant``
    party: str = "agency"


@dataclass(frozen=True, slots=True)
class Milestone:
    """``yc:milestone``: recorded when the node completes."""

    #: ``submitted`` ``accepted`` ``decided`` ``concluded`` ``delivered``
    name: str
    #: of ``decided`` and ``concluded``: ``granted`` ``refused`` ``not_accepted`` ``withdrawn`` ``lapsed``; else None
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """``yc:assign``: who may work a user task."""

    role: str
    #: ``owner``, ``parent``, ``lead``, an organisation's code, or ``=expression``
    org: str = "owner"
    policy: str = "claim"
    #: node ids whose handler must be the same person
    same_as: tuple[str, ...] = ()
    #: node ids whose handlers may not work this task
    not_same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """``yc:outcome``: one button of a user task."""

    code: str
    name: str
    opinion_required: bool = False


@dataclass(frozen=True, slots=True)
class Notify:
    """``yc:notify``: a message through the outbox when the node completes."""

    #: ``applicant``, ``assignee`` or ``supervisor``
    to: str
    template: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """All yc elements of one node."""

    limit: Limit | None = None
    clock: ClockRule | None = None
    stage: str | None = None
    milestone: Milestone | None = None
    assign: Assign | None = None
    form: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    #: template names, in the diagram's order
    notices: tuple[str, ...] = ()
    notify: tuple[Notify, ...] = ()

    def outcome(self, code: str) -> Outcome | None:
        """The outcome with this code, None when the task has no such button."""
        return next((o for o in self.outcomes if o.code == code), None)
