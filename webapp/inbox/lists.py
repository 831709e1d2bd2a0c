"""The inbox: one table, its views and filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request

from engine.calendar import WorkCalendar
from engine.records import Actor, TaskRecord, TaskStatus
from engine.views import InboxQuery
from webapp.casework import org_name
from webapp.formatting import PAUSED, Chip, due_chip
from webapp.identity import actor
from webapp.inbox import reach
from webapp.inbox.blueprint import work
from webapp.inbox.filters import DUES, VIEWS, Filters, bounds
from webapp.services import services


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    task: TaskRecord
    #: whichever of step and case bites first; None of a task that is done
    chip: Chip | None
    due_at: datetime | None
    claimable: bool


@work.get("/")
def inbox() -> str:
    filters, who, now = Filters.read(request.args), actor(), services().clock.now()
    calendar = services().calendars.of(who.org)
    limits = bounds(now, calendar)
    query = filters.query(who)
    page = services().inbox.page(query, limits)
    counts = services().inbox.counts(InboxQuery(who.user_id, reach.groups(who)), limits)
    found = services().inbox.counts(query, limits) if filters.narrowed or filters.view != "group" else counts
    items, steps = services().inbox.choices(reach.groups(who))
    return render_template(
        "work/inbox.html",
        filters=filters,
        rows=[row_of(task, who, now, calendar) for task in page.rows],
        next_page=filters.after(page.next_cursor, len(page.rows)) if page.next_cursor else None,
        counts=counts,
        found=found,
        total=getattr(found, filters.due or filters.view),
        views=VIEWS,
        dues=DUES,
        items=items,
        steps=steps,
        organisation=org_name(who.org) if who.org else None,
    )


def row_of(task: TaskRecord, who: Actor, now: datetime, calendar: WorkCalendar) -> Row:
    """The table's line for a task."""
    open_ = task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED)
    due_at = bites_first(task)
    return Row(
        task=task,
        chip=time_left(task, now, calendar) if open_ else None,
        due_at=due_at,
        claimable=task.status is TaskStatus.OPEN and task.group in reach.groups(who),
    )


def time_left(task: TaskRecord, now: datetime, calendar: WorkCalendar) -> Chip | None:
    """The chip of an open task; None when neither step nor case has a limit that runs."""
    if task.paused and task.due_at is None:
        return PAUSED
    due_at = bites_first(task)
    return due_chip(calendar.remaining(now, due_at), provisional=task.provisional) if due_at else None


def bites_first(task: TaskRecord) -> datetime | None:
    """The earlier of the step's and the case's deadline."""
    return min((at for at in (task.due_at, task.case_due_at) if at is not None), default=None)
