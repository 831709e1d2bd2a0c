"""The day ledger as a calendar sheet: weeks from Monday to Sunday, one cell a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from engine.ledger import Account, Ledger, LedgerDay

#: colour of an account's cell
CSS: Mapping[Account, str] = {
    Account.FILED: "next",
    Account.INTAKE: "pre",
    Account.APPLICANT: "app",
    Account.COUNTED: "count",
    Account.STOPPED: "stop",
    Account.REST: "rest",
    Account.LEFT: "next",
    Account.DUE: "due",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One day as drawn."""

    #: 9/14 on the first day and the first of a month, otherwise the day of the month
    label: str
    mark: str
    css: str
    note: str | None
    #: the day as a screen reader says it
    spoken: str


#: an account's name in the legend and for screen readers
NAMES: Mapping[Account, str] = {
    Account.FILED: "提交申请",
    Account.INTAKE: "部门，受理之前",
    Account.APPLICANT: "申请人补正",
    Account.COUNTED: "部门，计入时限",
    Account.STOPPED: "依法不计入时限",
    Account.REST: "非工作日",
    Account.LEFT: "还没有用到",
    Account.DUE: "时限的最后一天",
}


def weeks(book: Ledger) -> list[list[Cell | None]]:
    """Rows of seven; None before the first day and after the last."""
    if not book.days:
        return []
    cells: list[Cell | None] = [None] * book.days[0].day.weekday()
    cells += [_cell(day, first=i == 0) for i, day in enumerate(book.days)]
    cells += [None] * (-len(cells) % 7)
    return [cells[i : i + 7] for i in range(0, len(cells), 7)]


def _cell(entry: LedgerDay, *, first: bool) -> Cell:
    day = entry.day
    label = f"{day.month}/{day.day}" if first or day.day == 1 else str(day.day)
    css = f"d-{'over' if entry.over else CSS[entry.account]}{' d-today' if entry.today else ''}"
    over = "，已超期" if entry.over else ""
    return Cell(label, entry.account.mark, css, entry.note, f"{day.month}月{day.day}日，{NAMES[entry.account]}{over}")


def rest_days(book: Ledger) -> list[str]:
    """Names of the holidays among the days of rest elapsed."""
    past = (d for d in book.days if d.account is Account.REST and d.day <= book.until and d.note not in (None, "今天"))
    return list(dict.fromkeys(str(d.note) for d in past))


def makeup_days(book: Ledger) -> list[str]:
    """Weekend days worked in exchange for a holiday, which count."""
    return [f"{d.day.month}月{d.day.day}日" for d in book.days if d.note == "调休" and d.day <= book.until]


def span_notes(book: Ledger, name: str) -> list[str]:
    """Why the days of an account are its own: from when to when, and under which article."""
    account = Account(name)
    notes: dict[str, list[LedgerDay]] = {}
    for entry in book.days:
        if entry.account is account and entry.span is not None:
            notes.setdefault(entry.span.span_id, []).append(entry)
    return [_span_note(entries) for entries in notes.values()]


def _span_note(entries: list[LedgerDay]) -> str:
    first, last, span = entries[0].day, entries[-1].day, entries[0].span
    assert span is not None
    until = "" if first == last else f"至{last.day}日" if last.month == first.month else f"至{last.month}月{last.day}日"
    basis = f"，{span.basis}" if span.basis else ""
    return f"{span.name}，{first.month}月{first.day}日{until}{basis}"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(span_notes=span_notes, rest_names=rest_days, makeup_days=makeup_days)
