"""Which ways a token can take through a package's diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from processes.diagram import SCOPE_TYPES, Diagram, Node

Stops = Callable[[Node], bool]
#: ``(process id, scope)`` → whether the scope can be crossed
_Known = dict[tuple[str, str], bool]


@dataclass(frozen=True)
class Paths:
    """The main diagram and those it calls, seen as one graph; calls must not go in circles.

    Conditions are not evaluated: every flow may be taken.  ``stops`` names the nodes a way must not complete; a node
    inside a call or sub-process stops those ways through it that cannot go round.
    """

    main: Diagram
    called: Mapping[str, Diagram]

    def entered(self, stops: Stops = lambda node: False) -> set[str]:
        """Ids of all nodes, those of called processes too, that a token can enter without completing a stopped one."""
        found: set[str] = set()
        self._enter(self.main, self.main.starts(), stops, found, {})
        return found

    def avoids(self, stops: Stops) -> list[Node]:
        """End events of the main process that a whole run can reach without completing a stopped node.

        Branches of a parallel split belong to one run: when one of them cannot go round, the run cannot.
        """
        if not self._crossed(self.main, self.main.process_id, stops, {}):
            return []
        found = self.entered(stops)
        ends = (node for node in self.main.within(self.main.process_id) if node.type == "endEvent")
        return [node for node in ends if node.id in found and not stops(node)]

    def runs_out(self, diagram: Diagram, node: Node, stops: Stops) -> bool:
        """True when a token that completes ``node`` can reach an end of the main process without a stopped node."""
        seen: set[tuple[str, str]] = set()
        known: _Known = {}
        todo = self._next(diagram, node)
        if todo is None:
            return True
        while todo:
            where, current = todo.pop()
            if (where.process_id, current.id) in seen:
                continue
            seen.add((where.process_id, current.id))
            todo += [(where, boundary) for boundary in where.attached(current)]
            if stops(current) or not self._passes(where, current, stops, known):
                continue
            following = self._next(where, current)
            if following is None:
                return True
            todo += following
        return False

    def _next(self, diagram: Diagram, node: Node) -> list[tuple[Diagram, Node]] | None:
        """Where a token goes that completes ``node``, out of the scope when it ends there; None: the case is over."""
        if node.type != "endEvent":
            return [(diagram, follower) for follower in diagram.following(node)]
        if _fails(node):
            return self._catchers(diagram, node.scope)
        if node.scope != diagram.process_id:
            inside = diagram.nodes.get(node.scope)
            return [(diagram, follower) for follower in diagram.following(inside)] if inside else []
        if diagram is self.main:
            return None
        callers = self._callers.get(node.scope, ())
        return [(caller, follower) for caller, call in callers for follower in caller.following(call)]

    def _catchers(self, diagram: Diagram, scope: str) -> list[tuple[Diagram, Node]]:
        """Error boundary events on the activities around ``scope``: where a token goes that ends in an error."""
        found: list[tuple[Diagram, Node]] = []
        todo, seen = [(diagram, scope)], {(diagram.process_id, scope)}
        while todo:
            where, inside = todo.pop()
            around = [(where, where.nodes[inside])] if inside in where.nodes else self._callers.get(inside, [])
            for outer, activity in around:
                found += [(outer, b) for b in outer.attached(activity) if "errorEventDefinition" in b.events]
                if (outer.process_id, activity.scope) not in seen:
                    seen.add((outer.process_id, activity.scope))
                    todo.append((outer, activity.scope))
        return found

    @cached_property
    def _callers(self) -> Mapping[str, list[tuple[Diagram, Node]]]:
        found: dict[str, list[tuple[Diagram, Node]]] = {}
        for diagram in (self.main, *self.called.values()):
            for node in diagram.nodes.values():
                if node.calls:
                    found.setdefault(node.calls, []).append((diagram, node))
        return found

    def _enter(self, diagram: Diagram, starts: Iterable[Node], stops: Stops, found: set[str], known: _Known) -> None:
        todo = list(starts)
        while todo:
            node = todo.pop()
            if node.id in found:
                continue
            found.add(node.id)
            todo += diagram.attached(node)
            if node.type in SCOPE_TYPES:
                self._enter(diagram, diagram.starts(node.id), stops, found, known)
            elif node.calls in self.called:
                inner = self.called[node.calls]
                self._enter(inner, inner.starts(), stops, found, known)
            if not stops(node) and self._passes(diagram, node, stops, known):
                todo += diagram.following(node)

    def _passes(self, diagram: Diagram, node: Node, stops: Stops, known: _Known) -> bool:
        """True when the inside of a call or sub-process, if the node has one, can be crossed."""
        if node.type in SCOPE_TYPES:
            return self._crossed(diagram, node.id, stops, known)
        if node.calls in self.called:
            return self._crossed(self.called[node.calls], node.calls, stops, known)
        return True

    def _crossed(self, diagram: Diagram, scope: str, stops: Stops, known: _Known) -> bool:
        """True when ``scope`` can be run from its start to an end: searched backwards from the ends."""
        key = (diagram.process_id, scope)
        if key not in known:
            nodes = diagram.within(scope)
            free = {n.id for n in nodes if not stops(n) and self._passes(diagram, n, stops, known)}
            escaping: set[str] = set()
            todo = [node for node in nodes if not diagram.following(node) and not _fails(node)]
            while todo:
                node = todo.pop()
                if node.id not in escaping and _leads_out(diagram, node, free, escaping):
                    escaping.add(node.id)
                    todo += diagram.preceding(node)
            known[key] = any(start.id in escaping for start in diagram.starts(scope))
        return known[key]


def _fails(node: Node) -> bool:
    """An end in an error: its level is not crossed, the token leaves by a boundary event."""
    return node.type == "endEvent" and "errorEventDefinition" in node.events


def _leads_out(diagram: Diagram, node: Node, free: set[str], escaping: set[str]) -> bool:
    if any(b.interrupts and b.id in escaping for b in diagram.attached(node)):
        return True
    if node.id not in free:
        return False
    following = diagram.following(node)
    if not following:
        return True
    together = all if node.type == "parallelGateway" else any
    return together(follower.id in escaping for follower in following)
