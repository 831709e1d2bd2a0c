"""Gateways whose joins count tokens, not history.

A stock join looks back in the task tree for branches that have completed, finds those of an earlier round of a loop and
lets a case through on half its approvals.  Here every token that arrives stays WAITING at the gateway until the gateway
takes it, so what has arrived in *this* round is simply what is waiting, whatever happened before and whatever part of
the finished tree has been dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.operators import Operator

from engine.errors import ProcessFault
from engine.spiff.nodes import Passing, Step


class Condition(Operator):
    """A flow's condition: true, false or missing; anything else is a fault, not a yes."""

    def _matches(self, task: Any) -> bool:
        return bool(task.workflow.script_engine.holds(task, self.args[0]))


class Deciding(Step):
    """Mixin of gateways that look at conditions."""

    def connect_outgoing_if(self, condition: str, task_spec: Any) -> None:
        """Called by SpiffWorkflow's parser for a flow with a condition."""
        self.connect_if(Condition(condition), task_spec)  # type: ignore[attr-defined]


class ExclusiveGateway(Deciding, defaults.ExclusiveGateway):
    """The first flow, in the diagram's order, whose condition holds; otherwise the default flow."""


class Join:
    """Mixin of gateways where tokens wait for each other."""

    inputs: list[Any]

    def _tokens(self, my_task: Any) -> Iterator[Any]:
        """Tokens that have arrived and are waiting, oldest first, ``my_task`` last."""
        for task in my_task.workflow.tasks.values():
            if task.task_spec is self and task is not my_task and task.has_state(TaskState.WAITING):
                yield task
        yield my_task


class ParallelGateway(Join, Passing, defaults.ParallelGateway):
    """Takes one token from each incoming flow; tokens in excess stay (BPMN 2.0.2, table 13.1)."""

    def _update_hook(self, my_task: Any) -> bool:
        taken: dict[str, Any] = {}
        for token in self._tokens(my_task):
            taken.setdefault(token.parent.task_spec.name, token)
        if len(taken) < len(self.inputs):
            my_task._set_state(TaskState.WAITING)
            return False
        for token in taken.values():
            if token is not my_task:
                token.cancel()
        return True

    def _run_hook(self, my_task: Any) -> bool:
        return True


class InclusiveGateway(Join, Deciding, defaults.InclusiveGateway):
    """Takes every token that has arrived once no other token of the same round can still arrive.

    BPMN 2.0.2, table 13.3 lets the gateway go while a token that could take either an occupied or an empty incoming
    flow is still under way.  In an approval that is a way round an opinion that was asked for, so here any token that
    can reach the gateway is waited for, and those that come over the same flow leave as one.

    Waiting stops at the node that every way to the gateway leads through, in most diagrams the split that belongs to
    it: a token that would have to pass there again, because a loop leads all of them back, belongs to another round.
    """

    #: names of the specs from which a token can come here in the same round; set once, after parsing
    upstream: frozenset[str] = frozenset()

    def _update_hook(self, my_task: Any) -> bool:
        for task in my_task.workflow.tasks.values():
            if task.task_spec.name in self.upstream and task.has_state(TaskState.NOT_FINISHED_MASK):
                my_task._set_state(TaskState.WAITING)
                return False
        for token in list(self._tokens(my_task)):
            if token is not my_task:
                token.cancel()
        return True

    def _run_hook(self, my_task: Any) -> bool:
        matches, defaults_ = self._get_matching_outputs(my_task)
        if not (matches or defaults_):
            raise ProcessFault("没有一条去向的条件成立。", place=self.name)
        my_task._sync_children(matches or defaults_, TaskState.FUTURE)
        return True


def see_upstream(start: Any) -> None:
    """Work out :attr:`InclusiveGateway.upstream` of every gateway behind ``start``.

    Called once for a finished process, before any case runs on it.
    """
    always = _passed_always(start)
    for gateway in always:
        if isinstance(gateway, InclusiveGateway):
            on_every_way = always[gateway] - {gateway}
            # of the nodes that every way leads through, the last one has all the others before it
            origin = max(on_every_way, key=lambda spec: len(always[spec]), default=None)
            gateway.upstream = frozenset(spec.name for spec in _before(gateway, origin))


def _passed_always(start: Any) -> dict[Any, frozenset[Any]]:
    """For every spec behind ``start``: itself and all that every way to it leads through (its dominators)."""
    order = _behind(start)
    everything = frozenset(order)
    always = dict.fromkeys(order, everything) | {start: frozenset({start})}
    changed = True
    while changed:
        changed = False
        for spec in order[1:]:
            through = frozenset.intersection(*(always[before] for before in spec.inputs if before in always)) | {spec}
            if through != always[spec]:
                always[spec], changed = through, True
    return always


def _behind(start: Any) -> list[Any]:
    found: dict[Any, None] = {}
    todo = deque([start])
    while todo:
        spec = todo.popleft()
        if spec not in found:
            found[spec] = None
            todo.extend(spec.outputs)
    return list(found)


def _before(gateway: InclusiveGateway, origin: Any) -> set[Any]:
    """Every spec from which a token can come to ``gateway`` without passing it or ``origin``."""
    found: set[Any] = set()
    todo = list(gateway.inputs)
    while todo:
        spec = todo.pop()
        if spec is not gateway and spec is not origin and spec not in found:
            found.add(spec)
            todo.extend(spec.inputs)
    return found
