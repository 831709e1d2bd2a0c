"""The case clock and the case's status, after each fact that can move them."""

from __future__ import annotations

from dataclasses import replace

from engine.act import Act
from engine.deadlines import Deadlines, deadlines, is_paused, stops_clock
from engine.events import ClockChanged
from engine.records import APPLICANT_GROUP, CaseClock, CaseStatus


def reckon(act: Act, node_id: str | None = None, basis: str | None = None) -> None:
    """Work out clock and deadlines anew; emits ClockChanged, caused by ``node_id`` and ``basis``, when one moved."""
    case, clock = act.case, _clock(act)
    due = _deadlines(act, clock)
    before = (case.clock, case.promised_due_at, case.statutory_due_at)
    act.change(
        clock=clock,
        promised_due_at=due.promised_due_at,
        statutory_due_at=due.statutory_due_at,
        warn_at=due.warn_at if clock is CaseClock.RUNNING else None,
        provisional=due.provisional,
    )
    if before != (clock, due.promised_due_at, due.statutory_due_at):
        act.emit(ClockChanged(str(clock), due.promised_due_at, due.statutory_due_at, node_id, basis))


def status_of(act: Act, finished: bool) -> CaseStatus:
    """Where the case stands, in the citizen's words, seen from what it waits for now."""
    case, spans = act.case, [span for span in act.spans.values() if span.ended_at is None]
    if finished or case.concluded_at is not None:
        return CaseStatus.CONCLUDED
    if case.decided_at is not None:
        return CaseStatus.DECIDED
    if any(span.party == "applicant" for span in spans) or _has_applicant_task(act):
        return CaseStatus.SUPPLEMENT
    if any(stops_clock(span) for span in spans):
        return CaseStatus.SPECIAL
    return CaseStatus.PROCESSING if case.accepted_at is not None else CaseStatus.SUBMITTED


def _has_applicant_task(act: Act) -> bool:
    return any(task.group == APPLICANT_GROUP for task in act.tasks.values())


def _clock(act: Act) -> CaseClock:
    case = act.case
    if case.accepted_at is None:
        return CaseClock.NOT_STARTED
    if case.decided_at is not None or case.concluded_at is not None:
        return CaseClock.STOPPED
    return CaseClock.PAUSED if is_paused(act.spans.values()) else CaseClock.RUNNING


def _deadlines(act: Act, clock: CaseClock) -> Deadlines:
    case = act.case
    spans = list(act.spans.values())
    if case.accepted_at is None:
        return Deadlines()
    if clock is CaseClock.STOPPED:
        if case.clock is CaseClock.STOPPED:
            return Deadlines(case.promised_due_at, case.statutory_due_at, None, case.provisional)
        # decided in the middle of a pause: the deadline that held is the one up to now
        spans = [span if span.ended_at else replace(span, ended_at=act.now) for span in spans]
    return deadlines(case.accepted_at, act.definition.item, spans, act.calendar)
