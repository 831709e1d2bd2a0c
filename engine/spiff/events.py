"""What the events of a diagram wait for and tell.

SpiffWorkflow's own definitions read the computer's clock, register with an event manager that a restored case does not
have, and know nothing of working time; these hold no more than a kind and a name.  Who hears what is decided in
:mod:`engine.spiff.nodes`, on the tasks that wait at that moment and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import TerminateEventDefinition

from engine.process import Kind


class Definition(EventDefinition):
    """An event known by its kind and its name."""

    #: what a node that catches it waits for; None when only the inside of its own activity can bring it
    waits_for: Kind | None = None

    def __init__(self, bpmn_id: str, key: str) -> None:
        super().__init__(bpmn_id)
        #: a message's or signal's name, an error's or escalation's code; empty catches every code
        self.key = key

    def fire(self, my_task: Any) -> None:
        """Say that the event has come."""
        my_task._set_internal_data(event_fired=True)

    def answers(self, thrown: Definition) -> bool:
        """Whether a node with this definition catches ``thrown``."""
        return type(self) is type(thrown) and self.key in ("", thrown.key)

    def catches(self, my_task: Any, event: Any) -> bool:
        """Never by SpiffWorkflow's own event manager."""
        return False


class TimerDefinition(Definition):
    """A timer that looks at no clock: it has fired when the platform said so, never before.

    How long it runs stands in the node's ``yc:limit`` and is counted in working time outside the engine.
    """

    waits_for = Kind.TIMER


class MessageDefinition(Definition):
    """A message from outside, addressed to this case (BPMN 2.0.2, 8.4.11 and 10.5.5)."""

    waits_for = Kind.MESSAGE


class SignalDefinition(Definition):
    """A signal from anywhere in this case to whatever listens in it (BPMN 2.0.2, 10.5.5)."""

    waits_for = Kind.SIGNAL


class ErrorDefinition(Definition):
    """An error that ends the activity around it (BPMN 2.0.2, 10.5.6)."""


class EscalationDefinition(Definition):
    """Something that the level above should know, whether or not the activity goes on (BPMN 2.0.2, 10.5.6)."""


#: local name of the element → the definition that it becomes
DEFINITIONS: Mapping[str, type[Definition]] = {
    "timerEventDefinition": TimerDefinition,
    "messageEventDefinition": MessageDefinition,
    "signalEventDefinition": SignalDefinition,
    "errorEventDefinition": ErrorDefinition,
    "escalationEventDefinition": EscalationDefinition,
}
#: where the definition's name or code stands: attribute that refers to it, element referred to, its attribute
REFERENCES: Mapping[str, tuple[str, str, str]] = {
    "messageEventDefinition": ("messageRef", "message", "name"),
    "signalEventDefinition": ("signalRef", "signal", "name"),
    "errorEventDefinition": ("errorRef", "error", "errorCode"),
    "escalationEventDefinition": ("escalationRef", "escalation", "escalationCode"),
}

__all__ = [
    "DEFINITIONS",
    "REFERENCES",
    "Definition",
    "ErrorDefinition",
    "EscalationDefinition",
    "MessageDefinition",
    "SignalDefinition",
    "TerminateEventDefinition",
    "TimerDefinition",
]
