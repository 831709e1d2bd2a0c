"""The day ledger of a case: every day since it was handed in stands in exactly one account.

A day belongs to whoever held the case as the day began, so the accounts add up to the working days elapsed since the
day of submission, which is itself not counted.  The ledger closes with the decision (or the end of the case, when that
comes first) and shows the days still left of the promise while the clock runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from engine.calendar import WorkCalendar
from engine.deadlines import stops_clock, watched_due
from engine.records import CaseClock, CaseRecord, SpanRecord

_DAY = timedelta(days=1)


class Account(StrEnum):
    """Whose day it is; ``mark`` is the character in the day's cell."""

    #: 交 day of submission, not counted
    FILED = "filed"
    #: 受 the agency, before acceptance
    INTAKE = "intake"
    #: 您 the applicant
    APPLICANT = "applicant"
    #: 计 the agency, counted towards the limits
    COUNTED = "counted"
    #: 停 a procedure that the law does not count
    STOPPED = "stopped"
    #: 休 offices closed
    REST = "rest"
    #: 余 working day of the promise not yet used
    LEFT = "left"
    #: 限 last day of the limit
    DUE = "due"

    @property
    def mark(self) -> str:
        return _MARKS[self]


_MARKS = {
    Account.FILED: "交",
    Account.INTAKE: "受",
    Account.APPLICANT: "您",
    Account.COUNTED: "计",
    Account.STOPPED: "停",
    Account.REST: "休",
    Account.LEFT: "余",
    Account.DUE: "限",
}

#: accounts that add up to the working days elapsed
ELAPSING = (Account.INTAKE, Account.APPLICANT, Account.COUNTED, Account.STOPPED)


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """One calendar day."""

    day: date
    account: Account
    #: what the day is known for: 申请 受理 决定 承诺 (法定) 调休, a holiday's name, 今天; None for an ordinary day
    note: str | None = None
    #: the span the day was spent in: its name and legal basis explain the account
    span: SpanRecord | None = None
    #: counted after the deadline had passed
    over: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class Ledger:
    """A case's days in order, and what they add up to."""

    days: tuple[LedgerDay, ...]
    #: working days per account of :data:`ELAPSING`
    sums: Mapping[Account, int]
    #: working days from the day after submission to the last day elapsed; the sum of ``sums``
    elapsed: int
    #: days of rest among the days elapsed
    rest: int
    #: last day elapsed: today, or the day on which the ledger closed
    until: date


def ledger(case: CaseRecord, spans: Sequence[SpanRecord], now: datetime, calendar: WorkCalendar) -> Ledger:
    """The ledger of ``case`` as it stands at ``now``."""
    book = _Book(case, spans, now, calendar)
    first = calendar.local_date(case.submitted_at)
    past = [book.elapsed(first + _DAY * i) for i in range(1, (book.until - first).days + 1)]
    sums = Counter(day.account for day in past)
    filed = LedgerDay(first, Account.FILED, "申请", today=first == book.today)
    return Ledger(
        days=(filed, *past, *book.ahead()),
        sums={account: sums[account] for account in ELAPSING},
        elapsed=sum(sums[account] for account in ELAPSING),
        rest=sums[Account.REST],
        until=book.until,
    )


class _Book:
    """What one ledger is written from."""

    def __init__(self, case: CaseRecord, spans: Sequence[SpanRecord], now: datetime, calendar: WorkCalendar) -> None:
        self.calendar = calendar
        self.today = calendar.local_date(now)
        self.accepted = self._date(case.accepted_at)
        closed = [at for at in (case.decided_at, case.concluded_at) if at is not None]
        self.decided = self._date(case.decided_at)
        self.until = calendar.local_date(min(closed)) if closed else self.today
        self.due = self._date(watched_due(case))
        self.due_name = "承诺" if case.promised_due_at else "法定"
        self.running = case.clock is CaseClock.RUNNING
        self.spans = sorted(spans, key=lambda span: (not stops_clock(span), span.started_at))

    def elapsed(self, day: date) -> LedgerDay:
        """A day that has come: in whose account it stands."""
        span = self._span(day)
        account = self._account(day, span)
        over = account is Account.COUNTED and self.due is not None and day > self.due
        kept = span if account in (Account.APPLICANT, Account.STOPPED) else None
        return LedgerDay(day, account, self._note(day), kept, over=over, today=day == self.today)

    def ahead(self) -> list[LedgerDay]:
        """The days after today that the limit still leaves."""
        if not self.running or self.due is None:
            return []
        return [self._coming(self.until + _DAY * i) for i in range(1, (self.due - self.until).days + 1)]

    def _coming(self, day: date) -> LedgerDay:
        if day == self.due:
            return LedgerDay(day, Account.DUE, self.due_name)
        account = Account.LEFT if self.calendar.is_workday(day) else Account.REST
        return LedgerDay(day, account, self._note(day))

    def _account(self, day: date, span: SpanRecord | None) -> Account:
        if not self.calendar.is_workday(day):
            return Account.REST
        before = self.accepted is None or day <= self.accepted
        if span is not None and span.party == "applicant" and (before or stops_clock(span)):
            return Account.APPLICANT
        if span is not None and stops_clock(span):
            return Account.STOPPED
        return Account.INTAKE if before else Account.COUNTED

    def _span(self, day: date) -> SpanRecord | None:
        """The span in force as the day began, those that stop the clock first."""
        return next((s for s in self.spans if self._covers(s, day)), None)

    def _covers(self, span: SpanRecord, day: date) -> bool:
        ended = self._date(span.ended_at)
        return self.calendar.local_date(span.started_at) < day and (ended is None or day <= ended)

    def _note(self, day: date) -> str | None:
        named = {self.today: "今天", self.due: self.due_name, self.accepted: "受理", self.decided: "决定"}
        return named.get(day) or self.calendar.called(day)

    def _date(self, at: datetime | None) -> date | None:
        return self.calendar.local_date(at) if at is not None else None
