"""Numbers given once, and the keys under which clients repeat a request."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from engine.commands import IdempotencyKey, Receipt
from engine.errors import IdempotencyConflict
from storage.statements import count_up, insert_unless_there, upsert
from storage.tables import idempotency, numbers
from storage.types import Moment

#: how long a client may repeat a request under its key
KEPT = timedelta(hours=24)
#: one receipt in sixteen, by the first digit of its request's hash, sweeps up to so many that are too old
_SWEPT = 64

_FIND = select(idempotency.c.request_hash, idempotency.c.receipt).where(
    idempotency.c.key == bindparam("of_key"), idempotency.c.user_id == bindparam("of_user")
)
_IDENTITY = tuple_(idempotency.c.key, idempotency.c.user_id)
_SWEEP = delete(idempotency).where(
    _IDENTITY.in_(
        select(idempotency.c.key, idempotency.c.user_id)
        .where(idempotency.c.at < bindparam("before", type_=Moment))
        .order_by(idempotency.c.at)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
)


class Numbers:
    """:class:`engine.ports.Numbers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next(self, series: str) -> int:
        """1, 2, 3 … within ``series``, without gaps or doubles: the series is locked until the transaction ends."""
        statement = count_up(self._connection.dialect.name, numbers, "series", "last")
        return int(self._connection.execute(statement, {"series": series, "last": 1}).scalar_one())


class Idempotency:
    """:class:`engine.ports.Idempotency`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: IdempotencyKey) -> Receipt | None:
        """The receipt stored for the key; IdempotencyConflict when the request was another one.

        None means that the key is now this transaction's: another one with the same key waits here until this one ends,
        and then finds the receipt, or the key free again.
        """
        taken = self._connection.execute(insert_unless_there(self._connection, idempotency), asdict(key))
        if taken.rowcount == 1:
            return None
        row = self._connection.execute(_FIND, {"of_key": key.key, "of_user": key.user_id}).one()
        if row.request_hash != key.request_hash:
            raise IdempotencyConflict(place=key.key)
        if row.receipt is None:
            return None
        kept = row.receipt
        lists = {name: tuple(kept.get(name, ())) for name in ("opened", "made")}
        return Receipt(**kept | lists | {"replayed": True})

    def keep(self, key: IdempotencyKey, receipt: Receipt, at: datetime) -> None:
        """Store the receipt for the key, for a day; what is older goes by and by."""
        if key.request_hash.startswith("0"):
            self._connection.execute(_SWEEP, {"before": at - KEPT})
        values = asdict(key) | {"receipt": asdict(receipt), "at": at}
        self._connection.execute(upsert(self._connection, idempotency), values)
