"""Cases: locked to be changed, written with a version check."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from engine.deadlines import watched_due
from engine.errors import StaleVersion
from engine.records import CaseClock, CaseRecord
from storage.repositories.warnings import NEXT_CARD, card_moments
from storage.rows import CASE_COLUMNS, WHOLE_CASE_COLUMNS, case_of, case_values, whole_case_of
from storage.tables import cases, tasks

_FIXED = frozenset({"case_no", "submitted_at", "channel"})

# NO KEY: rows that refer to the case may still be written meanwhile, only the case itself may not
_LOCK = select(*WHOLE_CASE_COLUMNS).where(cases.c.case_no == bindparam("key")).with_for_update(key_share=True)
_LOCK_BY_TASK = (
    select(*WHOLE_CASE_COLUMNS)
    .where(cases.c.case_no == select(tasks.c.case_no).where(tasks.c.task_id == bindparam("key")).scalar_subquery())
    .with_for_update(key_share=True)
)
_READ = select(*CASE_COLUMNS).where(cases.c.case_no == bindparam("key"))


@lru_cache(maxsize=256)
def _save(columns: tuple[str, ...], next_card: bool) -> Update:
    """UPDATE of these columns and, with ``next_card``, of the moment of the next card."""
    written: dict[str, Any] = {name: bindparam(name) for name in columns}
    if next_card:
        written["card_at"] = NEXT_CARD[cases]
    return (
        update(cases).where(cases.c.case_no == bindparam("key"), cases.c.version == bindparam("seen")).values(written)
    )


class Cases:
    """:class:`engine.ports.Cases`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # nobody else can change a case that we hold the lock of, so it need not be read twice
        self._held: dict[str, CaseRecord] = {}
        #: ``(case number, organisation)`` of the owners given in this transaction
        self.entered: set[tuple[str, str]] = set()

    def lock(self, case_no: str) -> CaseRecord | None:
        """The case with its engine state, locked until the transaction ends."""
        return self._held.get(case_no) or self._hold(_LOCK, case_no)

    def lock_of_task(self, task_id: str) -> CaseRecord | None:
        """The case that the task belongs to, locked like :meth:`lock` does."""
        return self._hold(_LOCK_BY_TASK, task_id)

    def _hold(self, statement: Any, key: str) -> CaseRecord | None:
        row = self._connection.execute(statement, {"key": key}).first()
        if row is None:
            return None
        record = whole_case_of(row)
        self._held[record.case_no] = record
        return record

    def add(self, case: CaseRecord) -> None:
        """Store a new case."""
        first, _ = _moments(case)
        self._connection.execute(insert(cases), case_values(case) | {"card": 0, "card_at": first})
        self._held[case.case_no] = case
        self.entered.add((case.case_no, case.owner_org))

    def save(self, case: CaseRecord) -> None:
        """Write the case over the version before its own; raises StaleVersion when that is not the stored one."""
        before = self._held.get(case.case_no)
        values = {name: value for name, value in case_values(case).items() if name not in _FIXED}
        first, red = _moments(case)
        next_card = True
        if before is not None and before.version == case.version - 1:
            # most acts change few columns, and SQLite writes every index anew that has one of those named
            known = case_values(before)
            values = {name: value for name, value in values.items() if value != known[name]}
            next_card = (first, red) != _moments(before)
        parameters = values | {"key": case.case_no, "seen": case.version - 1}
        if next_card:
            parameters |= {"first_card_at": first, "red_card_at": red}
        if self._connection.execute(_save(tuple(values), next_card), parameters).rowcount != 1:
            raise StaleVersion(place=case.case_no)
        if before is None or before.owner_org != case.owner_org:
            self.entered.add((case.case_no, case.owner_org))
        self._held[case.case_no] = case

    def applicant_group_case(self, case_no: str) -> CaseRecord | None:
        """The case without its engine state, unlocked."""
        row = self._connection.execute(_READ, {"key": case_no}).first()
        return case_of(row) if row is not None else None

    def known(self, case_no: str) -> CaseRecord | None:
        """The case as this transaction knows it."""
        return self._held.get(case_no) or self.applicant_group_case(case_no)


def _moments(case: CaseRecord) -> tuple[Any, Any]:
    return card_moments(case.warn_at, watched_due(case), live=case.clock is CaseClock.RUNNING)
