"""What runs with time: timers that wait to fire and spans spent in activities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from engine.records import SpanRecord, TimerRecord
from storage.rows import SPAN, TIMER
from storage.tables import incidents, spans, timers
from storage.types import Moment

_TIMERS_OF = select(*TIMER.columns).where(timers.c.case_no == bindparam("key")).order_by(timers.c.due_at)
_TIMERS_DUE = (
    select(*TIMER.columns)
    .where(
        timers.c.due_at <= bindparam("now", type_=Moment),
        timers.c.held.is_(False),
        ~select(incidents.c.ref)
        .where(
            incidents.c.case_no == timers.c.case_no,
            incidents.c.ref == timers.c.timer_id,
            incidents.c.retry_at > bindparam("now", type_=Moment),
        )
        .exists(),
    )
    .order_by(timers.c.due_at, timers.c.timer_id)
    .limit(bindparam("limit"))
)
_REMOVE = delete(timers).where(timers.c.timer_id.in_(bindparam("keys", expanding=True)))
_SAVE = (
    update(timers)
    .where(timers.c.timer_id == bindparam("key"))
    .values(due_at=bindparam("at", type_=Moment), held=bindparam("is_held"))
)
_SPANS_OF = (
    select(*SPAN.columns).where(spans.c.case_no == bindparam("key")).order_by(spans.c.started_at, spans.c.span_id)
)
_END = update(spans).where(spans.c.span_id == bindparam("key")).values(ended_at=bindparam("at", type_=Moment))


class Timers:
    """:class:`engine.ports.Timers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_case(self, case_no: str) -> Sequence[TimerRecord]:
        """Timers of the case, earliest first."""
        return [TIMER.read(row) for row in self._connection.execute(_TIMERS_OF, {"key": case_no})]

    def add(self, timers_set: Sequence[TimerRecord]) -> None:
        """Store new timers."""
        if timers_set:
            self._connection.execute(insert(timers), [TIMER.values(timer) for timer in timers_set])

    def remove(self, timer_ids: Sequence[str]) -> None:
        """Forget timers that fired or are no longer waited for."""
        if timer_ids:
            self._connection.execute(_REMOVE, {"keys": list(timer_ids)})

    def save(self, timer: TimerRecord) -> None:
        """Write when a timer is due and whether it is held."""
        self._connection.execute(_SAVE, {"key": timer.timer_id, "at": timer.due_at, "is_held": timer.held})

    def due(self, now: datetime, limit: int) -> Sequence[TimerRecord]:
        """Timers due at ``now`` and not held, earliest first, save those whose incident puts them off; not locked: the
        firing command locks the case and looks again."""
        return [TIMER.read(row) for row in self._connection.execute(_TIMERS_DUE, {"now": now, "limit": limit})]


class Spans:
    """:class:`engine.ports.Spans`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_case(self, case_no: str) -> Sequence[SpanRecord]:
        """Spans of the case, in the order in which they began."""
        return [SPAN.read(row) for row in self._connection.execute(_SPANS_OF, {"key": case_no})]

    def add(self, spans_begun: Sequence[SpanRecord]) -> None:
        """Store new spans."""
        if spans_begun:
            self._connection.execute(insert(spans), [SPAN.values(span) for span in spans_begun])

    def end(self, span_id: str, at: datetime) -> None:
        """Close a span."""
        self._connection.execute(_END, {"key": span_id, "at": at})
