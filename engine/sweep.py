"""What the platform does by itself as time passes: timers fire, cards are raised.

Called by every tick of every worker.  Candidates are read in one short transaction; each is then acted on in a
transaction of its own that looks again under the case's lock.  So two workers at once do no harm, a crash in between
loses nothing, and one case that cannot go on does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.clock import Clock
from engine.commands import Command, FireTimer, RaiseCards
from engine.ports import UnitOfWorkFactory
from engine.records import SYSTEM
from engine.service import Engine

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    #: timers acted on
    timers: int = 0
    #: cases whose cards were looked at
    cases: int = 0
    #: commands that failed; each is in the log and is tried again by the next sweep
    failed: int = 0


class Sweeper:
    """Works off everything that is due, ``batch`` candidates at a time."""

    def __init__(self, engine: Engine, uow: UnitOfWorkFactory, clock: Clock, batch: int = 200) -> None:
        self._engine = engine
        self._uow = uow
        self._clock = clock
        self._batch = batch

    def sweep(self) -> Swept:
        """Sweep once.  Timers first: what they change may spare a card."""
        timers, timers_failed = self._work_off(self._due_timers)
        cases, cases_failed = self._work_off(self._due_cards)
        return Swept(timers, cases, timers_failed + cases_failed)

    def _work_off(self, candidates: Callable[[], Sequence[Command]]) -> tuple[int, int]:
        """Act on batches until one brings nothing new.  Returns how many were acted on and how many failed."""
        tried: set[Command] = set()
        failed = 0
        while fresh := [command for command in candidates() if command not in tried]:
            tried.update(fresh)
            failed += sum(not self._attempt(command) for command in fresh)
        return len(tried), failed

    def _attempt(self, command: Command) -> bool:
        try:
            self._engine.execute(command)
        except Exception:  # whatever it is, the other cases must go on
            log.exception("sweep: %s failed", command)
            return False
        return True

    def _due_timers(self) -> Sequence[Command]:
        with self._uow() as uow:
            due = uow.timers.due(self._clock.now(), self._batch)
        return [FireTimer(SYSTEM, timer.timer_id, timer.case_no) for timer in due]

    def _due_cards(self) -> Sequence[Command]:
        now = self._clock.now()
        with self._uow() as uow:
            tasks = [task.case_no for task, _ in uow.tasks.warnable(now, self._batch)]
            cases = [case.case_no for case, _ in uow.warnings.cases_due(now, self._batch)]
        return [RaiseCards(SYSTEM, case_no) for case_no in dict.fromkeys((*tasks, *cases))]
