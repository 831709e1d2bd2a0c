"""Whether a marking of a process can still end well.

A marking says where the tokens of one running process stand.  Before a token is set back to an earlier step, the
marking that this would make is proved: from every marking that follows, the end can be reached with no token left
over, and no place ever holds two tokens, which would be a step done twice side by side.

Conditions are taken to go either way.  Tokens that do not meet a choice in common do not influence each other's, so
they are moved in one fixed order, and the number of markings grows with the choices, not with the ways to interleave.
Non-interrupting boundary events start side paths that end by themselves and are left out.  A message may come from
outside; a signal is thrown once, perhaps before the token was set back, so a way that waits for one is not proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from engine.spiff.events import ErrorDefinition, SignalDefinition
from engine.spiff.gateways import ExclusiveGateway, InclusiveGateway, ParallelGateway
from engine.spiff.nodes import BoundaryEvent, BoundarySplit, EndEvent, EventGateway, IntermediateCatchEvent

#: a token: the node it stands at, where it came from when it waits there for others (None elsewhere), and the nodes
#: that it will lead back to, one after the other, instead of along the flow
Place = tuple[str, str | None, tuple[str, ...]]
Marking = frozenset[Place]

#: markings looked at before a proof is given up, which means "not proved"
MAX_MARKINGS = 4000
#: branches of an inclusive split of which every combination is tried
_MAX_BRANCHES = 5


class Unproved(Exception):
    """The proof failed: two tokens in one place, a signal to wait for, or too much to look at."""


def ends_well(spec: Any, marking: Marking | None) -> bool:
    """True when it is proved that ``marking`` of the process ``spec`` always can end, and ends with nothing left."""
    if marking is None:
        return False
    try:
        follows = _explore(spec, marking)
    except Unproved:
        return False
    before: dict[Marking, set[Marking]] = {}
    for one, nexts in follows.items():
        for following in nexts:
            before.setdefault(following, set()).add(one)
    ending: set[Marking] = set()
    todo: list[Marking] = [frozenset()]
    while todo:
        one = todo.pop()
        if one not in ending:
            ending.add(one)
            todo.extend(before.get(one, ()))
    return ending >= follows.keys()


def _explore(spec: Any, first: Marking) -> dict[Marking, list[Marking]]:
    follows: dict[Marking, list[Marking]] = {}
    todo = [first]
    while todo:
        marking = todo.pop()
        if marking in follows:
            continue
        if len(follows) >= MAX_MARKINGS:
            raise Unproved
        follows[marking] = list(_steps(spec, marking)) if marking else []
        todo.extend(follows[marking])
    return follows


def _steps(spec: Any, marking: Marking) -> Iterator[Marking]:
    """The markings after the next move; none when no token can move."""
    moving = _next_moving(spec, marking)
    if moving is None:
        return
    name, _, back = moving[0]
    node = spec.task_specs[name]
    rest = marking.difference(moving)
    if isinstance(node, EndEvent) and (node.terminates or isinstance(node.thrown, ErrorDefinition)):
        # whoever catches an error ends this level as a whole
        yield frozenset()
        return
    if isinstance(node, IntermediateCatchEvent) and isinstance(node.event_definition, SignalDefinition):
        raise Unproved  # alone; behind an event-based gateway something else may come
    for source, outputs in _choices(node):
        if back and spec.task_specs[source] is _inside(node):
            yield _put(rest, [(back[0], None, back[1:])])
        else:
            yield _put(rest, [arrival(output, source) for output in outputs])


def _next_moving(spec: Any, marking: Marking) -> tuple[Place, ...] | None:
    """The tokens of the next move: one that need not wait, or all that a join takes."""
    waiting: dict[str, list[Place]] = {}
    for place in sorted(marking, key=lambda place: (place[0], place[1] or "", place[2])):
        if place[1] is None:
            return (place,)
        waiting.setdefault(place[0], []).append(place)
    late = None
    for name, tokens in waiting.items():
        node = spec.task_specs[name]
        if isinstance(node, InclusiveGateway):
            others = (place[0] for place in marking if place[0] != name)
            late = late or (None if any(other in node.upstream for other in others) else tuple(tokens))
        elif len(tokens) == len(node.inputs):
            return tuple(tokens)
    return late


def _choices(node: Any) -> Iterator[tuple[str, Sequence[Any]]]:
    """The sets of successors that a token at ``node`` may leave to, each with the node that it leaves from."""
    if isinstance(node, BoundarySplit):
        for one in node.outputs:
            if not isinstance(one, BoundaryEvent) or one.cancel_activity:
                yield one.name, one.outputs
    elif isinstance(node, EventGateway):
        # one of the events will come; which, nobody knows
        for event in node.outputs:
            yield event.name, event.outputs
    elif isinstance(node, ExclusiveGateway):
        for output in node.outputs:
            yield node.name, [output]
    elif isinstance(node, InclusiveGateway):
        outputs = node.outputs
        sizes = range(1, len(outputs) + 1) if len(outputs) <= _MAX_BRANCHES else (1, len(outputs))
        for size in sizes:
            yield from ((node.name, some) for some in combinations(outputs, size))
    else:
        yield node.name, [] if isinstance(node, EndEvent) else node.outputs


def _inside(node: Any) -> Any:
    """The activity that a boundary split stands before; any other node itself."""
    return node.outputs[0] if isinstance(node, BoundarySplit) else node


def _put(rest: Marking, arriving: Iterable[Place]) -> Marking:
    taken = {place[:2] for place in rest}
    places = set(rest)
    for place in arriving:
        if place[:2] in taken:
            raise Unproved
        taken.add(place[:2])
        places.add(place)
    return frozenset(places)


def arrival(node: Any, source: str) -> Place:
    """Where a token stands that comes to ``node`` from the node named ``source``."""
    waits = isinstance(node, InclusiveGateway) or (isinstance(node, ParallelGateway) and len(node.inputs) > 1)
    return node.name, source if waits else None, ()
