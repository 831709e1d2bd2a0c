"""Messages from outside: other systems, the bank, the applicant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.act import Act, Decision, Desk
from engine.assignment import holder, is_applicant
from engine.commands import DeliverMessage
from engine.errors import InvalidForm, MessageAmbiguous, MessageNotExpected, NotAllowed, UnknownCase, WrongApplicant
from engine.events import FormSaved, MessageReceived
from engine.handlers.routing import routed
from engine.process import Kind, Run, Waiting
from engine.records import APPLICANT_GROUP, SYSTEM, FormRecord
from engine.settle import move


def deliver_message(desk: Desk, command: DeliverMessage) -> Decision:
    """Give a message to the one place of its case that waits for it, and run the case to the next wait.

    Nothing is kept for later: a message that nobody waits for is refused and may be sent again.  Raises UnknownCase,
    MessageNotExpected, MessageAmbiguous when ``match`` fits several places, NotAllowed or WrongApplicant when it is not
    the actor's to bring (``yc:assign``), InvalidForm when values are given and the event has no form, ProcessFault.
    """
    case = desk.uow.cases.lock(command.case_no)
    if case is None:
        raise UnknownCase(place=command.case_no)
    act = desk.begin(command.actor, case)

    def step(run: Run) -> None:
        waiting = _expecting(run, command)
        _check_bringer(act, waiting)
        run.deliver(waiting.ref, {waiting.node.id: _taken(act, waiting, command)})

    move(act, step)
    return act.close()


def _expecting(run: Run, command: DeliverMessage) -> Waiting:
    named = [one for one in run.waiting() if one.kind is Kind.MESSAGE and one.node.message == command.name]
    fitting = [one for one in named if all(_seen(one.data, path) == value for path, value in command.match.items())]
    if not fitting:
        raise MessageNotExpected(place=command.case_no)
    if len(fitting) > 1:
        raise MessageAmbiguous(place=command.case_no)
    return fitting[0]


def _seen(data: Mapping[str, Any], path: str) -> Any:
    """The value at ``path`` (``agency``, ``apply.plot``); None when there is none."""
    value: Any = data
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _check_bringer(act: Act, waiting: Waiting) -> None:
    if act.actor.user_id == SYSTEM.user_id:
        return
    group = holder(waiting, act.case.owner_org, act.world.directory).group
    if group == APPLICANT_GROUP:
        if not is_applicant(act.actor, act.case):
            raise WrongApplicant
    elif not act.actor.may_work(group):
        raise NotAllowed("这个消息不由您发送。", place=waiting.node.id)


def _taken(act: Act, waiting: Waiting, command: DeliverMessage) -> dict[str, Any]:
    """Record the message and keep its form; the values that enter routing data."""
    node = waiting.node
    if command.form and node.ext.form is None:
        raise InvalidForm({}, f"“{node.name}”的消息没有表单。")
    act.form = command.form
    act.emit(MessageReceived(command.name, node.id, node.name))
    if node.ext.form is not None:
        form = FormRecord(act.case.case_no, node.id, waiting.ref, dict(command.form), act.now, command.actor.user_id)
        act.emit(FormSaved(form))
    return routed(act.definition, node.ext.form, command.form)
