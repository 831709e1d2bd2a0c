"""The day ledger as one bar: runs of working days in the same account, drawn as SVG attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from engine.ledger import ELAPSING, Account, Ledger

WIDTH = 520.0
GAP = 1.5
#: narrower bars carry no words
_ROOM_FOR_WORDS = 22.0

#: account → (class of the bar, long word, short word, light text)
LOOKS = {
    Account.INTAKE: ("tr", "受理前", "受", False),
    Account.APPLICANT: ("rb-b", "申请人", "申", False),
    Account.COUNTED: ("seg", "计入承诺", "计", True),
    Account.STOPPED: ("rb-c", "暂停", "停", False),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One run of days; lengths in the drawing's own units."""

    x: float
    width: float
    look: str
    words: str
    light: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def bars(book: Ledger) -> Sequence[Bar]:
    """The working days elapsed, from left to right."""
    accounts = [day.account for day in book.days if day.account in ELAPSING]
    if not accounts:
        return ()
    unit = WIDTH / len(accounts)
    drawn, at = [], 0.0
    for account, run in groupby(accounts):
        days = len(list(run))
        look, long, short, light = LOOKS[account]
        width = days * unit - GAP
        words = f"{long} {days}" if width > 90 else f"{short} {days}" if width > 36 else short
        drawn.append(Bar(round(at, 1), round(width, 1), look, words if width >= _ROOM_FOR_WORDS else "", light))
        at += days * unit
    return drawn


def in_words(book: Ledger) -> str:
    """The bar, said: 共 18 个工作日：受理前 2，申请人 2，计入承诺 3，暂停 11."""
    parts = [f"{LOOKS[account][1]} {book.sums[account]}" for account in ELAPSING if book.sums[account]]
    return f"共 {book.elapsed} 个工作日" + (f"：{'，'.join(parts)}" if parts else "")
