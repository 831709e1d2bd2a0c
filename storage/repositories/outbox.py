"""Messages on their way out.

``due_at`` is the whole of the queue: a message is due, is claimed by being put off to the end of the claim, and leaves
the queue when it is NULL.  The number of the attempt fences off a worker whose claim has lapsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from engine.records import Delivery, MessageRecord
from storage.rows import MESSAGE
from storage.tables import outbox
from storage.types import Moment

_DUE = (
    select(outbox.c.message_id)
    .where(outbox.c.due_at <= bindparam("now", type_=Moment))
    .order_by(outbox.c.due_at, outbox.c.message_id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.message_id.in_(_DUE))
    .values(due_at=bindparam("until", type_=Moment), attempts=outbox.c.attempts + 1)
    .returning(*MESSAGE.columns, outbox.c.attempts)
)
_CLOSE = update(outbox).where(
    outbox.c.message_id == bindparam("key"), outbox.c.attempts == bindparam("attempt"), outbox.c.due_at.is_not(None)
)


class Outbox:
    """:class:`engine.ports.Outbox`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, messages: Sequence[MessageRecord]) -> None:
        """Store messages to be delivered after the commit."""
        rows = [MESSAGE.values(message) | {"due_at": message.created_at} for message in messages]
        if rows:
            self._connection.execute(insert(outbox), rows)

    def claim(self, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
        """Messages due at ``now``, the longest waiting first; those that another worker is claiming are passed over."""
        rows = self._connection.execute(_CLAIM, {"now": now, "until": until, "limit": limit}).all()
        claimed = [Delivery(MESSAGE.read(row), row.attempts) for row in rows]
        # RETURNING keeps no order
        return sorted(claimed, key=lambda one: (one.message.created_at, one.message.message_id))

    def delivered(self, delivery: Delivery, channel: str, at: datetime) -> None:
        """The message has gone out."""
        self._close(delivery, due_at=None, delivered_at=at, channel=channel, reason=None)

    def failed(self, delivery: Delivery, reason: str, again_at: datetime | None) -> None:
        """The message has not gone out; it is due again at ``again_at``, or never."""
        self._close(delivery, due_at=again_at, reason=reason)

    def _close(self, delivery: Delivery, **values: Any) -> None:
        key = {"key": delivery.message.message_id, "attempt": delivery.attempt}
        self._connection.execute(_CLOSE.values(**values), key)
