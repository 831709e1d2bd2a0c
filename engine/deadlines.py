"""A case's deadlines, a pure function of acceptance, limits, the intervals that stop the clock, and the calendar.

The clock runs from the milestone ``accepted`` to the milestone ``decided``.  Time that the law does not count
(行政许可法 第四十五条) is spent in spans whose mode is ``suspends`` or ``excluded``.  A day belongs to whoever held
the case as the day began: the day on which a span starts still counts, the day on which it ends does not any more.
That is the rule of the calendar ("from the day after") applied to every hand-over, so no day is counted twice and none
is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.calendar import Due, Stop, WorkCalendar
from engine.elements import ClockMode, Limit
from engine.records import CaseRecord, ItemFacts, SpanRecord

STOPPING = frozenset({ClockMode.SUSPENDS, ClockMode.EXCLUDED})


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When a case must be decided.  All None while the clock is paused: no date is true until it runs again."""

    promised_due_at: datetime | None = None
    statutory_due_at: datetime | None = None
    #: yellow card of the deadline that is watched
    warn_at: datetime | None = None
    #: rests on a year whose holidays are not published yet
    provisional: bool = False


NO_DEADLINES = Deadlines()


def stops_clock(span: SpanRecord) -> bool:
    """True when time spent in the span does not count towards the case's limits."""
    return span.mode in STOPPING


def is_paused(spans: Iterable[SpanRecord]) -> bool:
    """True when a span that stops the clock is open."""
    return any(stops_clock(span) and span.ended_at is None for span in spans)


def stops(spans: Iterable[SpanRecord]) -> tuple[Stop, ...]:
    """The intervals in which the clock stood still and that are over; those before acceptance change nothing."""
    return tuple((span.started_at, span.ended_at) for span in spans if stops_clock(span) and span.ended_at is not None)


def watched_due(case: CaseRecord) -> datetime | None:
    """The deadline that chips and cards are about: the promise, or the statutory limit where none is promised."""
    return case.promised_due_at or case.statutory_due_at


def deadlines(accepted_at: datetime, item: ItemFacts, spans: Sequence[SpanRecord], calendar: WorkCalendar) -> Deadlines:
    """Deadlines of a case accepted at ``accepted_at``; :data:`NO_DEADLINES` while a span stops the clock."""
    if is_paused(spans):
        return NO_DEADLINES
    stopped = stops(spans)
    promised = _due(accepted_at, item.promised, stopped, calendar)
    statutory = _due(accepted_at, item.statutory, stopped, calendar)
    watched, limit = (promised, item.promised) if promised else (statutory, item.statutory)
    return Deadlines(
        promised_due_at=promised.at if promised else None,
        statutory_due_at=statutory.at if statutory else None,
        warn_at=calendar.warn_at(accepted_at, watched.at, limit, stopped) if watched and limit else None,
        provisional=any(due.provisional for due in (promised, statutory) if due),
    )


def _due(start: datetime, limit: Limit | None, stopped: Sequence[Stop], calendar: WorkCalendar) -> Due | None:
    return calendar.due(start, limit, stopped) if limit else None
