"""What a clerk asked the inbox for: views, filters and paging as they stand in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask import url_for
from werkzeug.datastructures import MultiDict

from engine.calendar import WorkCalendar
from engine.records import Actor
from engine.views import DueBounds, InboxQuery
from webapp.inbox import reach

PAGE_SIZE = 20
#: working days from today that still count as soon
SOON = 3

#: scope → (name, icon)
VIEWS = {
    "group": ("待办", "inbox"),
    "mine": ("我的在办", "person"),
    "claimable": ("可认领", "hand-index"),
    "done": ("我办过的", "check2"),
}
#: filter by time left → (name, icon)
DUES = {
    "overdue": ("已超期", "exclamation-octagon-fill"),
    "today": ("今天到期", "exclamation-triangle-fill"),
    "soon": (f"{SOON} 个工作日内", "hourglass-split"),
    "paused": ("暂停计时", "pause-circle"),
}
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """The address of one list; every link of the page is one of these with something changed."""

    view: str = "group"
    due: str | None = None
    item: str | None = None
    step: str | None = None
    text: str | None = None
    cursor: str | None = None
    #: rows on the pages before this one, for 「第 21–40 件」
    seen: int = 0

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Filters:
        """From the query string; what is unknown there falls back to its default."""
        view, due = args.get("view", "group"), args.get("due")
        return cls(
            view=view if view in VIEWS else "group",
            due=due if due in DUES and view != "done" else None,
            item=_text(args, "item"),
            step=_text(args, "step"),
            text=_text(args, "q"),
            cursor=args.get("cursor") or None,
            seen=max(0, args.get("seen", 0, type=int)),
        )

    @property
    def narrowed(self) -> bool:
        """True when something beyond the view was asked for."""
        return bool(self.due or self.item or self.step or self.text)

    def query(self, actor: Actor) -> InboxQuery:
        """The question for the inbox."""
        return InboxQuery(
            user_id=actor.user_id,
            groups=reach.groups(actor),
            scope=self.view,
            text=self.text,
            item_key=self.item,
            step=self.step,
            due=self.due,
            limit=PAGE_SIZE,
            cursor=self.cursor,
        )

    def to(self, **changes: str | None) -> str:
        """The address of the first page of the same list with ``changes`` made."""
        return replace(self, cursor=None, seen=0, **changes).address()  # type: ignore[arg-type]

    def after(self, cursor: str, shown: int) -> str:
        """The address of the next page."""
        return replace(self, cursor=cursor, seen=self.seen + shown).address()

    def address(self) -> str:
        """The path and query of this list."""
        return url_for(
            "work.inbox",
            view=self.view if self.view != "group" else None,
            due=self.due,
            item=self.item,
            step=self.step,
            q=self.text,
            cursor=self.cursor,
            seen=self.seen or None,
        )


def bounds(now: datetime, calendar: WorkCalendar) -> DueBounds:
    """Where overdue, today and soon end on this calendar."""
    today = calendar.local_date(now)
    day = timedelta(days=1)
    return DueBounds(
        now=now,
        today=calendar.starts(today + day),
        soon=calendar.starts(calendar.add_workdays(today, SOON) + day),
    )


def _text(args: MultiDict[str, str], key: str) -> str | None:
    return args.get(key, "").strip()[:_LONGEST] or None
