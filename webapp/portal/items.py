"""The catalog of service items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask import render_template, request

from engine.views import ItemRow
from webapp.portal import bp
from webapp.services import services

#: longest search that is looked up
LONGEST_SEARCH = 100


def audiences(rows: Sequence[ItemRow]) -> list[tuple[str, int]]:
    """Whom the items are for, with the number of items for each, most first."""
    return Counter(who for row in rows for who in row.audience).most_common()


@bp.get("/items")
def items() -> str:
    text = request.args.get("q", "").strip()[:LONGEST_SEARCH] or None
    who = request.args.get("for", "").strip() or None
    catalog = services().catalog
    found = catalog.items(text=text)
    rows = catalog.items(text=text, audience=who) if who else found
    return render_template(
        "portal/items.html", rows=rows, found=len(found), text=text, who=who, audiences=audiences(found)
    )
