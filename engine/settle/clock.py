"""The case clock and the case's status, after each fact that can move them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.act import Act
from engine.deadlines import NO_DEADLINES, STOPPING, Deadlines, deadlines, is_paused
from engine.events import ClockChanged
from engine.process import Waiting
from engine.records import APPLICANT_GROUP, CaseClock, CaseStatus


def reckon(act: Act, node_id: str | None = None, basis: str | None = None) -> None:
    """Work out clock and deadlines anew; emits ClockChanged, caused by ``node_id`` and ``basis``, when one moved."""
    case, clock = act.case, _clock(act)
    due = deadlines_now(act)
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


def status_of(act: Act, waiting: Sequence[Waiting]) -> CaseStatus:
    """Where the case stands, in the citizen's words, seen from what it waits for now; concluded when for nothing."""
    case, rules = act.case, [one.node.ext.clock for one in waiting if one.node.ext.clock]
    if not waiting or case.concluded_at is not None:
        return CaseStatus.CONCLUDED
    if case.decided_at is not None:
        return CaseStatus.DECIDED
    if any(rule.party == "applicant" for rule in rules) or _has_applicant_task(act):
        return CaseStatus.SUPPLEMENT
    if any(rule.mode in STOPPING for rule in rules):
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


def deadlines_now(act: Act) -> Deadlines:
    """The case's deadlines by its records and calendar as they are; of a stopped clock, those that held."""
    case, clock = act.case, _clock(act)
    if case.accepted_at is None:
        return NO_DEADLINES
    if clock is not CaseClock.STOPPED:
        return deadlines(case.accepted_at, act.definition.item, list(act.spans.values()), act.calendar)
    if case.clock is not CaseClock.PAUSED:
        return Deadlines(case.promised_due_at, case.statutory_due_at, None, case.provisional)
    # decided in the middle of a pause: the deadline that held is the one up to now
    ended = [span if span.ended_at else replace(span, ended_at=act.now) for span in act.spans.values()]
    return deadlines(case.accepted_at, act.definition.item, ended, act.calendar)
