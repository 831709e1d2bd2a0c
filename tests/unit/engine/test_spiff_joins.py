"""Joins inside a loop of rejections: nobody's approval of an earlier round counts in a later one."""

from itertools import permutations, product

import pytest
from bpmn_text import chain, end, flow, gateway, process, start, user

from engine.process import Kind
from engine.spiff import parse

ROUNDS = 3


def reject_loop(kind, branches):
    inclusive = kind == "inclusive"
    return process(
        start(),
        user("open_round", *branches, "sign"),
        gateway(kind, "split", "otherwise" if inclusive else None),
        gateway(kind, "join"),
        gateway("exclusive", "x", "over"),
        end(),
        chain("apply", "open_round", "split"),
        *(flow("split", branch, "apply.always" if inclusive else None) for branch in branches),
        *(flow(branch, "join") for branch in branches),
        user("otherwise") + chain("split", "otherwise", "join") if inclusive else "",
        chain("join", "sign", "x", "over"),
        flow("x", "open_round", 'sign.outcome == "reject"'),
    )


class Quick:
    """A run addressed by node id, stored and loaded on every step when asked."""

    def __init__(self, process, stored):
        self.process, self.stored = process, stored
        self.run = process.start({"apply": {"always": True}})

    def users(self):
        return sorted(w.node.id for w in self.run.waiting() if w.kind is Kind.USER)

    def do(self, node, outcome="done"):
        (ref,) = [w.ref for w in self.run.waiting() if w.node.id == node]
        self.run.complete(ref, {node: {"outcome": outcome}})
        if self.stored:
            self.run = self.process.load(self.run.dump())


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "stored"])
@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
@pytest.mark.parametrize("branches", ["ab", "abc"])
def test_every_round_needs_every_branch_in_whatever_order(kind, branches, stored):
    definition = parse(reject_loop(kind, branches), {})
    for rounds in product(permutations(branches), repeat=ROUNDS):
        run = Quick(definition, stored)
        for number, order in enumerate(rounds):
            run.do("open_round")
            for done, branch in enumerate(order, 1):
                run.do(branch)
                assert ("sign" in run.users()) is (done == len(order)), (rounds, number, branch)
            assert run.users() == ["sign"]
            run.do("sign", "reject" if number < ROUNDS - 1 else "granted")
        assert run.run.finished


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "stored"])
@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_round_broken_off_by_one_branch_leaves_nothing_behind(kind, stored):
    """A branch that has finished below an inner split is not forgotten when the tree above it is dropped."""
    definition = parse(
        process(
            start(),
            user("a", "b", "c", "sign"),
            gateway("parallel", "outer"),
            gateway("parallel", "inner"),
            gateway(kind, "join"),
            gateway("exclusive", "x", "again"),
            gateway("exclusive", "again"),
            end(),
            chain("apply", "again", "outer", "a", "join", "sign", "x", "again"),
            chain("outer", "inner", "b", "join"),
            chain("inner", "c", "join"),
            flow("x", "over", 'sign.outcome == "granted"'),
        ),
        {},
    )
    for rounds in product(permutations("abc"), repeat=2):
        run = Quick(definition, stored)
        for number, order in enumerate(rounds):
            for done, branch in enumerate(order, 1):
                run.do(branch)
                assert ("sign" in run.users()) is (done == 3), (rounds, number, branch)
            run.do("sign", "granted" if number else "reject")
        assert run.run.finished


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "stored"])
def test_an_inclusive_join_counts_only_the_branches_of_its_own_round(stored):
    definition = parse(
        process(
            start(),
            user("choose", "a", "b", "c", "sign"),
            gateway("inclusive", "split", "c"),
            gateway("inclusive", "join"),
            gateway("exclusive", "x", "over"),
            end(),
            chain("apply", "choose", "split"),
            flow("split", "a", 'choose.outcome in ["a", "ab"]'),
            flow("split", "b", 'choose.outcome in ["b", "ab"]'),
            flow("split", "c"),
            *(flow(branch, "join") for branch in "abc"),
            chain("join", "sign", "x", "over"),
            flow("x", "choose", 'sign.outcome == "reject"'),
        ),
        {},
    )
    for rounds in product(["a", "b", "ab", "c"], repeat=3):
        run = Quick(definition, stored)
        for number, choice in enumerate(rounds):
            run.do("choose", choice)
            assert run.users() == sorted(choice)
            for done, branch in enumerate(choice, 1):
                run.do(branch)
                assert ("sign" in run.users()) is (done == len(choice)), (rounds, number, branch)
            run.do("sign", "reject" if number < 2 else "granted")
        assert run.run.finished


@pytest.mark.parametrize("stored", [False, True], ids=["memory", "stored"])
def test_an_inclusive_join_does_not_wait_for_the_next_round(stored):
    """The branch beside it can come to the join again, by way of the loop and the join's own split: another round."""
    definition = parse(
        process(
            start(),
            gateway("exclusive", "again"),
            gateway("parallel", "split"),
            gateway("inclusive", "ask", "b"),
            user("a", "b", "opinion", "beside", "sign"),
            gateway("inclusive", "asked"),
            gateway("parallel", "join"),
            gateway("exclusive", "x", "over"),
            end(),
            chain("apply", "again", "split", "ask", "b", "asked", "opinion", "join", "sign", "x", "over"),
            flow("ask", "a", "apply.always"),
            flow("a", "asked"),
            chain("split", "beside", "join"),
            flow("x", "again", 'sign.outcome == "reject"'),
        ),
        {},
    )
    run = Quick(definition, stored)
    for number in range(3):
        assert run.users() == ["a", "beside"]
        run.do("a")
        assert run.users() == ["beside", "opinion"]
        run.do("opinion")
        run.do("beside")
        run.do("sign", "reject" if number < 2 else "granted")
    assert run.run.finished
