"""The lists behind the board's numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import render_template, request, url_for

from engine.errors import InvalidValue
from engine.supervision import Selection, SupervisedQuery
from webapp.casework import org_name
from webapp.formatting import cn_time, local
from webapp.identity import actor
from webapp.services import services
from webapp.supervision import supervision
from webapp.supervision.moments import from_address, in_address
from webapp.supervision.rows import row_of
from webapp.supervision.scope import supervised_by

PAGE_SIZE = 20

#: selection → what the list is called
NAMES = {
    Selection.OPEN: "在办",
    Selection.RED: "红色超期",
    Selection.YELLOW: "黄色预警",
    Selection.ACCEPTED: "受理",
    Selection.CONCLUDED: "办结",
    Selection.TIMED: "有时限的办结",
    Selection.ON_TIME: "按期办结",
    Selection.LATE: "逾期办结",
}
#: those that say how things stand now, whatever the dates
STANDING = (Selection.OPEN, Selection.RED, Selection.YELLOW)


def listing(
    show: str,
    since: datetime | None = None,
    until: datetime | None = None,
    org: str | None = None,
    item: str | None = None,
) -> str:
    """The address of a list."""
    dates = {"since": since and in_address(since), "until": until and in_address(until)}
    return url_for("supervision.cases", show=show, org=org, item=item, **dates)


@supervision.get("/cases")
def cases() -> str:
    query = query_of(supervised_by(actor()))
    page = services().supervision.cases(query)
    asked: dict[str, Any] = {key: request.args.get(key) or None for key in ("show", "org", "item", "since", "until")}
    return render_template(
        "supervision/cases.html",
        query=query,
        rows=[row_of(one) for one in page.rows],
        total=services().supervision.count(query),
        names=NAMES,
        standing=STANDING,
        period=_period(query),
        organisations=sorted((code, org_name(code)) for code in query.orgs),
        items=[(item.key, item.name) for item in services().catalog.items()],
        asked=asked,
        following=url_for("supervision.cases", **asked | {"cursor": page.next_cursor}) if page.next_cursor else None,
    )


def query_of(orgs: frozenset[str]) -> SupervisedQuery:
    """What the address asks for, within ``orgs``; InvalidValue when it cannot be understood."""
    show = request.args.get("show") or Selection.OPEN
    if show not in tuple(Selection):
        raise InvalidValue("没有这个列表。", place="show")
    return SupervisedQuery(
        Selection(show),
        orgs,
        services().clock.now(),
        since=from_address(request.args.get("since"), "since"),
        until=from_address(request.args.get("until"), "until"),
        org=request.args.get("org") or None,
        item_key=request.args.get("item") or None,
        limit=PAGE_SIZE,
        cursor=request.args.get("cursor"),
    )


def _period(query: SupervisedQuery) -> str:
    """``10月1日（周四）0:00 起``; empty for lists that no dates bound."""
    if query.selection in STANDING:
        return ""
    today = local(query.now).date()
    parts = ((query.since, "起"), (query.until, "前"))
    return "，".join(f"{cn_time(at, today)}{word}" for at, word in parts if at is not None)
