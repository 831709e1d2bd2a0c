"""Jobs that changes of the calendars leave: which cases they touch, and which of these are still to be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, delete, exists, func, insert, literal, or_, select, update

from engine.rulebook import NATIONAL, CalendarChange, Progress, downward
from storage.database import Database
from storage.directory import Directory
from storage.rows import Rows
from storage.tables import calendar_changes, calendar_jobs, calendar_touched, cases, tasks, timers

#: a job waits this long: until every process knows of the change, and every act begun before it has ended
SETTLED = timedelta(seconds=30)
#: how long a worker has for a batch before others may take it over
IN_HAND = timedelta(minutes=2)
#: times that a case is tried
TRIES = 5

_ZONE = ZoneInfo("Asia/Shanghai")
_CHANGE = Rows(CalendarChange, calendar_changes)


def add_job(connection: Connection, change: CalendarChange) -> None:
    """Leave a job for a change, in the change's own transaction."""
    connection.execute(insert(calendar_jobs), {"change_id": change.change_id, "ready_at": change.at + SETTLED})


class CalendarJobs:
    """:class:`engine.recomputing.CalendarJobs`."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    def due(self, now: datetime) -> Sequence[CalendarChange]:
        """Changes whose job is ready and not finished, oldest first; the cases of each are listed."""
        ready = (
            select(*_CHANGE.columns, calendar_jobs.c.total)
            .join(calendar_jobs, calendar_jobs.c.change_id == calendar_changes.c.change_id)
            .where(calendar_jobs.c.ready_at <= now, calendar_jobs.c.finished_at.is_(None))
            .order_by(calendar_changes.c.change_id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(ready).all()
        changes = [_CHANGE.read(row) for row in rows]
        for change, row in zip(changes, rows, strict=True):
            if row.total is None:
                self._list_cases(change)
        return changes

    def _list_cases(self, change: CalendarChange) -> None:
        """List the cases that the change touches, once."""
        orgs = None if change.org == NATIONAL else downward(change.org, self._directory.all())
        job = calendar_jobs.c.change_id == change.change_id
        with self._database.writing() as connection:
            unlisted = select(calendar_jobs.c.change_id).where(job, calendar_jobs.c.total.is_(None)).with_for_update()
            if connection.execute(unlisted).first() is None:
                return
            columns = ["change_id", "case_no", "tries"]
            listed = insert(calendar_touched).from_select(columns, _touched(change, orgs))
            connection.execute(listed)
            count = select(func.count()).where(calendar_touched.c.change_id == change.change_id).scalar_subquery()
            connection.execute(update(calendar_jobs).where(job).values(total=count))

    def take(self, change_id: int, now: datetime, limit: int) -> Sequence[str]:
        """Case numbers of the job, now in this worker's hands; none when others have them all."""
        free = (
            select(calendar_touched.c.case_no)
            .where(
                calendar_touched.c.change_id == change_id,
                calendar_touched.c.tries < TRIES,
                or_(calendar_touched.c.taken_until.is_(None), calendar_touched.c.taken_until <= now),
            )
            .order_by(calendar_touched.c.case_no)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            case_nos = connection.scalars(free).all()
            if case_nos:
                connection.execute(
                    update(calendar_touched)
                    .where(calendar_touched.c.change_id == change_id, calendar_touched.c.case_no.in_(case_nos))
                    .values(taken_until=now + IN_HAND, tries=calendar_touched.c.tries + 1)
                )
        return case_nos

    def put_away(self, change_id: int, case_nos: Sequence[str]) -> None:
        """Cross off cases that are done."""
        if not case_nos:
            return
        with self._database.writing() as connection:
            connection.execute(
                delete(calendar_touched).where(
                    calendar_touched.c.change_id == change_id, calendar_touched.c.case_no.in_(case_nos)
                )
            )

    def finish(self, change_id: int, now: datetime) -> None:
        """Close the job when nothing of it is left to be tried; what failed to the last stays listed."""
        left = exists().where(calendar_touched.c.change_id == change_id, calendar_touched.c.tries < TRIES)
        in_hand = exists().where(calendar_touched.c.change_id == change_id, calendar_touched.c.taken_until > now)
        with self._database.writing() as connection:
            connection.execute(
                update(calendar_jobs)
                .where(calendar_jobs.c.change_id == change_id, calendar_jobs.c.finished_at.is_(None), ~left, ~in_hand)
                .values(finished_at=now)
            )


def progress(connection: Connection, change_ids: Collection[int]) -> Mapping[int, Progress]:
    """How far the jobs of changes are."""
    left = (
        select(calendar_touched.c.change_id, func.count().label("left"))
        .where(calendar_touched.c.change_id.in_(change_ids))
        .group_by(calendar_touched.c.change_id)
        .subquery()
    )
    jobs = (
        select(calendar_jobs.c.change_id, calendar_jobs.c.total, calendar_jobs.c.finished_at, left.c.left)
        .outerjoin(left, left.c.change_id == calendar_jobs.c.change_id)
        .where(calendar_jobs.c.change_id.in_(change_ids))
    )
    return {
        row.change_id: Progress(row.total, row.left or 0, row.finished_at is not None)
        for row in connection.execute(jobs)
    }


def _touched(change: CalendarChange, orgs: Collection[str] | None) -> Select[Any]:
    """Cases with a deadline that has not been met and lies on the first day of the change or after it.

    A deadline before that day was never worked out by looking at it.  Cards of deadlines long past stay as they are,
    their dates are put right all the same.
    """
    start = datetime.combine(change.first, time.min, _ZONE)
    live = tasks.c.urgent_at.is_not(None)
    open_task = exists().where(tasks.c.case_no == cases.c.case_no, live, tasks.c.due_at >= start)
    timer = exists().where(timers.c.case_no == cases.c.case_no, timers.c.due_at >= start)
    found = select(literal(change.change_id), cases.c.case_no, literal(0)).where(
        cases.c.concluded_at.is_(None),
        or_(cases.c.promised_due_at >= start, cases.c.statutory_due_at >= start, open_task, timer),
    )
    if orgs is None:
        return found
    works_there = exists().where(tasks.c.case_no == cases.c.case_no, live, tasks.c.org.in_(orgs))
    return found.where(or_(cases.c.owner_org.in_(orgs), works_there))
