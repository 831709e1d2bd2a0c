"""What the platform does by itself as time passes: timers fire, cards are raised, incidents overcome are settled.

Called by every tick of every worker.  Candidates are read in one short transaction; each is then acted on in a
transaction of its own that looks again under the case's lock.  So two workers at once do no harm, a crash in between
loses nothing, and one case that cannot go on does not hold up the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine import incidents
from engine.clock import Clock
from engine.commands import Command, FireTimer, RaiseCards
from engine.errors import Conflict, ProcessFault, StateFault, Unavailable
from engine.ports import UnitOfWorkFactory
from engine.records import SYSTEM
from engine.repairs import settle_overcome
from engine.service import Engine

log = logging.getLogger(__name__)

#: the engine has kept an incident of these
_NOTED = ProcessFault | StateFault
#: the next sweep will find the way clear
_PASSING = Conflict | Unavailable


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    #: timers acted on
    timers: int = 0
    #: cases whose cards were looked at
    cases: int = 0
    #: commands that failed; each is in the log and is tried again, a timer's ever more seldom
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
        self._settle_incidents()
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
        except Exception as error:  # whatever it is, the other cases must go on
            log.exception("sweep: %s failed", command)
            if isinstance(command, FireTimer) and not isinstance(error, _NOTED | _PASSING):
                incidents.note(self._uow, command, incidents.unforeseen(error), self._clock.now())
            return False
        return True

    def _settle_incidents(self) -> None:
        try:
            with self._uow() as uow:
                settle_overcome(uow, self._clock)
                uow.commit()
        except Exception:
            log.exception("sweep: incidents could not be settled")

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
