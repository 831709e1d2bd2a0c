"""Gateways whose joins count tokens, not history.

A stock join looks back in the task tree for branches that have completed, finds those of an earlier round of a loop and
lets a case through on half its approvals.  Here every token that arrives stays WAITING at the gateway until the gateway
takes it, so what has arrived in *this* round is simply what is waiting, whatever happened before and whatever part of
the finished tree has been dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import defaults

from engine.errors import ProcessFault
from engine.spiff.nodes import Passing, Step


class Condition:
    """What stands on a flow: true, false, or missing, which is false.

    The stock condition would take any text or number for true, ``"no"`` and a number of square metres included.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def _matches(self, task: Any) -> bool:
        return bool(task.workflow.script_engine.holds(task, self.expression))


class ExclusiveGateway(Step, defaults.ExclusiveGateway):
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


class InclusiveGateway(Join, Step, defaults.InclusiveGateway):
    """Takes every token that has arrived once no other token can still arrive.

    BPMN 2.0.2, table 13.3 lets the gateway go while a token that could take either an occupied or an empty incoming
    flow is still under way.  In an approval that is a way round an opinion that was asked for, so here any token that
    can reach the gateway is waited for, and those that come over the same flow leave as one.
    """

    #: names of the specs from which a token can come here without passing this gateway; set once, after parsing
    upstream: frozenset[str] = frozenset()

    def see_upstream(self) -> None:
        """Work out :attr:`upstream`; called once for the finished spec, before any case runs on it."""
        found: set[str] = set()
        todo = list(self.inputs)
        while todo:
            spec = todo.pop()
            if spec is not self and spec.name not in found:
                found.add(spec.name)
                todo.extend(spec.inputs)
        self.upstream = frozenset(found)

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
