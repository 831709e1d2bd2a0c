"""A supervised case as a line of a table: who is responsible now, and how late it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.deadlines import watched_due
from engine.records import CaseClock
from engine.supervision import SupervisedCase
from webapp.casework import due_of, org_name, status_of
from webapp.formatting import Chip, due_chip
from webapp.services import services


@dataclass(frozen=True, slots=True)
class Row:
    """One line."""

    it: SupervisedCase
    #: names of the steps, organisations and people it waits for
    steps: tuple[str, ...]
    orgs: tuple[str, ...]
    people: tuple[str, ...]
    status: Chip
    #: whichever deadline of case and steps bites first, and how much time is left or how late it is
    due_at: datetime | None
    due: Chip | None


def row_of(it: SupervisedCase) -> Row:
    """The line of a case; where a step is late, that step answers for it, otherwise every open one."""
    now = services().clock.now()
    late = tuple(task for task in it.tasks if task.due_at is not None and task.due_at <= now)
    tasks = late or it.tasks
    due_at = it.due_at or _bites_first(it)
    return Row(
        it=it,
        steps=_each(task.name for task in tasks),
        orgs=_each(org_name(task.org) for task in tasks if task.org) or (org_name(it.case.owner_org),),
        people=_each(task.assignee_name or "待认领" for task in tasks),
        status=status_of(it.case),
        due_at=due_at,
        due=_chip(it, due_at, now),
    )


def _bites_first(it: SupervisedCase) -> datetime | None:
    running = watched_due(it.case) if it.case.clock is CaseClock.RUNNING else None
    return min((at for at in (running, *(task.due_at for task in it.tasks)) if at is not None), default=None)


def _chip(it: SupervisedCase, due_at: datetime | None, now: datetime) -> Chip | None:
    if due_at is None:
        return due_of(it.case)
    calendar = services().calendars.of(it.case.owner_org)
    return due_chip(calendar.remaining(now, due_at), provisional=it.case.provisional)


def _each(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
