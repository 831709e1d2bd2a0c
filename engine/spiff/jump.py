"""Setting a token back to an earlier step, out of branches, sub-processes and multi-instances too.

The tokens of one running process are what :mod:`engine.spiff.proof` reasons about.  Of all ways to set a token on a
step the one is taken that cancels least and still is proved to end well; where none is, the step is no target.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from SpiffWorkflow import TaskState

from engine.process import Node, Target
from engine.spiff.gateways import Join, ParallelGateway
from engine.spiff.nodes import (
    BACK,
    MARK,
    BoundaryEvent,
    BoundarySplit,
    Container,
    EndJoin,
    EventGateway,
    InstanceHolder,
    UserTask,
    carried,
    is_instance,
)
from engine.spiff.proof import Marking, Place, ends_well
from engine.spiff.workflow import CaseWorkflow

#: tokens beside the one that moves of which every combination is tried
_MAX_OTHERS = 6


@dataclass(frozen=True, slots=True)
class Token:
    """An unfinished task that stands for itself, with the place that the proof knows it by."""

    task: Any
    place: Place

    def cancel(self) -> None:
        """Take it away, with what runs inside it and the events beside it."""
        parent = self.task.parent
        beside = parent.children if isinstance(parent.task_spec, BoundarySplit | EventGateway) else [self.task]
        for task in beside:
            if task.has_state(TaskState.NOT_FINISHED_MASK):
                task.cancel()


@dataclass(frozen=True, slots=True)
class Jump:
    """How a token gets to a step."""

    workflow: Any
    #: name of the node's spec, or of its boundary split
    entry: str
    cancelled: tuple[Token, ...]
    #: names of the specs that the step can lead back to, one after the other; empty when it cannot
    back: tuple[str, ...] = ()
    #: tokens that wait at a join again, which it had taken: ``(join, where they came from)``
    restored: tuple[tuple[str, str], ...] = ()

    def make(self, mark: str | None, *, returns: bool = False, back_mark: str | None = None) -> None:
        """Cancel what must go and set the token."""
        for token in self.cancelled:
            token.cancel()
        specs, root = self.workflow.spec.task_specs, self.workflow.task_tree
        for join, source in self.restored:
            root._add_child(specs[source], TaskState.COMPLETED)._add_child(specs[join], TaskState.WAITING)
        spec = specs[self.entry]
        task = root._add_child(spec, TaskState.FUTURE)
        if returns:
            further = carried(self.cancelled[0].task, BACK) or []
            task.internal_data[BACK] = [[self.back[0], back_mark], *further]
        task.internal_data[MARK] = mark
        spec._update(task)


class Jumps:
    """The ways back of one case."""

    def __init__(self, case: CaseWorkflow, nodes: Mapping[str, Node]) -> None:
        self._case = case
        self._nodes = nodes

    def targets(self, task: Any) -> Iterator[Target]:
        """Every step that the user task can be sent back to, nearest process first, in the diagram's order."""
        for moving, plain in self._around(task):
            for node_id in self._steps(moving.task.workflow.spec):
                jump = self._jump(moving, plain, node_id) if node_id != task.task_spec.bpmn_id else None
                if jump is not None:
                    yield Target(node_id, bool(jump.back))

    def jump(self, task: Any, node_id: str, returns: bool) -> Jump | None:
        """How the user task gets to ``node_id``; None when it cannot."""
        if node_id == task.task_spec.bpmn_id:
            return None
        for moving, plain in self._around(task):
            if node_id in self._steps(moving.task.workflow.spec):
                jump = self._jump(moving, plain, node_id)
                if jump is None or not returns:
                    return jump
                # the others stay: the token only looks in and comes back
                return Jump(jump.workflow, jump.entry, (moving,), jump.back) if jump.back else None
        return None

    def take_back(self, node_id: str, refs: Collection[str]) -> Jump | None:
        """How the token that has left ``node_id`` gets back onto it; None when what it led to has gone further."""
        for workflow in self._case.workflows():
            if node_id not in self._steps(workflow.spec):
                continue
            found = tokens(workflow)
            free = [one for one in found if isinstance(one.task.task_spec, Join) or one.task.id.hex in refs]
            entry = _entry(workflow.spec, node_id)
            for cancelled in _some(free, least=1):
                after = _after(found, cancelled, entry)
                if after is None:
                    continue
                if ends_well(workflow.spec, after):
                    return Jump(workflow, entry, cancelled)
                for restored in _taken_by_joins(workflow.spec):
                    waiting = {(join, source, ()) for join, source in restored}
                    if after.isdisjoint(waiting) and ends_well(workflow.spec, after | waiting):
                        return Jump(workflow, entry, cancelled, restored=restored)
        return None

    def _around(self, task: Any) -> Iterator[tuple[Token, bool]]:
        """The token of ``task`` in its process, then those of what is around it; and whether it is the task itself."""
        inner = task
        while True:
            holder = inner.parent if is_instance(inner) else inner
            yield Token(holder, _place(holder)), holder is task
            if holder.workflow.parent_task_id is None:
                return
            inner = self._case.find(holder.workflow.parent_task_id)

    def _steps(self, spec: Any) -> list[str]:
        """Ids of the user tasks of a process, and of its activities in which the applicant works."""
        return [
            name
            for name, node in spec.task_specs.items()
            if node.bpmn_id == name and (self._is_task(spec, node) or self._is_applicants(spec, node))
        ]

    def _is_task(self, spec: Any, node: Any) -> bool:
        one = spec.task_specs[node.task_spec] if isinstance(node, InstanceHolder) else node
        return isinstance(one, UserTask)

    def _is_applicants(self, spec: Any, node: Any) -> bool:
        one = spec.task_specs[node.task_spec] if isinstance(node, InstanceHolder) else node
        if not isinstance(one, Container):
            return False
        inside = self._case.subprocess_specs[one.spec]
        return any(
            self._works_inside(name) or self._is_applicants(inside, within)
            for name, within in inside.task_specs.items()
        )

    def _works_inside(self, name: str) -> bool:
        node = self._nodes.get(name)
        return node is not None and node.ext.assign is not None and node.ext.assign.role == "applicant"

    def _jump(self, moving: Token, plain: bool, node_id: str) -> Jump | None:
        workflow = moving.task.workflow
        found = tokens(workflow)
        others = [one for one in found if one.place != moving.place]
        entry = _entry(workflow.spec, node_id)
        # a look at an earlier step leaves everybody else where he is
        back = (moving.place[0], *moving.place[2])
        looks = plain and ends_well(workflow.spec, _after(found, (moving,), entry, back))
        for also in _some(others):
            cancelled = (moving, *also)
            if ends_well(workflow.spec, _after(found, cancelled, entry)):
                return Jump(workflow, entry, cancelled, back if looks else ())
        return None


