"""Acts on a card (requirements R41, R44), each with who may do it and when."""

from __future__ import annotations

from datetime import date

from engine import events
from engine.act import Act, Decision, Desk
from engine.errors import InvalidValue, NotAllowed, UnknownWarning, WarningMoved
from engine.events import Event
from engine.oversight import (
    AcknowledgeWarning,
    CloseWarning,
    ExplainWarning,
    OrderCorrection,
    WarningAct,
    WarningCard,
    WarningCommand,
    WarningStatus,
)
from engine.ports import Directory
from engine.records import Actor, CaseRecord, WarningRecord
from engine.settle.messages import SUPERVISOR_ROLE

LONGEST_TEXT = 1000

_RAISED, _ACKNOWLEDGED, _EXPLAINED, _ORDERED = (
    WarningStatus.RAISED,
    WarningStatus.ACKNOWLEDGED,
    WarningStatus.EXPLAINED,
    WarningStatus.ORDERED,
)


def acknowledge_warning(desk: Desk, command: AcknowledgeWarning) -> Decision:
    """Acknowledge a card that nobody has acted on.  Raises as :func:`_begin` and :func:`_check_supervises` do."""
    act, card = _begin(desk, command)
    _check_supervises(act, card)
    _check_stands(card, _RAISED)
    return _done(act, card, WarningStatus.ACKNOWLEDGED, events.WarningAcknowledged)


def explain_warning(desk: Desk, command: ExplainWarning) -> Decision:
    """Explain a card, or answer an order: by the person it names, else by anybody with a post in the organisation.

    Raises NotAllowed for others, InvalidValue for an empty text, and as :func:`_begin` does.
    """
    act, card = _begin(desk, command)
    if not may_explain(act.actor, card.record):
        raise NotAllowed("只有责任人、或责任单位的工作人员可以说明。", place=card.record.case_no)
    _check_stands(card, _RAISED, _ACKNOWLEDGED, _ORDERED)
    return _done(act, card, _EXPLAINED, events.WarningExplained, _text(command.text, "说明"))


def order_correction(desk: Desk, command: OrderCorrection) -> Decision:
    """Order correction by a day, not before today.  Raises InvalidValue for text or day, and as the others do."""
    act, card = _begin(desk, command)
    _check_supervises(act, card)
    _check_stands(card, _RAISED, _ACKNOWLEDGED, _EXPLAINED)
    if command.due_on < act.calendar.local_date(act.now):
        raise InvalidValue("改正期限不能早于今天。", place="due_on")
    return _done(act, card, _ORDERED, events.CorrectionOrdered, _text(command.text, "督办要求"), command.due_on)


def close_warning(desk: Desk, command: CloseWarning) -> Decision:
    """Close a card.  A red one, and an order, must have been explained before; raises WarningMoved when it was not."""
    act, card = _begin(desk, command)
    _check_supervises(act, card)
    if card.status is not WarningStatus.CLOSED and not may_close(card):
        raise WarningMoved("责任单位还没有说明，不能销号。", place=card.record.case_no, version=card.version)
    _check_stands(card, _RAISED, _ACKNOWLEDGED, _EXPLAINED)
    text = _text(command.text, "销号意见") if (command.text or "").strip() else None
    return _done(act, card, WarningStatus.CLOSED, events.WarningClosed, text)


def may_close(card: WarningCard) -> bool:
    """True when enough was said: red cards and orders need an explanation."""
    if card.record.level == "red" or card.status is _ORDERED:
        return card.status is _EXPLAINED
    return card.status is not WarningStatus.CLOSED


def may_explain(actor: Actor, record: WarningRecord) -> bool:
    """True for the person whom the card names; where it names nobody, for everybody with a post in the organisation."""
    if record.assignee_id is not None:
        return actor.user_id == record.assignee_id
    held = (group.rpartition(":") for group in actor.groups)
    return any(org == record.org and role != SUPERVISOR_ROLE for org, _, role in held)


def may_supervise(actor: Actor, record: WarningRecord, case: CaseRecord, directory: Directory) -> bool:
    """True for a supervisor of the responsible organisation or of one above it; never for whom the card names."""
    if actor.user_id == record.assignee_id:
        return False
    code, seen = record.org or case.owner_org, set[str]()
    while code and code not in seen:
        if actor.may_work(f"{code}:{SUPERVISOR_ROLE}"):
            return True
        seen.add(code)
        organisation = directory.organisation(code)
        code = organisation.parent or "" if organisation else ""
    return False


def _begin(desk: Desk, command: WarningCommand) -> tuple[Act, WarningCard]:
    """The card under its case's lock.  Raises UnknownWarning, and WarningMoved when it is not as it was seen."""
    case = desk.uow.cases.lock(command.key.case_no)
    card = desk.uow.oversight.get(command.key) if case is not None else None
    if case is None or card is None:
        raise UnknownWarning(place=command.key.case_no)
    if command.version != card.version:
        raise WarningMoved(place=command.key.case_no, version=card.version)
    return desk.begin(command.actor, case), card


def _check_supervises(act: Act, card: WarningCard) -> None:
    """Raises NotAllowed."""
    if not may_supervise(act.actor, card.record, act.case, act.world.directory):
        raise NotAllowed("只有责任单位或其上级机关的监察人员可以处置，且不能处置自己的预警牌。", place=act.case.case_no)


def _check_stands(card: WarningCard, *allowed: WarningStatus) -> None:
    """Raises WarningMoved when the act does not follow on where the card stands."""
    if card.status not in allowed:
        raise WarningMoved("这张预警牌现在不能这样处置。", place=card.record.case_no, version=card.version)


def _text(text: str | None, name: str) -> str:
    stripped = (text or "").strip()
    if not stripped:
        raise InvalidValue(f"请填写{name}。", place="text")
    if len(stripped) > LONGEST_TEXT:
        raise InvalidValue(f"{name}不能超过 {LONGEST_TEXT} 个字。", place="text")
    return stripped


def _done(
    act: Act,
    card: WarningCard,
    status: WarningStatus,
    event: type[Event],
    text: str | None = None,
    due_on: date | None = None,
) -> Decision:
    one = WarningAct(
        key=card.key,
        seq=card.version + 1,
        status=status,
        at=act.now,
        actor_id=act.actor.user_id,
        actor_name=act.actor.name,
        org=act.actor.org,
        text=text,
        due_on=due_on,
    )
    act.emit(event(one))  # type: ignore[call-arg]
    return act.close()
