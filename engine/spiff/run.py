"""A definition and a case's run of it, as :mod:`engine.process` asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow import TaskState
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import InvalidValue, NoWayBack, ProcessFault, TaskNotOpen
from engine.process import Kind, Node, Passed, Target, Waiting
from engine.spiff import codec
from engine.spiff.jump import Jumps
from engine.spiff.nodes import MARK, carried, is_instance, waits_for
from engine.spiff.prune import prune
from engine.spiff.workflow import CaseWorkflow

#: bytes of JSON that one act may add to the routing data
MAX_DATA = 64 * 1024


@dataclass(frozen=True, slots=True)
class SpiffProcess:
    """A parsed definition; implements :class:`engine.process.Process`.  Made by :func:`engine.spiff.parse`.

    Shared by every case and thread; nothing in it changes after parsing.
    """

    id: str
    nodes: Mapping[str, Node]
    start_node: Node
    #: SpiffWorkflow's spec of the main process
    spec: Any
    #: those of sub-processes and called processes, by name
    subs: Mapping[str, Any]

    def start(self, data: Mapping[str, Any]) -> SpiffRun:
        """A new run with ``data`` set at the start, run to the first wait; raises like :meth:`SpiffRun.complete`."""
        case = CaseWorkflow(self.spec, self.subs)
        case.routing = routing_data(data)
        run = SpiffRun(self, case)
        run.advance()
        return run

    def load(self, state: bytes) -> SpiffRun:
        """The run that :meth:`SpiffRun.dump` stored; :class:`engine.errors.StateFault` when it cannot be read."""
        return SpiffRun(self, codec.load(state, self.spec, self.subs))


class SpiffRun:
    """One case's process state in memory; implements :class:`engine.process.Run`."""

    def __init__(self, process: SpiffProcess, case: CaseWorkflow) -> None:
        self._process = process
        self._case = case
        self._passed: list[Passed] = []

    @property
    def finished(self) -> bool:
        """True when no token is left."""
        return self._case.completed

    def waiting(self) -> Sequence[Waiting]:
        """Every unfinished node, in the order in which it was entered."""
        found = [(task, kind) for task in self._case.unfinished() if (kind := waits_for(task)) is not None]
        found.sort(key=lambda pair: int(pair[0].internal_data["entered"]))
        return [self._waiting(task, kind) for task, kind in found]

    def passed(self) -> Sequence[Passed]:
        """Nodes completed since start or load, in order; a multi-instance once, when all of it has completed."""
        return tuple(self._passed)

    def complete(self, ref: str, data: Mapping[str, Any]) -> None:
        """Complete the user task ``ref``, merge ``data`` (``{node id: values}``), run to the next wait.

        Raises :class:`TaskNotOpen` when ``ref`` is not waiting for a person, :class:`InvalidValue` when ``data`` is not
        routing data, both leaving the run as it was; :class:`ProcessFault` when the process cannot go on, after which
        the run must be thrown away.
        """
        task = self._open(ref, Kind.USER)
        self._case.write(task, routing_data(data))
        self._move(task)

    def fire(self, ref: str) -> None:
        """Let the timer ``ref`` fire and run to the next wait; raises like :meth:`complete`."""
        task = self._open(ref, Kind.TIMER)
        task.task_spec.hear(task)
        self.advance()

    def deliver(self, ref: str, data: Mapping[str, Any]) -> None:
        """Give the event ``ref`` the message that it waits for, with ``data``; raises like :meth:`complete`."""
        task = self._open(ref, Kind.MESSAGE)
        self._case.write(task, routing_data(data))
        task.task_spec.hear(task)
        self.advance()

    def note(self, ref: str, facts: Mapping[str, Any]) -> None:
        """Keep ``facts`` at the unfinished node ``ref``; they go through dump and load with it."""
        task = self._case.find(UUID(hex=ref))
        if task is not None:
            task.internal_data["note"] = dict(facts)

    def targets(self, ref: str) -> Sequence[Target]:
        """Steps to which the token of the user task ``ref`` can be set and the end still be reached.

        User tasks, and activities in which the applicant works, of the process around ``ref`` and of those around that.
        Raises :class:`TaskNotOpen` when ``ref`` is not waiting for a person.
        """
        return tuple(self._jumps.targets(self._open(ref, Kind.USER)))

    def move(
        self, ref: str, node_id: str, *, returns: bool = False, mark: str | None = None, back_mark: str | None = None
    ) -> None:
        """Set the token of the user task ``ref`` on ``node_id``, with ``mark`` on it, and cancel what could not go on
        beside it.

        With ``returns``, that step leads straight back once it is done, and ``back_mark`` is then written on what waits
        there; otherwise the case walks on from the step.  What the steps after it have said stays readable until they
        say something new, as in a loop of the diagram.  Raises :class:`NoWayBack` when it is none of :meth:`targets`,
        and like :meth:`complete`.
        """
        jump = self._jumps.jump(self._open(ref, Kind.USER), node_id, returns)
        if jump is None:
            raise NoWayBack(place=node_id[:64])
        jump.make(mark, returns=returns, back_mark=back_mark)
        self.advance()

    def take_back(self, node_id: str, refs: Collection[str], mark: str | None = None) -> None:
        """Set the token that a person's work at ``node_id`` has sent on back there, cancelling nothing but user tasks
        out of ``refs`` and tokens that wait at joins; what a join had taken with it waits there again.

        Raises :class:`NoWayBack` when that is not enough, and like :meth:`complete`.
        """
        jump = self._jumps.take_back(node_id, refs)
        if jump is None:
            raise NoWayBack(place=node_id[:64])
        jump.make(mark)
        self.advance()

    def cancel(self) -> None:
        """End the run where it stands: nothing is waited for any more."""
        for task in list(self._case.unfinished()):
            if task.has_state(TaskState.NOT_FINISHED_MASK):
                task.cancel()
        self._case.completed = True
        prune(self._case)

    @property
    def _jumps(self) -> Jumps:
        return Jumps(self._case, self._process.nodes)

    def dump(self) -> bytes:
        """The state, without the definition, headed by the codec's version."""
        return codec.dump(self._case)

    def advance(self) -> None:
        """Run what the engine runs by itself, then drop what is finished."""
        for task in self._guarded(self._case.advance()):
            self._note_passed(task)
        prune(self._case)
        for task in self._case.unfinished():
            if "entered" not in task.internal_data:
                self._case.entered += 1
                task.internal_data["entered"] = self._case.entered

    def _move(self, task: Any) -> None:
        def act() -> Iterator[Any]:
            task.run()
            yield task

        for done in self._guarded(act()):
            self._note_passed(done)
        self.advance()

    def _guarded(self, tasks: Iterator[Any]) -> Iterator[Any]:
        """The same tasks, SpiffWorkflow's own exceptions as ours."""
        try:
            yield from tasks
        except SpiffWorkflowException as error:
            spec = getattr(error, "task_spec", None)
            raise ProcessFault(place=getattr(spec, "bpmn_id", None), cause=str(error)) from error

    def _note_passed(self, task: Any) -> None:
        node = self._node(task)
        if node is not None and task.has_state(TaskState.COMPLETED) and not is_instance(task):
            self._passed.append(Passed(task.id.hex, node, MappingProxyType(self._case.visible(task))))

    def _open(self, ref: str, kind: Kind) -> Any:
        try:
            task = self._case.find(UUID(hex=ref))
        except (ValueError, AttributeError, TypeError):
            task = None
        if task is None or waits_for(task) is not kind:
            raise TaskNotOpen(place=ref[:64] if isinstance(ref, str) else None)
        return task

    def _node(self, task: Any) -> Node | None:
        return self._process.nodes.get(task.task_spec.bpmn_id)

    def _waiting(self, task: Any, kind: Kind) -> Waiting:
        instance = str(task.internal_data["index"]) if is_instance(task) else None
        node = self._process.nodes[task.task_spec.bpmn_id]
        visible, note = MappingProxyType(self._case.visible(task)), task.internal_data.get("note") or {}
        mark = carried(task, MARK)
        return Waiting(task.id.hex, kind, node, visible, instance, _inside(task), MappingProxyType(note), mark)


