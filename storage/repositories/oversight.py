"""What is done about cards."""

from __future__ import annotations

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from engine.errors import WarningMoved
from engine.oversight import WarningAct, WarningCard, WarningKey
from storage.rows import WARNING, AnyRow
from storage.tables import warning_acts, warnings

_OF_KEY = and_(
    warnings.c.case_no == bindparam("key_case_no"),
    warnings.c.deadline == bindparam("key_deadline"),
    warnings.c.level == bindparam("key_level"),
)
#: a card, to be read with :func:`card_of`
CARD_COLUMNS = (*WARNING.columns, warnings.c.status, warnings.c.version)
CARD = select(*CARD_COLUMNS).where(_OF_KEY)


def key_values(key: WarningKey) -> dict[str, str]:
    """The parameters of a statement about one card."""
    return {"key_case_no": key.case_no, "key_deadline": key.deadline, "key_level": key.level}


def card_of(row: AnyRow) -> WarningCard:
    """The card of a row that starts with :data:`CARD_COLUMNS`."""
    status, version = row[len(WARNING.columns) : len(CARD_COLUMNS)]
    return WarningCard(WARNING.read(row), status, version)


class Oversight:
    """:class:`engine.ports.Oversight`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: WarningKey) -> WarningCard | None:
        """The card, None when it was never raised."""
        row = self._connection.execute(CARD, key_values(key)).first()
        return card_of(row) if row is not None else None

    def add(self, act: WarningAct) -> None:
        """Store the act and where the card stands after it; WarningMoved when one with its number is there."""
        moved = update(warnings).where(_OF_KEY, warnings.c.version == act.seq - 1)
        result = self._connection.execute(moved.values(status=act.status, version=act.seq), key_values(act.key))
        if result.rowcount != 1:
            raise WarningMoved(place=act.key.case_no)
        values = {
            "case_no": act.key.case_no,
            "deadline": act.key.deadline,
            "level": act.key.level,
            "seq": act.seq,
            "status": act.status,
            "at": act.at,
            "actor_id": act.actor_id,
            "actor_name": act.actor_name,
            "org": act.org,
            "text": act.text,
            "due_on": act.due_on,
        }
        self._connection.execute(insert(warning_acts), values)
