"""The engine: one command, one transaction, one commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

from engine import incidents
from engine.act import Desk, World
from engine.clock import Clock
from engine.commands import Command, IdempotencyKey, Receipt
from engine.errors import Collision, Conflict, ProcessFault, StaleVersion, StateFault
from engine.events import Event
from engine.handlers import HANDLERS
from engine.handlers.returning import WayBack, ways_back
from engine.ports import Calendars, Definitions, Directory, UnitOfWorkFactory
from engine.projections import project
from engine.records import Actor

#: times that a command is carried out anew after a collision
RETRIES = 3


def new_id() -> str:
    """A random id, 32 hex digits."""
    return uuid4().hex


class Engine:
    """Carries out commands.  Holds nothing of a case between two, so any number of processes may run one each."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        definitions: Definitions,
        directory: Directory,
        calendars: Calendars,
        clock: Clock,
        new_id: Callable[[], str] = new_id,
    ) -> None:
        self._uow = uow
        self._world = World(definitions, directory, calendars, new_id)
        self._clock = clock

    def execute(self, command: Command, key: IdempotencyKey | None = None) -> Receipt:
        """Carry out ``command`` and commit; whatever is raised leaves everything as it was.

        With ``key``, an act already done under the same key is not done again: its receipt comes back marked
        ``replayed``. Raises what the command's handler raises (see :mod:`engine.handlers`), IdempotencyConflict when
        the key was used for another request, and StaleVersion when the store finds that somebody else was faster.
        Where the process itself cannot go on (ProcessFault, StateFault), the case keeps an incident. A collision with
        another act is not its client's affair: the command is carried out anew, a few times.
        """
        for _ in range(RETRIES):
            try:
                return self._attempt(command, key)
            except Conflict as error:
                if not _may_pass(command, error):
                    raise
        return self._attempt(command, key)

    def _attempt(self, command: Command, key: IdempotencyKey | None) -> Receipt:
        try:
            return self._carry_out(command, key)
        except (ProcessFault, StateFault) as fault:
            incidents.note(self._uow, command, fault, self._clock.now())
            raise

    def _carry_out(self, command: Command, key: IdempotencyKey | None) -> Receipt:
        with self._uow() as uow:
            if key is not None and (known := uow.idempotency.find(key)) is not None:
                return replace(known, replayed=True)
            now = self._clock.now()
            decision = HANDLERS[type(command)](Desk(self._world, uow, now), command)
            project(decision, uow)
            if key is not None:
                uow.idempotency.keep(key, decision.receipt, now)
            uow.commit()
        return decision.receipt

    def recall(self, key: IdempotencyKey) -> Receipt | None:
        """The receipt of the act already done under ``key``, marked ``replayed``; None when there is none.

        For clients' repetitions that could no longer be judged: what they brought has been used.  Raises
        IdempotencyConflict when the key was used for another request.
        """
        with self._uow() as uow:
            known = uow.idempotency.find(key)
        return replace(known, replayed=True) if known is not None else None

    def foresee(self, command: Command) -> Sequence[Event]:
        """What ``command`` would decide, in order; nothing is written, and what it would raise is raised.

        Numbers are drawn and rolled back with the rest: the one a notice shows here is not promised to it.  A process
        that could not go on leaves its incident already here: nobody would go further with the act.
        """
        try:
            with self._uow() as uow:
                return HANDLERS[type(command)](Desk(self._world, uow, self._clock.now()), command).events
        except (ProcessFault, StateFault) as fault:
            incidents.note(self._uow, command, fault, self._clock.now())
            raise

    def ways_back(self, actor: Actor, task_id: str) -> Sequence[WayBack]:
        """The steps that ``actor`` may send the task back to, those done last first; raises like ReturnTask."""
        with self._uow() as uow:
            return ways_back(Desk(self._world, uow, self._clock.now()), actor, task_id)


def _may_pass(command: Command, error: Conflict) -> bool:
    """True when the command may succeed on what is there now.

    A client that named the version it saw must be told that there is a newer one; who named none wants the act done on
    whatever there is.
    """
    return isinstance(error, Collision) or (
        isinstance(error, StaleVersion) and getattr(command, "version", None) is None
    )
