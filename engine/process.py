"""What the core asks of a process engine; :mod:`engine.spiff` answers it with SpiffWorkflow.

A :class:`Process` is a parsed definition, shared by all cases and never changed.  A :class:`Run` is one case's state in
memory: it is started or loaded, moved by one act, dumped, and thrown away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from engine.elements import Extensions


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node of a diagram."""

    #: the BPMN id, unique within the definition (called processes included)
    id: str
    name: str
    #: the BPMN element's local name: ``userTask``, ``startEvent``, ``callActivity`` …
    type: str
    #: id of the process (or called process) the node is drawn in
    process_id: str
    ext: Extensions = field(default_factory=Extensions)
    #: id of the sub-process that it is drawn in, or of the one call activity that calls its process; None at the top,
    #: and in a process called from several places
    inside: str | None = None
    #: name of the message that the event waits for, else None
    message: str | None = None


class Kind(StrEnum):
    """What an unfinished node waits for."""

    #: a person
    USER = "user"
    #: a moment in time (intermediate or boundary timer with ``yc:limit``)
    TIMER = "timer"
    #: a message from outside the case
    MESSAGE = "message"
    #: a signal of another branch of the case
    SIGNAL = "signal"
    #: the end of what runs inside it (sub-process, call activity, multi-instance)
    SCOPE = "scope"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An unfinished node of a run."""

    #: the engine's own id of it, 32 hex digits, stable across dump and load
    ref: str
    kind: Kind
    node: Node
    #: routing data visible here: ``{node id: {"outcome": …, routed fields}}``
    data: Mapping[str, Any]
    #: key or index within a multi-instance, else None
    instance: str | None = None
    #: ref of the activity that it runs in, None at the top
    inside: str | None = None
    #: what :meth:`Run.note` left here
    note: Mapping[str, Any] = field(default_factory=dict)
    #: what :meth:`Run.move` was told to write on it, else None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """A node that completed during the last act, in order."""

    ref: str
    node: Node
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A step to which a token can be set back."""

    node_id: str
    #: the step, once done, can lead straight back to where the token came from
    returns: bool


class Run(Protocol):
    """One case's process state in memory."""

    @property
    def finished(self) -> bool:
        """True when no token is left."""

    def waiting(self) -> Sequence[Waiting]:
        """Every unfinished node that waits for one of :class:`Kind`, in the order in which it was entered.

        Boundary events for errors and escalations are not among them: nothing but their own activity can bring those.
        """

    def passed(self) -> Sequence[Passed]:
        """Nodes completed since start or load, in order."""

    def complete(self, ref: str, data: Mapping[str, Any]) -> None:
        """Complete the user task ``ref``, merge ``data`` (``{node id: values}``), run to the next wait.

        Raises :class:`engine.errors.TaskNotOpen` when ``ref`` is not waiting for a person, and
        :class:`engine.errors.ProcessFault` when the process cannot go on (no flow matches, an expression fails, the
        step cap is reached); the run must then be thrown away.
        """

    def fire(self, ref: str) -> None:
        """Let the timer ``ref`` fire and run to the next wait; raises like :meth:`complete`."""

    def note(self, ref: str, facts: Mapping[str, Any]) -> None:
        """Keep ``facts`` (JSON-able) at the unfinished node ``ref``, instead of what was noted there; gone with it."""

    def targets(self, ref: str) -> Sequence[Target]:
        """Steps to which the token of the user task ``ref`` can be set and the end still be reached.

        User tasks, and activities in which the applicant works, of the process around ``ref`` and of those around that.
        Raises :class:`engine.errors.TaskNotOpen` when ``ref`` is not waiting for a person.
        """

    def move(
        self, ref: str, node_id: str, *, returns: bool = False, mark: str | None = None, back_mark: str | None = None
    ) -> None:
        """Set the token of the user task ``ref`` on ``node_id``, with ``mark`` on it, and cancel what could not go on
        beside it.

        With ``returns``, that step leads straight back once it is done, and ``back_mark`` is then written on what waits
        there; otherwise the case walks on from the step.  Raises :class:`engine.errors.NoWayBack` when it is none of
        :meth:`targets`, and like :meth:`complete`.
        """

    def take_back(self, node_id: str, refs: Collection[str], mark: str | None = None) -> None:
        """Set the token that a person's work at ``node_id`` has sent on back there, cancelling nothing but user tasks
        out of ``refs`` and tokens that wait at joins; what a join had taken with it waits there again.

        Raises :class:`engine.errors.NoWayBack` when that is not enough, and like :meth:`complete`.
        """

    def cancel(self) -> None:
        """End the run where it stands: nothing is waited for any more."""

    def deliver(self, ref: str, data: Mapping[str, Any]) -> None:
        """Give the event ``ref`` the message that it waits for, merge ``data`` like :meth:`complete`, and run on.

        Raises like :meth:`complete`; :class:`engine.errors.TaskNotOpen` when ``ref`` waits for no message.
        """

    def dump(self) -> bytes:
        """The state, without the definition, headed by the codec's version."""


class Process(Protocol):
    """A parsed definition."""

    @property
    def id(self) -> str:
        """The BPMN id of the main process."""

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Every flow node of the main process, its sub-processes and called processes, by BPMN id."""

    @property
    def start_node(self) -> Node:
        """The none start event of the main process; its ``yc:form`` is the application form."""

    def start(self, data: Mapping[str, Any]) -> Run:
        """A new run with ``data`` (``{node id: values}``) set at the start, run to the first wait."""

    def load(self, state: bytes) -> Run:
        """The run that :meth:`Run.dump` stored; :class:`engine.errors.StateFault` when it cannot be read."""
