"""Blocks drawn as BPMN."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from tests.unit.engine.bpmn_text import (
    about,
    boundary,
    call,
    catch,
    chain,
    declared,
    end,
    flow,
    gateway,
    instances,
    process,
    start,
    sub,
    terminate,
    throw,
    user,
)
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

#: name of each kind of event in the diagram
KEYS = {"stop": "", "fail": "error", "tell": "escalation", "call": "signal"}


class Drawing:
    """A main process and those that it calls, as BPMN files."""

    def __init__(self, main: Block) -> None:
        self.called: dict[str, bytes] = {}
        self._declared: set[str] = set()
        self.main = self._process("p", self._level("main", main))

    def _process(self, id: str, parts: Iterable[str]) -> bytes:
        return process(*parts, id=id, declared=declared(*sorted(self._declared)))

    def _level(self, id: str, body: Block) -> list[str]:
        parts, first, last = self._draw(body)
        return [start(f"{id}_s"), *parts, end(f"{id}_e"), flow(f"{id}_s", first), flow(last, f"{id}_e")]

    def _draw(self, block: Block) -> tuple[list[str], str, str]:
        """The parts of a block, the node that it is entered by and the one that it is left by."""
        id = block.id
        match block:
            case Task() | Scope():
                return [self._activity(block, "")], id, id
            case Many():
                return [self._activity(block, "")], block.body.id, block.body.id
            case Catch():
                return [self._catch(block)], id, id
            case Sequence():
                drawn = [self._draw(part) for part in block.parts]
                links = [flow(a[2], b[1]) for a, b in pairwise(drawn)]
                return [*(part for d in drawn for part in d[0]), *links], drawn[0][1], drawn[-1][2]
            case Exclusive() | Inclusive():
                return self._deciding(block)
            case Parallel():
                inside = self._between(f"{id}_a", f"{id}_j", block.ways)
                return [gateway("parallel", f"{id}_a"), gateway("parallel", f"{id}_j"), *inside], f"{id}_a", f"{id}_j"
            case Loop():
                return self._loop(block)
            case Choice():
                ways = tuple(Sequence("", (event, way)) for event, way in block.ways)
                inside = self._between(f"{id}_g", f"{id}_m", ways)
                return (
                    [gateway("eventBased", f"{id}_g"), gateway("exclusive", f"{id}_m"), *inside],
                    f"{id}_g",
                    f"{id}_m",
                )
            case Says():
                return self._says(block)
            case Guarded():
                return self._guarded(block)
        raise TypeError(block)

    def _between(
        self, first: str, last: str, ways: Iterable[Block], conditions: Iterable[str | None] = ()
    ) -> list[str]:
        parts: list[str] = []
        asked = list(conditions)
        for number, way in enumerate(ways):
            drawn, entry, leaving = self._draw(way)
            parts += [*drawn, flow(first, entry, asked[number] if asked else None), flow(leaving, last)]
        return parts

    def _deciding(self, block: Exclusive | Inclusive) -> tuple[list[str], str, str]:
        id, kind = block.id, "exclusive" if isinstance(block, Exclusive) else "inclusive"
        task, split, join = f"{id}_t", f"{id}_x", f"{id}_j"
        conditions = [f'"w{n}" in {task}.outcome' for n in range(len(block.ways) - 1)]
        default = self._draw(block.ways[-1])[1]
        inside = self._between(split, join, block.ways, [*conditions, None])
        return [user(task), gateway(kind, split, default), gateway(kind, join), flow(task, split), *inside], task, join

    def _loop(self, block: Loop) -> tuple[list[str], str, str]:
        id = block.id
        drawn, entry, leaving = self._draw(block.body)
        again, task, x, out = f"{id}_r", f"{id}_t", f"{id}_x", f"{id}_o"
        frame = [gateway("exclusive", again), user(task), gateway("exclusive", x, out), gateway("exclusive", out)]
        flows = [flow(again, entry), flow(leaving, task), flow(task, x), flow(x, again, f'{task}.outcome == "back"')]
        return [*frame, *drawn, *flows, flow(x, out)], again, out

    def _says(self, block: Says) -> tuple[list[str], str, str]:
        task, x, out, does = (f"{block.id}_{part}" for part in "txod")
        word = f"{KEYS[block.what]} {block.key}"
        if block.key:
            self._declared.add(word)
        said = {
            "stop": lambda: terminate(does),
            "fail": lambda: end(does, about(word)),
            "tell": lambda: throw(does, word) + flow(does, out),
            "call": lambda: throw(does, word) + flow(does, out),
        }[block.what]()
        frame = [user(task), gateway("exclusive", x, out), gateway("exclusive", out), said]
        return [*frame, flow(task, x), flow(x, does, f'{task}.outcome == "say"'), flow(x, out)], task, out

    def _catch(self, block: Catch) -> str:
        return catch(block.id, self._event(block.kind, block.id))

    def _event(self, kind: str, key: str) -> str:
        if kind == "timer":
            return kind
        self._declared.add(f"{kind} {key}")
        return f"{kind} {key}"

    def _activity(self, block: Task | Scope | Many, marker: str) -> str:
        if isinstance(block, Many):
            return self._activity(block.body, marker_of(block))
        if isinstance(block, Task):
            return user(block.id, inner=marker)
        if not block.called:
            return sub(block.id, marker, *self._level(block.id, block.body))
        name = f"c_{block.id}"
        if name not in self.called:
            self.called[name] = b""
            self.called[name] = self._process(name, self._level(block.id, block.body))
        return call(block.id, name, marker)

    def _guarded(self, block: Guarded) -> tuple[list[str], str, str]:
        activity = block.body.body.id if isinstance(block.body, Many) else block.body.id
        out = f"{block.id}_m"
        parts = [self._activity(block.body, ""), gateway("exclusive", out), flow(activity, out)]
        for edge in block.edges:
            parts += self._edge(edge, activity, out)
        return parts, activity, out

    def _edge(self, edge: Edge, activity: str, out: str) -> list[str]:
        drawn, entry, leaving = self._draw(edge.handler)
        event = boundary(edge.id, activity, edge.interrupts, self._event(edge.kind, edge.key or edge.id))
        if edge.interrupts:
            return [event, *drawn, flow(edge.id, entry), flow(leaving, out)]
        aside = f"{edge.id}_e"
        return [event, *drawn, end(aside), chain(edge.id, entry), flow(leaving, aside)]


def marker_of(block: Many) -> str:
    """The multi-instance marker of a block; each instance knows its number from 0 by the block's id."""
    return instances(
        items=str(list(range(block.number))),
        item=block.id,
        until=f"numberOfCompletedInstances >= {block.enough}" if block.enough < block.number else None,
        sequential=block.sequential,
    )
