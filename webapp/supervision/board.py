"""The live board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request

from engine.supervision import Cell, Selection, SupervisedQuery
from webapp.casework import org_name
from webapp.identity import actor
from webapp.services import services
from webapp.supervision import supervision
from webapp.supervision.lists import listing
from webapp.supervision.moments import moments_of
from webapp.supervision.rows import row_of
from webapp.supervision.scope import posts, supervised_by
from webapp.supervision.trend import trend_of

#: lines of the overdue list, and of the ranking
SHOWN = 10
RANKED = 5
#: least number of open cases of the middle and the darkest shade
MANY, VERY_MANY = 10, 30


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Organisations down, items across."""

    #: items, ``(key, name)``
    columns: Sequence[tuple[str, str]]
    #: ``(code, name, a cell or None for each item)``
    rows: Sequence[tuple[str, str, Sequence[Cell | None]]]


@supervision.get("/")
def board() -> str:
    """Today in numbers; refreshes itself every minute unless ``refresh=off``."""
    who, now = actor(), services().clock.now()
    orgs, moments = supervised_by(who), moments_of(now)
    numbers = services().supervision.board(orgs, moments)
    late = services().supervision.cases(SupervisedQuery(Selection.RED, orgs, now, limit=SHOWN))
    return render_template(
        "supervision/board.html",
        board=numbers,
        at=moments,
        places=sorted(org_name(code) for code in posts(who) if not _is_below(code, posts(who))),
        heat=heat_map(numbers.cells),
        trend=trend_of(moments.weeks, numbers.weeks),
        ranked=[(code, org_name(code), share) for code, share in numbers.agencies[:RANKED]],
        late=[row_of(one) for one in late.rows],
        listing=listing,
        shade=shade,
        refreshes=request.args.get("refresh") != "off",
    )


def heat_map(cells: Sequence[Cell]) -> HeatMap:
    """The cells in their places; organisations by code, items by name."""
    names = {cell.item_key: cell.item_name for cell in cells}
    items = sorted(names.items(), key=lambda item: (item[1], item[0]))
    found = {(cell.org, cell.item_key): cell for cell in cells}
    codes = sorted({cell.org for cell in cells})
    return HeatMap(items, [(code, org_name(code), [found.get((code, key)) for key, _ in items]) for code in codes])


def shade(cell: Cell | None) -> str:
    """The class of a cell's colour."""
    if cell is None:
        return "hm0"
    if cell.red:
        return "hmr"
    if cell.yellow:
        return "hmw"
    return "hm1" if cell.open < MANY else "hm2" if cell.open < VERY_MANY else "hm3"


def _is_below(code: str, others: frozenset[str]) -> bool:
    """True when an organisation above it is among the others: naming that one says enough."""
    seen, organisation = {code}, services().directory.organisation(code)
    while organisation is not None and organisation.parent and organisation.parent not in seen:
        if organisation.parent in others:
            return True
        seen.add(organisation.parent)
        organisation = services().directory.organisation(organisation.parent)
    return False
