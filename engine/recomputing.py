"""After a change of the calendars: every open deadline that it touches is worked out anew, in the background.

A change leaves a job.  The jobs are worked off by every tick of every worker, a batch of cases at a time, each case in
a transaction of its own: a worker that is killed loses nothing, two at once do no harm, and one case that cannot go on
does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.clock import Clock
from engine.commands import RecomputeDeadlines
from engine.records import SYSTEM
from engine.rulebook import CalendarChange
from engine.service import Engine

log = logging.getLogger(__name__)

#: cases taken at once
BATCH = 50


class CalendarJobs(Protocol):
    """The jobs that changes leave, and the cases that each still has to do."""

    def due(self, now: datetime) -> Sequence[CalendarChange]:
        """Changes whose job is ready and not finished, oldest first; the cases of each are listed."""

    def take(self, change_id: int, now: datetime, limit: int) -> Sequence[str]:
        """Case numbers of the job, now in this worker's hands for a while; none when others have them all."""

    def put_away(self, change_id: int, case_nos: Sequence[str]) -> None:
        """Cross off cases that are done."""

    def finish(self, change_id: int, now: datetime) -> None:
        """Close the job when nothing of it is left to be tried."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What one turn did."""

    cases: int = 0
    #: commands that failed; each is in the log and is tried again a few times
    failed: int = 0


class Recomputer:
    """Works off every job that is ready."""

    def __init__(self, engine: Engine, jobs: CalendarJobs, clock: Clock, batch: int = BATCH) -> None:
        self._engine = engine
        self._jobs = jobs
        self._clock = clock
        self._batch = batch

    def work(self) -> Recomputed:
        """Work until no job has a case left that nobody has in hand."""
        cases = failed = 0
        for change in self._jobs.due(self._clock.now()):
            while case_nos := self._jobs.take(change.change_id, self._clock.now(), self._batch):
                done = [case_no for case_no in case_nos if self._attempt(change, case_no)]
                self._jobs.put_away(change.change_id, done)
                cases += len(done)
                failed += len(case_nos) - len(done)
            self._jobs.finish(change.change_id, self._clock.now())
        return Recomputed(cases, failed)

    def _attempt(self, change: CalendarChange, case_no: str) -> bool:
        try:
            self._engine.execute(RecomputeDeadlines(SYSTEM, case_no, change.change_id, change.what))
        except Exception:  # whatever it is, the other cases must go on
            log.exception("recompute: case %s after change %s failed", case_no, change.change_id)
            return False
        return True
