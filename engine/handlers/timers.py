"""Timers of the diagram."""

from __future__ import annotations

from engine.act import Decision, Desk
from engine.commands import FireTimer
from engine.errors import UnknownCase
from engine.events import TimerFired
from engine.settle import move


def fire_timer(desk: Desk, command: FireTimer) -> Decision:
    """Let a timer fire that has fallen due and run its case to the next wait.

    Looks again under the case's lock: a timer that is gone, held or not yet due does nothing.  Raises UnknownCase,
    ProcessFault.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)
    timer = act.timers.pop(command.timer_id, None)
    if timer is None or timer.held or timer.due_at > act.now:
        return act.close()
    act.emit(TimerFired(timer, act.node(timer.node_id).name))
    move(act, lambda run: run.fire(command.timer_id))
    return act.close()
