"""Random walks: a run that is stored, loaded and pruned at every step does what one that keeps its whole tree does."""

import random

import pytest
from bpmn_text import (
    boundary,
    call,
    chain,
    end,
    flow,
    gateway,
    instances,
    process,
    start,
    sub,
    terminate,
    timer,
    user,
)

import engine.spiff.run
from engine.errors import ProcessFault
from engine.process import Kind
from engine.spiff import parse

OUTCOMES = ("go", "go", "back", "back", "back", "stop")

EVERYTHING = process(
    start(),
    user("accept", "a", "b", "sign", "urge", "late", "x1", "x2"),
    gateway("exclusive", "round"),
    gateway("parallel", "split"),
    gateway("parallel", "inner"),
    gateway("parallel", "join"),
    sub(
        "survey",
        start("survey_begin"),
        user("s1", "s2"),
        gateway("inclusive", "s_split", "s2"),
        gateway("inclusive", "s_join"),
        gateway("exclusive", "s_x", "survey_end"),
        end("survey_end"),
        terminate("survey_stop"),
        gateway("exclusive", "s_stop", "s_join"),
        chain("survey_begin", "s_split", "s2", "s_join", "s_x", "survey_end"),
        flow("s_split", "s1", 'accept.outcome == "go"'),
        chain("s1", "s_stop", "s_join"),
        flow("s_stop", "survey_stop", 's1.outcome == "stop"'),
        flow("s_x", "s_split", 's2.outcome == "back"'),
    ),
    boundary("survey_late", "survey"),
    user("opine", inner=instances(items="apply.who", item="person", results="opinions", result="opine.outcome",
                                  until='opine.outcome == "stop"')),
    boundary("opine_late", "opine", interrupting=False),
    call("ask", "shared_ask", instances(cardinality="2")),
    boundary("ask_late", "ask"),
    timer("pause"),
    gateway("inclusive", "i_split", "pause"),
    gateway("inclusive", "i_join"),
    gateway("exclusive", "x", "over"),
    end(),
    end("urged"),
    terminate("given_up"),
    chain("apply", "accept", "round", "split", "a", "join"),
    gateway("exclusive", "surveyed"),
    chain("split", "inner", "survey", "surveyed", "join"),
    gateway("exclusive", "asked"),
    gateway("exclusive", "late_x", "surveyed"),
    chain("survey_late", "late", "late_x", "surveyed"),
    flow("ask_late", "asked"),
    chain("inner", "opine", "join"),
    chain("opine_late", "urge", "urged"),
    chain("split", "ask", "asked", "join"),
    flow("late_x", "given_up", 'late.outcome == "stop"'),
    chain("join", "i_split", "pause", "i_join", "sign", "x", "over"),
    flow("i_split", "x1", '"stop" not in opinions'),
    flow("i_split", "x2", 'a.outcome != "stop"'),
    chain("x1", "i_join"),
    chain("x2", "b", "i_join"),
    flow("x", "round", 'sign.outcome == "back"'),
)  # fmt: skip

ASK = process(
    start("ask_begin"),
    sub("talk", start("talk_begin"), user("answer"), end("talk_end"), chain("talk_begin", "answer", "talk_end")),
    gateway("exclusive", "answered", "ask_end"),
    end("ask_end"),
    chain("ask_begin", "talk", "answered", "ask_end"),
    flow("answered", "talk", 'answer.outcome == "back"'),
    id="shared_ask",
)


@pytest.fixture(scope="module")
def definition():
    return parse(EVERYTHING, {"shared_ask": ASK})


def seen(run):
    return run.finished, [(w.kind, w.node.id, w.instance, dict(w.data)) for w in run.waiting()]


def step(run, choice):
    """One act, the same for every run that waits for the same things; the nodes passed, or the fault."""
    rng = random.Random(choice)
    open_ = [w for w in run.waiting() if w.kind is not Kind.SCOPE]
    # timers are the exception, as in life
    chosen = rng.choices(open_, [1 if w.kind is Kind.TIMER else 12 for w in open_])[0]
    before = len(run.passed())
    try:
        if chosen.kind is Kind.TIMER:
            run.fire(chosen.ref)
        else:
            run.complete(chosen.ref, {chosen.node.id: {"outcome": rng.choice(OUTCOMES), "n": rng.randrange(5)}})
    except ProcessFault as fault:
        return fault.message, fault.place
    return [(p.node.id, dict(p.data)) for p in run.passed()[before:]]


@pytest.mark.parametrize("part", range(3))
def test_pruning_and_storing_change_nothing(definition, monkeypatch, part):
    prune = engine.spiff.run.prune
    whole = set()
    monkeypatch.setattr(engine.spiff.run, "prune", lambda case: None if id(case) in whole else prune(case))
    steps, nodes, faults = 0, set(), []
    for seed in range(part * 100, part * 100 + 100):
        rng = random.Random(seed)
        apply = {"apply": {"who": list("pqrs")[: rng.randrange(4)]}}
        stored, kept = definition.start(apply), definition.start(apply)
        # only from here on: the tree before is nothing but the start
        whole.add(id(kept._case))
        for _ in range(60):
            assert seen(stored) == seen(kept), seed
            if kept.finished:
                break
            state = stored.dump()
            stored = definition.load(state)
            assert stored.dump() == state
            choice = rng.random()
            ours, theirs = step(stored, choice), step(kept, choice)
            assert ours == theirs, seed
            steps += 1
            if isinstance(ours, tuple):
                faults.append(ours)
                break
            nodes |= {node for node, _ in ours}
        whole.discard(id(kept._case))
    assert not faults
    assert steps > 1500, "the walks went somewhere"
    assert nodes >= set(definition.nodes) - {"apply"}, "and everywhere"
