"""After a run has moved: turn the difference between before and after into events.

The order is that of the story it tells: what ended, what was reached on the way and which papers that brought, what
began, what now waits, who is told, and whether the case is over.
"""

from __future__ import annotations

from engine.act import Act
from engine.events import CaseConcluded
from engine.process import Run
from engine.settle.clock import reckon, status_of
from engine.settle.messages import queue_messages
from engine.settle.milestones import reach_milestone
from engine.settle.notices import issue_notices
from engine.settle.waits import cancel_gone, end_spans, open_tasks, schedule_timers, start_spans


def settle(act: Act, run: Run) -> None:
    """Bring the act's records into line with ``run`` and emit what that means.

    Raises ProcessFault when the diagram asks for what cannot be had: a task for nobody, a timer without a limit, a
    notice that the definition does not hold.
    """
    waiting, passed = run.waiting(), run.passed()
    refs = {one.ref for one in waiting}
    entered = [one for one in waiting if one.ref not in act.spans]
    cancel_gone(act, refs)
    end_spans(act, refs)
    for one in passed:
        reach_milestone(act, one.node)
        issue_notices(act, one.node, entered)
    start_spans(act, waiting)
    if run.finished:
        _conclude(act)
    open_tasks(act, waiting)
    schedule_timers(act, waiting)
    act.change(state=run.dump(), status=status_of(act, run.finished))
    for one in passed:
        queue_messages(act, one.node)
    if run.finished:
        act.emit(CaseConcluded(act.case.result, act.now))


def _conclude(act: Act) -> None:
    """No token is left; a diagram that draws no milestone ``concluded`` concludes with its last node."""
    if act.case.concluded_at is None:
        act.change(concluded_at=act.now)
        reckon(act)
