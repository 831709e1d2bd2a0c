"""What the rules look at: a package as far as it could be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.errors import InvalidExpression
from engine.expressions import Expression, parse
from processes.agencies import Agencies
from processes.diagram import Diagram, Flow, Node
from processes.forms import Form
from processes.item import Item
from processes.notices import Notice
from processes.paths import Paths

#: calls within calls
MAX_CALLS = 12
#: processes one case can run, each call counted by itself
MAX_RUNS = 200


@dataclass(frozen=True)
class Subject:
    """A package being linted.  What could not be read is missing here and has been reported already."""

    files: Mapping[str, bytes]
    main: Diagram | None
    #: by process id
    called: Mapping[str, Diagram] = field(default_factory=dict)
    item: Item | None = None
    forms: Mapping[str, Form] = field(default_factory=dict)
    notices: Mapping[str, Notice] = field(default_factory=dict)
    #: None when roles and organisations are not known
    agencies: Agencies | None = None
    #: agency folder and item folder; None when the package came without
    folder: tuple[str, str] | None = None
    #: a diagram on its own, without guide, forms and notices
    alone: bool = False

    @cached_property
    def diagrams(self) -> tuple[Diagram, ...]:
        """The main diagram first."""
        return ((self.main,) if self.main else ()) + tuple(self.called.values())

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """Nodes of all diagrams by id."""
        found: dict[str, Node] = {}
        for diagram in self.diagrams:
            for id, node in diagram.nodes.items():
                found.setdefault(id, node)
        return found

    @cached_property
    def circular(self) -> tuple[str, ...]:
        """Ids of the processes that call themselves, directly or not, or stand more than MAX_CALLS calls deep."""
        calls = {id: {node.calls for node in d.nodes.values()} & self._by_id.keys() for id, d in self._by_id.items()}
        for _ in range(MAX_CALLS):
            # a process that calls nothing left is done with; what remains is on a circle or leads to one
            left = {id for id, called in calls.items() if called}
            calls = {id: calls[id] & left for id in left}
        return tuple(sorted(calls))

    @cached_property
    def _by_id(self) -> Mapping[str, Diagram]:
        return {**self.called, **({self.main.process_id: self.main} if self.main else {})}

    @cached_property
    def runs(self) -> int:
        """How many processes one case can run, each call counted by itself; calls must not go in circles."""
        known: dict[str, int] = {}
        drawn = self._by_id

        def count(process_id: str) -> int:
            if process_id not in known:
                calls = (node.calls for node in drawn[process_id].nodes.values() if node.calls in drawn)
                known[process_id] = 1 + sum(map(count, calls))
            return known[process_id]

        return count(self.main.process_id) if self.main else 0

    @cached_property
    def paths(self) -> Paths | None:
        """None when there is no main diagram or calls go in circles."""
        return Paths(self.main, self.called) if self.main and not self.circular else None

    def each(self, *types: str) -> Iterator[tuple[Diagram, Node]]:
        """Nodes of these types (all when none is given) with their diagrams."""
        for diagram in self.diagrams:
            for node in diagram.nodes.values():
                if not types or node.type in types:
                    yield diagram, node

    @cached_property
    def within_limits(self) -> frozenset[str]:
        """Ids of the nodes inside an activity with a limit: a sub-process, or the calls of their process, all of them.

        A task without a limit of its own goes by that one.
        """
        limited = frozenset[str]()
        for _ in range(MAX_CALLS + 1):  # each round looks one call deeper
            known = limited
            limited = frozenset(
                node.id
                for diagram in self.diagrams
                for node in diagram.nodes.values()
                if self._is_within(diagram, node, known)
            )
            if limited == known:
                break
        return limited

    def _is_within(self, diagram: Diagram, node: Node, known: frozenset[str]) -> bool:
        around = diagram.nodes.get(node.scope)
        while around is not None:
            if around.ext.limit is not None:
                return True
            around = diagram.nodes.get(around.scope)
        calls = [call for _, call in self.each("callActivity") if call.calls == diagram.process_id]
        return bool(calls) and all(call.ext.limit is not None or call.id in known for call in calls)

    def assignable(self) -> Iterator[tuple[Diagram, Node]]:
        """User tasks, and events that wait for a message: what somebody has to do."""
        for diagram, node in self.each():
            if node.type == "userTask" or "messageEventDefinition" in node.events:
                yield diagram, node

    def flows(self) -> Iterator[tuple[Diagram, Flow]]:
        """All sequence flows with their diagrams."""
        for diagram in self.diagrams:
            for flow in diagram.flows.values():
                yield diagram, flow

    def expressions(self) -> Iterator[tuple[Diagram, Flow | Node, str]]:
        """Conditions on flows, and ``=expression`` in assignments, with where they stand."""
        for diagram, flow in self.flows():
            if flow.condition is not None:
                yield diagram, flow, flow.condition
        for diagram, node in self.assignable():
            if node.ext.assign and node.ext.assign.org.startswith("="):
                yield diagram, node, node.ext.assign.org[1:]

    def parsed(self) -> Iterator[tuple[Diagram, Flow | Node, Expression]]:
        """The expressions that are in the language."""
        for diagram, where, source in self.expressions():
            try:
                yield diagram, where, parse(source)
            except InvalidExpression:
                continue

    def has_form(self, ref: str) -> bool:
        return f"forms/{ref}.yaml" in self.files

    def has_notice(self, template: str) -> bool:
        return f"notices/{template}.html" in self.files
