"""A walk: the same random acts on a run that is stored and loaded at every step, one that keeps its whole tree, and the
game; after each they wait for the same things."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any
from unittest.mock import patch

import engine.spiff.run
from engine.process import Kind
from engine.spiff import parse
from tests.walks.blocks import Block
from tests.walks.drawing import Drawing
from tests.walks.game import Game
from tests.walks.growing import Grower

OUTCOMES = ("go", "back", "say", "w0", "w1", "w0w1")
#: acts of one walk
LONGEST = 60


class Differs(AssertionError):
    """Two that should be alike are not."""


class Walker:
    """Walks over one random process."""

    def __init__(self, seed: int, size: int = 12) -> None:
        self.seed = seed
        self.main: Block = Grower(Random(seed), size).grow()
        self.drawing = Drawing(self.main)
        self.definition = parse(self.drawing.main, self.drawing.called)
        self.steps = 0
        #: local names of the nodes that were passed
        self.seen: Counter[str] = Counter()

    def walk(self, number: int) -> None:
        """One walk from the start to the end, or :data:`LONGEST` acts far; raises :class:`Differs`."""
        try:
            with patch.object(engine.spiff.run, "prune", _prune_unless_kept):
                self._walk(number)
        except Differs:
            raise
        except Exception as error:
            raise Differs(f"{self.seed}: walk {number}: {type(error).__name__} {error}") from error

    def _walk(self, number: int) -> None:
        random = Random(f"{self.seed} {number}")
        game = Game(self.main)
        stored, kept = self.definition.start({}), _unpruned(self.definition.start({}))
        for step in range(LONGEST):
            self._compare(game, stored, kept, (number, step))
            if game.finished:
                return
            state = stored.dump()
            stored = self.definition.load(state)
            if stored.dump() != state:
                raise Differs(f"{self.seed}: walk {number} step {step}: a loaded state is another one")
            self._act(game, stored, kept, random)
            self.steps += 1

    def _act(self, game: Game, stored: Any, kept: Any, random: Random) -> None:
        leaves = {leaf.key: leaf for leaf in game.open()}
        acts = [w for w in stored.waiting() if w.kind in (Kind.USER, Kind.TIMER, Kind.MESSAGE)]
        chosen = random.choices(acts, [6 if w.kind is Kind.USER else 1 for w in acts])[0]
        outcome = random.choice(OUTCOMES)
        # both runs know the chosen one by its place among what waits, their ids are their own
        position = [w.ref for w in stored.waiting()].index(chosen.ref)
        passed = []
        for run in (stored, kept):
            before = len(run.passed())
            _do(run, run.waiting()[position], outcome)
            passed.append([(p.node.id, dict(p.data)) for p in run.passed()[before:]])
        if passed[0] != passed[1]:
            raise Differs(f"{self.seed}: after {chosen.node.id} {outcome}: passed {passed[0]}, in memory {passed[1]}")
        game.play(leaves[_key(chosen)], outcome)
        self.seen.update(self.definition.nodes[node].type for node, _ in passed[0])

    def _compare(self, game: Game, stored: Any, kept: Any, where: tuple[int, int]) -> None:
        ours, whole = _seen(stored), _seen(kept)
        if ours != whole:
            raise Differs(f"{self.seed}: walk {where[0]} step {where[1]}: stored {ours}, in memory {whole}")
        waits = Counter(_key(w) for w in stored.waiting() if w.kind is not Kind.SCOPE)
        must = Counter(leaf.key for leaf in game.open())
        if waits != must or stored.finished != game.finished:
            raise Differs(
                f"{self.seed}: walk {where[0]} step {where[1]}: waits for {sorted(waits - must)} too many,"
                f" {sorted(must - waits)} too few, finished {stored.finished} instead of {game.finished}"
            )


_prune = engine.spiff.run.prune


def _prune_unless_kept(case: Any) -> None:
    if not getattr(case, "kept_whole", False):
        _prune(case)


def _unpruned(run: Any) -> Any:
    """The run, keeping its finished part from now on."""
    run._case.kept_whole = True
    return run


def _do(run: Any, waiting: Any, outcome: str) -> None:
    data = {waiting.node.id: {"outcome": outcome}}
    if waiting.kind is Kind.TIMER:
        run.fire(waiting.ref)
    else:
        (run.complete if waiting.kind is Kind.USER else run.deliver)(waiting.ref, data)


def _key(waiting: Any) -> tuple[Any, ...]:
    # the id of a multi-instance is "i" and a number, and the name of its item
    instances = {name: value for name, value in waiting.data.items() if name[0] == "i" and name[1:].isdigit()}
    return str(waiting.kind), waiting.node.id, tuple(sorted(instances.items()))


def _seen(run: Any) -> Any:
    return run.finished, [(w.kind, w.node.id, w.instance, dict(w.data)) for w in run.waiting()]
