"""The steps of an item as citizens see them: the good way through the diagram, from application to delivery.

Derived from diagram and ``item.yaml`` together, so that the guide page, the 一次告知单 and the API can't say what the
procedure does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from engine.elements import Assign, ClockMode, Limit, Unit
from processes.diagram import ACTIVITY_TYPES, SCOPE_TYPES, Diagram, Node, read_diagram
from processes.item import Item, limit_text
from processes.package import Package

#: says in words who an assignment means, such as 灵山县行政审批局综合窗口
Who = Callable[[Assign], str]

_BAD = frozenset({"refused", "not_accepted", "withdrawn", "lapsed"})
_STEPS = ACTIVITY_TYPES | {"intermediateCatchEvent"}


class Counting(StrEnum):
    """Whether a step's time counts towards the promise."""

    COUNTS = "counts"
    #: between acceptance and decision, but its time does not count
    EXCLUDED = "excluded"
    #: before acceptance or after the decision
    OUTSIDE = "outside"


_PROMISE_WORDS = {Counting.COUNTS: "计入承诺", Counting.EXCLUDED: "不计入承诺", Counting.OUTSIDE: "承诺外"}
_STATUTORY_WORDS = {Counting.COUNTS: "计入时限", Counting.EXCLUDED: "不计入时限", Counting.OUTSIDE: "时限外"}


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step on the way."""

    #: BPMN id, for linking it with the diagram
    node_id: str
    name: str
    #: in words; None for a step that only waits
    who: str | None
    #: in words, as drawn or, where the diagram has none, as published; None when there is none
    limit: str | None
    counting: Counting
    #: the same in words; None when the item publishes no limit that it could count towards
    counting_words: str | None
    #: why its time does not count: article of law
    basis: str | None
    stage: str | None
    #: False for a step that some cases pass by
    always: bool
    #: as drawn
    span: Limit | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Limits of the counting steps, one after the other."""

    values: tuple[int, ...]
    unit: Unit

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def words(self) -> str:
        """1 ＋ 3 ＋ 1 ＝ 5个工作日"""
        total = limit_text(Limit(self.total, self.unit))
        return f"{' ＋ '.join(map(str, self.values))} ＝ {total}" if len(self.values) > 1 else total


@dataclass(frozen=True, slots=True)
class Guide:
    """The way of an item's cases."""

    #: in the order in which they come; the application first
    steps: tuple[GuideStep, ...]
    #: how the counting steps add up; None when they run beside each other, may be passed by, or have no common unit
    counted: Sum | None


def guide(package: Package, who: Who) -> Guide:
    """The steps of a package's item, ``who`` saying in words who works each."""
    diagram = read_diagram(package.diagram, "process.bpmn")
    called = {id: read_diagram(content, f"called/{id}.bpmn") for id, content in package.called.items()}
    way = _Way(diagram)
    steps = []
    for node in way.order:
        if node.type == "startEvent" or node.type in _STEPS:
            steps.append(_step(node, way, package.item, _worker(node, diagram, called, who)))
    return Guide(tuple(steps), _sum(steps, way))


def _step(node: Node, way: _Way, item: Item, who: str | None) -> GuideStep:
    clock = node.ext.clock
    counting = way.counting(node)
    return GuideStep(
        node_id=node.id,
        name=node.name or node.id,
        who=who,
        limit=limit_text(node.ext.limit) if node.ext.limit else _published(node, item),
        counting=counting,
        counting_words=_counting_words(counting, item),
        basis=clock.basis if clock and counting is Counting.EXCLUDED else None,
        stage=node.ext.stage,
        always=way.is_always(node),
        span=node.ext.limit,
    )


def _counting_words(counting: Counting, item: Item) -> str | None:
    if item.promised:
        return _PROMISE_WORDS[counting]
    return _STATUTORY_WORDS[counting] if item.statutory else None


def _published(node: Node, item: Item) -> str | None:
    """The limit that the source publishes for a step of the same name."""
    step = next((step for step in item.steps or () if step.name == node.name), None)
    if step is None or step.limit is None:
        return None
    return step.limit if isinstance(step.limit, str) else step.limit.words


def _worker(node: Node, diagram: Diagram, called: dict[str, Diagram], who: Who) -> str | None:
    if node.type == "startEvent":
        return who(Assign(role="applicant"))
    if node.ext.assign:
        return who(node.ext.assign)
    if node.calls in called:
        inner = called[node.calls]
        inside = [n for n in inner.nodes.values() if n.ext.assign]
    else:
        inside = [n for n in diagram.within(node.id) if n.ext.assign] if node.type in SCOPE_TYPES else []
    assigned = next((n.ext.assign for n in inside if n.ext.assign), None)
    return who(assigned) if assigned else None


