"""The token game: what must be open, by the meaning of the blocks alone.

It shares nothing with the engine: no gateways, no flows, no task tree, no storage.  A block that is entered either
waits or enters other blocks; when it is done it calls what comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.walks.blocks import (
    Block,
    Catch,
    Choice,
    Edge,
    Exclusive,
    Guarded,
    Inclusive,
    Loop,
    Many,
    Parallel,
    Says,
    Scope,
    Sequence,
    Task,
)

Then = Callable[[], None]


@dataclass(eq=False)
class Place:
    """Something that can be ended as a whole: a level, an instance, an activity with its inside."""

    around: Place | None
    #: number of the instance, by the id of its multi-instance
    instances: dict[str, int]
    alive: bool = True
    #: tokens on this level and what follows when the last one is gone; only of levels
    tokens: int = 0
    then: Then | None = None
    edges: list[tuple[Edge, Callable[[], None]]] = field(default_factory=list)

    @property
    def lives(self) -> bool:
        return self.alive and (self.around is None or self.around.lives)

    def level(self) -> Place:
        """The level that the place is on."""
        return self if self.then is not None or self.around is None else self.around.level()


@dataclass(eq=False)
class Leaf:
    """Something that waits."""

    kind: str
    node: str
    place: Place
    then: Callable[[str], None]

    @property
    def key(self):
        return self.kind, self.node, tuple(sorted(self.place.instances.items()))


class Game:
    """One case."""

    def __init__(self, main: Block) -> None:
        self._leaves: list[Leaf] = []
        self.finished = False
        self._level(main, Place(None, {}), self._finish)

    def _finish(self) -> None:
        self.finished = True

    def open(self) -> list[Leaf]:
        """What waits, in no particular order."""
        self._leaves = [leaf for leaf in self._leaves if leaf.place.lives]
        return self._leaves

    def play(self, leaf: Leaf, outcome: str = "") -> None:
        """What ``leaf`` waits for happens."""
        self._leaves.remove(leaf)
        leaf.then(outcome)

    # -- blocks --

    def _wait(self, kind: str, node: str, place: Place, then: Callable[[str], None]) -> None:
        self._leaves.append(Leaf(kind, node, place, then))

    def _enter(self, block: Block, place: Place, then: Then) -> None:
        match block:
            case Task():
                self._wait("user", block.id, place, lambda outcome: then())
            case Catch():
                self._wait(block.kind, block.id, place, lambda outcome: then())
            case Sequence():
                self._next(block.parts, place, then)
            case Exclusive():
                self._wait("user", f"{block.id}_t", place, lambda o: self._enter(chosen(block, o)[0], place, then))
            case Inclusive():
                self._wait("user", f"{block.id}_t", place, lambda o: self._all(chosen(block, o), place, then))
            case Parallel():
                self._all(block.ways, place, then)
            case Loop():
                self._loop(block, place, then)
            case Choice():
                self._choice(block, place, then)
            case Says():
                self._wait("user", f"{block.id}_t", place, lambda o: self._say(block, o, place, then))
            case Scope():
                self._level(block.body, Place(place, place.instances), then)
            case Many():
                self._many(block, Place(place, place.instances), then)
            case Guarded():
                self._guarded(block, place, then)

    def _next(self, parts: tuple[Block, ...], place: Place, then: Then) -> None:
        if not parts:
            then()
        else:
            self._enter(parts[0], place, lambda: self._next(parts[1:], place, then))

    def _all(self, ways: tuple[Block, ...], place: Place, then: Then) -> None:
        left = len(ways)

        def arrived() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                then()

        for way in ways:
            self._enter(way, place, arrived)

    def _loop(self, block: Loop, place: Place, then: Then) -> None:
        def decided(outcome: str) -> None:
            self._loop(block, place, then) if outcome == "back" else then()

        self._enter(block.body, place, lambda: self._wait("user", f"{block.id}_t", place, decided))

    def _choice(self, block: Choice, place: Place, then: Then) -> None:
        rivals = Place(place, place.instances)

        def came(way: Block, outcome: str) -> None:
            rivals.alive = False
            self._enter(way, place, then)

        for event, way in block.ways:
            self._wait(event.kind, event.id, rivals, partial(came, way))

    # -- levels --

    def _level(self, body: Block, place: Place, then: Then) -> None:
        place.then, place.tokens = then, 1
        self._enter(body, place, lambda: self._token_gone(place))

    def _token_gone(self, level: Place) -> None:
        level.tokens -= 1
        if level.tokens == 0:
            self._end_level(level)

    def _end_level(self, level: Place) -> None:
        assert level.then is not None
        level.alive = False
        level.then()

    def _many(self, block: Many, whole: Place, then: Then) -> None:
        done = begun = 0

        def begin() -> None:
            nonlocal begun
            instance = Place(whole, {**whole.instances, block.id: begun})
            begun += 1
            self._enter(block.body, instance, one_done)

        def one_done() -> None:
            nonlocal done
            done += 1
            if done == min(block.enough, block.number):
                whole.alive = False
                then()
            elif block.sequential:
                begin()

        for _ in range(1 if block.sequential else block.number):
            begin()

    # -- boundary events --

    def _guarded(self, block: Guarded, place: Place, then: Then) -> None:
        around = Place(place, place.instances)

        def over() -> None:
            around.alive = False
            then()

        for edge in block.edges:
            self._attach(edge, around, place, then)
        self._enter(block.body, around, over)

    def _attach(self, edge: Edge, around: Place, place: Place, then: Then) -> None:
        def came(outcome: str = "") -> None:
            if edge.interrupts:
                around.alive = False
                self._enter(edge.handler, place, then)
                return
            if edge.kind in ("message", "signal"):
                self._wait(edge.kind, edge.id, around, came)
            level = place.level()
            level.tokens += 1
            self._enter(edge.handler, place, lambda: self._token_gone(level))

        if edge.kind in ("error", "escalation"):
            around.edges.append((edge, came))
        else:
            self._wait(edge.kind, edge.id, around, came)

    def _say(self, block: Says, outcome: str, place: Place, then: Then) -> None:
        if outcome != "say":
            then()
        elif block.what == "stop":
            self._end_level(place.level())
        else:
            if block.what == "call":
                self._signal(block.key)
            else:
                self._throw(block, place)
            if place.lives and block.what != "fail":
                then()

    def _signal(self, key: str) -> None:
        for leaf in [leaf for leaf in self.open() if leaf.kind == "signal" and leaf.node.startswith(f"{key}_")]:
            if leaf.place.lives:
                self.play(leaf)

    def _throw(self, block: Says, place: Place | None) -> None:
        kind = "error" if block.what == "fail" else "escalation"
        while place is not None:
            heard = [came for edge, came in place.edges if (edge.kind, edge.key) == (kind, block.key)]
            if heard:
                heard[0]()
                return
            place = place.around
        assert kind == "escalation", "every error has its boundary event"


def chosen(block: Exclusive | Inclusive, outcome: str) -> tuple[Block, ...]:
    """The ways that ``outcome`` names, the last one when it names none of the others."""
    named = tuple(way for number, way in enumerate(block.ways[:-1]) if f"w{number}" in outcome)
    return (named[:1] if isinstance(block, Exclusive) else named) or block.ways[-1:]
