"""After a run has moved: turn the difference between before and after into events.

The order is that of the story it tells: what ended, what was reached on the way and which papers that brought, what
began, what now waits, who is told, and whether the case is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.act import Act
from engine.events import CaseConcluded
from engine.process import Run, Waiting
from engine.settle.clock import reckon, status_of
from engine.settle.limits import ends_stop, inherited, note_limits
from engine.settle.messages import queue_messages
from engine.settle.milestones import reach_milestone
from engine.settle.notices import issue_notices
from engine.settle.waits import cancel_gone, end_spans, open_tasks, schedule_timers, start_spans


def move(act: Act, step: Callable[[Run], None]) -> None:
    """Load the case's run, let it take ``step`` and settle what that changed.

    Raises what ``step`` raises, StateFault when the run cannot be loaded, and what :func:`settle` raises.
    """
    run = act.definition.process.load(act.case.state)
    before = run.waiting()
    step(run)
    settle(act, run, before)


def settle(act: Act, run: Run, before: Sequence[Waiting] = ()) -> None:
    """Bring the act's records into line with ``run``, which waited for ``before``, and emit what that means.

    Raises ProcessFault when the diagram asks for what cannot be had: a task for nobody, a timer without a limit, a
    notice that the definition does not hold.
    """
    waiting, passed = run.waiting(), run.passed()
    gone, entered = _without(before, waiting), _without(waiting, before)
    cancel_gone(act, gone)
    end_spans(act, gone)
    for one in passed:
        if reach_milestone(act, one.node):
            issue_notices(act, one.node, entered)
    start_spans(act, entered)
    if run.finished:
        _conclude(act)
    limits = note_limits(act, run, waiting, moved=ends_stop(gone))
    open_tasks(act, entered, lambda task: inherited(task, waiting, limits))
    schedule_timers(act, entered)
    act.change(state=run.dump(), status=status_of(act, waiting))
    for one in passed:
        queue_messages(act, one.node)
    if run.finished:
        act.emit(CaseConcluded(act.case.result, act.now))


def _without(some: Sequence[Waiting], others: Sequence[Waiting]) -> Sequence[Waiting]:
    refs = {one.ref for one in others}
    return [one for one in some if one.ref not in refs]


def _conclude(act: Act) -> None:
    """No token is left; a diagram that draws no milestone ``concluded`` concludes with its last node."""
    if act.case.concluded_at is None:
        act.change(concluded_at=act.now)
        reckon(act)