def _sum(steps: Sequence[GuideStep], way: _Way) -> Sum | None:
    counting = [step for step in steps if step.counting is Counting.COUNTS]
    spans = [step.span for step in counting if step.span and step.always]
    units = {span.unit for span in spans}
    if not counting or len(spans) < len(counting) or len(units) > 1 or way.forks:
        return None
    return Sum(tuple(span.value for span in spans), units.pop())


class _Way:
    """The good way: what lies between the start and an end without a refusal, going back nowhere."""

    def __init__(self, diagram: Diagram) -> None:
        self._diagram = diagram
        self._forward = _forward(diagram)
        reached = self._reach(lambda node: False)
        self._good = self._leading_out(reached)

    @cached_property
    def order(self) -> list[Node]:
        """The nodes of the way; each after all that lead to it, otherwise as in the file."""
        waiting = dict.fromkeys(self._good, 0)
        for id in self._good:
            for follower in self._next(id):
                waiting[follower] += 1
        position = {id: index for index, id in enumerate(self._diagram.nodes)}
        ready = sorted((id for id, count in waiting.items() if not count), key=position.__getitem__)
        found = []
        while ready:
            id = ready.pop(0)
            found.append(self._diagram.nodes[id])
            for follower in self._next(id):
                waiting[follower] -= 1
                if not waiting[follower]:
                    ready.append(follower)
            ready.sort(key=position.__getitem__)
        return found

    @cached_property
    def forks(self) -> bool:
        """True when steps run beside each other."""
        return any(
            self._diagram.nodes[id].type in ("parallelGateway", "inclusiveGateway") and len(self._next(id)) > 1
            for id in self._good
        )

    def counting(self, node: Node) -> Counting:
        """Where the node stands between acceptance and decision, and whether its own clock counts."""
        if node.type == "startEvent" or node.id in self._unaccepted or node.id not in self._undecided:
            return Counting.OUTSIDE
        clock = node.ext.clock
        return Counting.EXCLUDED if clock and clock.mode is not ClockMode.COUNTS else Counting.COUNTS

    def is_always(self, node: Node) -> bool:
        """True when no case on the good way passes the node by."""
        out: set[str] = set()
        for current in reversed(self.order):
            following = self._next(current.id)
            together = all if current.type == "parallelGateway" else any
            if current.id != node.id and (not following or together(f in out for f in following)):
                out.add(current.id)
        return not any(start.id in out for start in self._diagram.starts())

    @cached_property
    def _unaccepted(self) -> set[str]:
        return self._reach(lambda node: _is(node, "accepted")) & self._good

    @cached_property
    def _undecided(self) -> set[str]:
        return self._reach(lambda node: _is(node, "decided")) & self._good

    def _next(self, id: str) -> list[str]:
        return [follower for follower in self._forward.get(id, ()) if follower in self._good]

    def _reach(self, stops: Callable[[Node], bool]) -> set[str]:
        """Nodes entered from the start, past no refusal and no stopped node."""
        found: set[str] = set()
        todo = [start.id for start in self._diagram.starts()]
        while todo:
            id = todo.pop()
            node = self._diagram.nodes[id]
            if id in found or _is_bad(node):
                continue
            found.add(id)
            if not stops(node):
                todo += self._forward.get(id, ())
        return found

    def _leading_out(self, reached: set[str]) -> set[str]:
        """Those of the reached nodes from which an end is reached."""
        back: dict[str, list[str]] = {}
        for id in reached:
            for follower in self._forward.get(id, ()):
                back.setdefault(follower, []).append(id)
        good: set[str] = set()
        todo = [id for id in reached if self._diagram.nodes[id].type == "endEvent"]
        while todo:
            id = todo.pop()
            if id not in good:
                good.add(id)
                todo += [before for before in back.get(id, ()) if before in reached]
        return good


def _forward(diagram: Diagram) -> dict[str, list[str]]:
    """Successors by id, without the flows that lead back to a node on the way there."""
    forward: dict[str, list[str]] = {}
    done: set[str] = set()
    for start in diagram.starts():
        open_: dict[str, list[Node]] = {start.id: diagram.following(start)[::-1]}
        while open_:
            id, left = next(reversed(open_.items()))
            if not left:
                done.add(id)
                del open_[id]
                continue
            follower = left.pop()
            if follower.id in open_:
                continue
            forward.setdefault(id, []).append(follower.id)
            if follower.id not in done:
                open_[follower.id] = diagram.following(follower)[::-1]
    return forward


def _is(node: Node, milestone: str) -> bool:
    return node.ext.milestone is not None and node.ext.milestone.name == milestone


def _is_bad(node: Node) -> bool:
    return node.ext.milestone is not None and node.ext.milestone.result in _BAD
