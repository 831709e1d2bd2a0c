"""Growing a random process."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from random import Random

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


class Grower:
    """Grows one process of about ``size`` blocks.

    What an event that does not interrupt sets off is a row of tasks: several tokens may be in it at once, and where
    they part and meet again BPMN does not keep them apart either.
    """

    def __init__(self, random: Random, size: int) -> None:
        self._random = random
        self._left = size
        self._ids = count()
        #: errors and escalations that something around catches, and how deep in calls and sub-processes
        self._caught: list[tuple[str, str]] = []
        self._signals: set[str] = set()
        self._called: set[str] = set()

    def grow(self) -> Block:
        """The whole process."""
        body = self._row(4)
        silent = sorted(self._signals - self._called)
        if not silent:
            return body
        # whoever listens needs somebody who calls
        calls = tuple(Says(self._id("y"), "call", key) for key in silent)
        return Parallel(self._id("p"), (body, Sequence("", calls)))

    def _id(self, letter: str) -> str:
        return f"{letter}{next(self._ids)}"

    def _row(self, depth: int, longest: int = 3) -> Sequence:
        return Sequence("", tuple(self._block(depth) for _ in range(self._random.randint(1, longest))))

    def _tasks(self) -> Sequence:
        return Sequence("", tuple(Task(self._id("t")) for _ in range(self._random.randint(1, 2))))

    def _ways(self, depth: int) -> tuple[Block, ...]:
        return tuple(self._row(depth - 1, 2) for _ in range(self._random.choice((2, 2, 3))))

    def _block(self, depth: int) -> Block:
        self._left -= 1
        if depth <= 0 or self._left <= 0:
            return Task(self._id("t"))
        makers: list[tuple[int, Callable[[int], Block]]] = [
            (4, lambda d: Task(self._id("t"))),
            (1, lambda d: Catch(self._id("k"), self._random.choice(("timer", "message")))),
            (3, lambda d: Exclusive(self._id("x"), self._ways(d))),
            (3, lambda d: Inclusive(self._id("o"), self._ways(d))),
            (4, lambda d: Parallel(self._id("p"), self._ways(d))),
            (4, lambda d: Loop(self._id("l"), self._row(d - 1, 2))),
            (2, self._choice),
            (3, self._says),
            (2, self._scope),
            (3, self._many),
            (5, self._guarded),
        ]
        weights, functions = zip(*makers, strict=True)
        return self._random.choices(functions, weights)[0](depth)

    def _choice(self, depth: int) -> Choice:
        ways = [(Catch(self._id("k"), "timer"), self._row(depth - 1, 1))]
        for _ in range(self._random.randint(1, 2)):
            ways.append((Catch(self._id("k"), "message"), self._row(depth - 1, 1)))
        return Choice(self._id("g"), tuple(ways))

    def _says(self, depth: int) -> Block:
        what, key = self._random.choice([("stop", ""), ("call", "sig"), *self._caught * 3])
        if what == "call":
            self._called.add(key)
        return Says(self._id("y"), what, key)

    def _scope(self, depth: int) -> Scope:
        return Scope(self._id("s"), self._row(depth - 1, 2), called=self._random.random() < 0.4)

    def _many(self, depth: int) -> Many:
        body = self._scope(depth) if self._random.random() < 0.6 else Task(self._id("t"))
        number = self._random.randint(1, 3)
        return Many(self._id("i"), body, number, self._random.random() < 0.4, self._random.randint(1, number))

    def _guarded(self, depth: int) -> Block:
        kinds = self._random.sample(("timer", "message", "signal", "fail", "tell"), self._random.randint(1, 2))
        within = [(what, self._id(what)) for what in kinds if what in ("fail", "tell")]
        outer = self._caught
        self._caught = [*outer, *within]
        make = self._random.choice((self._scope, self._scope, self._many)) if within else self._activity
        body = self._with_thrower(make(depth), within)
        self._caught = outer
        edges = tuple(self._edge(kind, dict(within).get(kind, ""), depth) for kind in kinds)
        return Guarded(self._id("b"), body, edges)

    def _activity(self, depth: int) -> Task | Scope | Many:
        return self._random.choice((lambda d: Task(self._id("t")), self._scope, self._many))(depth)

    def _with_thrower(self, activity: Task | Scope | Many, within: list[tuple[str, str]]) -> Task | Scope | Many:
        """The activity with something in it that throws what its edges catch: otherwise it would be refused."""
        if not within:
            return activity
        if isinstance(activity, Many):
            inner = activity.body if isinstance(activity.body, Scope) else Scope(self._id("s"), activity.body)
            body = self._with_thrower(inner, within)
            return Many(activity.id, body, activity.number, activity.sequential, activity.enough)
        throwers = tuple(Says(self._id("y"), what, key) for what, key in within)
        rest = Sequence("", throwers)
        mixed = Parallel(self._id("p"), (activity.body, rest)) if self._random.random() < 0.5 else None
        return Scope(activity.id, mixed or Sequence("", (rest, activity.body)), activity.called)

    def _edge(self, kind: str, key: str, depth: int) -> Edge:
        interrupts = kind == "fail" or self._random.random() < 0.5
        handler = self._row(depth - 1, 2) if interrupts else self._tasks()
        if kind == "signal":
            self._signals.add("sig")
            return Edge(self._id("sig_"), kind, interrupts, handler, "sig")
        named = {"fail": "error", "tell": "escalation"}.get(kind, kind)
        return Edge(self._id("e"), named, interrupts, handler, key)
