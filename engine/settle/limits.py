"""Limits of activities that have a process inside: what a task without a limit of its own inherits.

``yc:limit`` on a sub-process or a call activity runs from the moment it was entered; time in which the case's clock
stood still is not counted (see :mod:`engine.deadlines`).  The moment is noted in the run at the activity itself, so
that to open a task inside needs no look at how its case got there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.act import Act
from engine.calendar import Stop, WorkCalendar
from engine.deadlines import STOPPING, stops
from engine.elements import Limit
from engine.process import Node, Run, Waiting

#: activities whose limit is that of what runs inside
_CONTAINERS = frozenset({"subProcess", "callActivity"})


@dataclass(frozen=True, slots=True)
class Moments:
    """When a limit is used up, and when its yellow card falls due."""

    due_at: datetime
    warn_at: datetime
    provisional: bool


def note_limits(act: Act, run: Run, waiting: Sequence[Waiting], *, moved: bool) -> Mapping[str, Moments]:
    """By ref of every activity with a limit that the run is in, when it is used up.

    Noted anew where the activity was entered in this act, and everywhere when a stop of the clock has just ended
    (``moved``).
    """
    found = {}
    for one in waiting:
        limit = one.node.ext.limit
        if limit is None or not is_container(one.node):
            continue
        known = None if moved else noted(one)
        if known is None:
            started = _started(act, one)
            # only a stop that has just ended can fall into an activity entered before this act
            known = reckoned(act.calendar, started, limit, stops(act.spans.values()) if moved else ())
            run.note(one.ref, {"from": started.isoformat(), **_as_note(known)})
        found[one.ref] = known
    return found


def renote_limits(act: Act, run: Run, waiting: Sequence[Waiting]) -> Mapping[str, Moments]:
    """The same, noted anew everywhere, as after a change of the calendar."""
    found = {}
    for one in waiting:
        limit = one.node.ext.limit
        if limit is not None and is_container(one.node) and "from" in one.note:
            started = _started(act, one)
            found[one.ref] = known = reckoned(act.calendar, started, limit, stops(act.spans.values()))
            run.note(one.ref, {"from": started.isoformat(), **_as_note(known)})
    return found


def ends_stop(gone: Sequence[Waiting]) -> bool:
    """True when the run has left an activity in which the clock stood still."""
    return any(one.node.ext.clock is not None and one.node.ext.clock.mode in STOPPING for one in gone)


def inherited(task: Waiting, waiting: Sequence[Waiting], limits: Mapping[str, Moments]) -> Moments | None:
    """The limit of the nearest activity around ``task`` that has one; ``waiting`` is all that the run waits for."""
    by_ref = {one.ref: one for one in waiting}
    inside = task.inside
    while inside is not None:
        if inside in limits:
            return limits[inside]
        inside = by_ref[inside].inside if inside in by_ref else None
    return None


def is_container(node: Node) -> bool:
    """True for an activity that has a process inside and a limit around it."""
    return node.type in _CONTAINERS and node.ext.limit is not None


def noted(one: Waiting) -> Moments | None:
    """What was noted at an activity; None when nothing was."""
    note = one.note
    if "due" not in note:
        return None
    due, warn = (datetime.fromisoformat(note[name]) for name in ("due", "warn"))
    return Moments(due, warn, bool(note["provisional"]))


def drawn_limit(node: Node, nodes: Mapping[str, Node]) -> Limit | None:
    """The limit that a task goes by as far as the diagram alone can tell: its own, or the nearest around it.

    None also inside a process that is called from several places, each of which may set another limit.
    """
    seen: set[str] = set()
    current: Node | None = node
    while current is not None and current.id not in seen:
        if current.ext.limit is not None:
            return current.ext.limit
        seen.add(current.id)
        current = nodes.get(current.inside) if current.inside else None
    return None


def _started(act: Act, one: Waiting) -> datetime:
    """When the activity was entered; for a run kept before this was noted, now."""
    return datetime.fromisoformat(one.note["from"]) if "from" in one.note else act.now


def reckoned(calendar: WorkCalendar, started: datetime, limit: Limit, stopped: Sequence[Stop] = ()) -> Moments:
    """When ``limit`` is used up that started at ``started``, time in ``stopped`` not counted."""
    due = calendar.due(started, limit, stopped)
    return Moments(due.at, calendar.warn_at(started, due.at, limit, stopped), due.provisional)


def _as_note(known: Moments) -> dict[str, Any]:
    return {"due": known.due_at.isoformat(), "warn": known.warn_at.isoformat(), "provisional": known.provisional}
