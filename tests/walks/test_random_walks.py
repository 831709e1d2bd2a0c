"""2,000 walks over 250 random processes; more by hand: ``python -m tests.walks``."""

from collections import Counter

import pytest

from engine.extensions import ACTIVITIES, EVENTS, GATEWAYS
from tests.walks.blocks import Inclusive, Loop, Parallel, Sequence, Task
from tests.walks.game import Game
from tests.walks.walking import Differs, Walker

PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_walks_over_random_processes(part):
    steps, kinds = 0, Counter()
    for seed in range(part * 25, part * 25 + 25):
        walker = Walker(seed)
        for number in range(8):
            walker.walk(number)
        steps += walker.steps
        kinds += walker.seen
    assert steps > 800, "the walks go somewhere"
    assert set(kinds) == ACTIVITIES | EVENTS | GATEWAYS, "and through everything there is"


def test_the_game_is_played_by_its_own_rules():
    """The reference itself, on a case small enough to be played by hand."""
    game = Game(
        Loop(
            "l0",
            Sequence(
                "",
                (
                    Parallel("p1", (Task("a"), Inclusive("o2", (Task("b"), Task("c"), Task("d"))))),
                    Task("e"),
                ),
            ),
        )
    )

    def play(node, outcome=""):
        game.play(next(leaf for leaf in game.open() if leaf.node == node), outcome)
        return sorted(leaf.node for leaf in game.open())

    for _ in range(2):
        assert play("o2_t", "w0w1") == ["a", "b", "c"]
        assert play("b") == ["a", "c"]
        assert play("a") == ["c"]
        assert play("c") == ["e"]
        assert play("e") == ["l0_t"]
        assert play("l0_t", "back") == ["a", "o2_t"]
    assert play("o2_t", "none of them") == ["a", "d"]
    assert play("d") == ["a"]
    assert play("a") == ["e"]
    assert play("e") == ["l0_t"]
    assert not game.finished
    assert play("l0_t", "out") == []
    assert game.finished


@pytest.mark.parametrize(
    ("where", "broken"),
    [
        ("engine.spiff.gateways.ParallelGateway._update_hook", lambda self, my_task: True),
        ("engine.spiff.gateways.InclusiveGateway._update_hook", lambda self, my_task: True),
        ("engine.spiff.nodes.BoundaryEvent._on_heard", lambda self, my_task: None),
        ("engine.spiff.nodes.IntermediateCatchEvent._on_heard", lambda self, my_task: None),
        ("engine.spiff.prune._holder", lambda task: None),
        ("engine.spiff.workflow.deliver", lambda case, task: None),
        ("engine.spiff.multi.MultiInstance._is_enough", lambda self, my_task, instance: False),
        ("engine.spiff.workflow.CaseWorkflow.forget", lambda self, task_id: None),
    ],
)
def test_a_broken_engine_is_found_out(monkeypatch, where, broken):
    """Each of these mistakes shows within the first processes."""
    monkeypatch.setattr(where, broken)
    with pytest.raises(Differs):  # noqa: PT012 -- which process it is does not matter
        for seed in range(60):
            walker = Walker(seed)
            for number in range(4):
                walker.walk(number)