def tokens(workflow: Any) -> list[Token]:
    """The tokens of a running process, oldest first."""
    return [
        Token(task, _place(task))
        for task in workflow.tasks.values()
        if task.has_state(TaskState.NOT_FINISHED_MASK) and not _is_part(task)
    ]


def _is_part(task: Any) -> bool:
    """True for what belongs to another token (an instance, an activity's event, all but the first of the events behind
    one gateway) or waits for the process to end."""
    attached = isinstance(task.task_spec, BoundaryEvent) and isinstance(task.parent.task_spec, BoundarySplit)
    rival = isinstance(task.parent.task_spec, EventGateway) and task.parent.children[0] is not task
    return is_instance(task) or attached or rival or isinstance(task.task_spec, EndJoin)


def _place(task: Any) -> Place:
    parent = task.parent
    back = tuple(name for name, _ in carried(task, BACK) or ())
    if isinstance(parent.task_spec, BoundarySplit | EventGateway):
        return parent.task_spec.name, None, back
    return task.task_spec.name, parent.task_spec.name if isinstance(task.task_spec, Join) else None, back


def _entry(spec: Any, node_id: str) -> str:
    """Name of the spec that flows to a node lead to."""
    split = f"{node_id}.BoundaryEventSplit"
    return split if split in spec.task_specs else node_id


def _taken_by_joins(spec: Any) -> Iterator[tuple[tuple[str, str], ...]]:
    """For each parallel join and each flow into it: the tokens that it took from its other flows."""
    for node in spec.task_specs.values():
        if isinstance(node, ParallelGateway) and len(node.inputs) > 1:
            for last in node.inputs:
                yield tuple((node.name, other.name) for other in node.inputs if other is not last)


def _after(
    found: Sequence[Token], cancelled: Collection[Token], entry: str, back: tuple[str, ...] = ()
) -> Marking | None:
    """The marking with the token set on ``entry``; None when one is there already."""
    gone = {one.place for one in cancelled}
    places = {one.place for one in found if one.place not in gone}
    taken = any(place[:2] == (entry, None) for place in places)
    return None if taken else frozenset(places | {(entry, None, back)})


def _some(others: Sequence[Token], least: int = 0) -> Iterator[tuple[Token, ...]]:
    """Combinations of tokens, small ones first; of very many only none, each and all."""
    sizes = range(least, len(others) + 1) if len(others) <= _MAX_OTHERS else (*range(least, 2), len(others))
    for size in sizes:
        yield from combinations(others, size)