def _inside(task: Any) -> str | None:
    """The id of the activity around a task: for an instance the multi-instance, else what its process runs in."""
    around = task.parent.id if is_instance(task) else task.workflow.parent_task_id
    return None if around is None else str(around.hex)


def routing_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """``data`` as it will be after a dump and a load: plain JSON, numbers as numbers, dates as text.

    Raises :class:`InvalidValue` when a node's values are not a mapping, a key is ``typename`` (SpiffWorkflow's own mark
    for typed objects, never to be read from a form), a value has no JSON form, or all of it is over 64 KB.
    """
    try:
        text = orjson.dumps(dict(data), default=_plain)
    except (TypeError, ValueError) as error:
        raise InvalidValue("流程数据里有不能保存的值。") from error
    if len(text) > MAX_DATA:
        raise InvalidValue("流程数据太大。")
    plain: dict[str, Any] = orjson.loads(text)
    for node_id, values in plain.items():
        if not isinstance(values, dict):
            raise InvalidValue("流程数据应按环节给出。", place=node_id)
        _refuse_typename(node_id, values)
    return plain


def _refuse_typename(node_id: str, values: dict[str, Any]) -> None:
    todo: list[Any] = [{node_id: values}]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if "typename" in value:
                raise InvalidValue("数据项不能叫 typename。", place=f"{node_id}.typename")
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
