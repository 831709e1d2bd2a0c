"""Setting tokens back: out of branches, sub-processes and multi-instances, each time with the end still in reach."""

import random

import pytest
from bpmn_text import (
    boundary,
    call,
    catch,
    chain,
    declared,
    element,
    end,
    extended,
    flow,
    gateway,
    instances,
    process,
    start,
    sub,
    terminate,
    throw,
    timer,
    user,
)
from test_spiff_walks import ASK, EVERYTHING, step

from engine.errors import NoWayBack, TaskNotOpen
from engine.process import Kind
from engine.spiff import parse
from engine.spiff.proof import ends_well

STRAIGHT = process(start(), user("a", "b", "c"), end(), chain("apply", "a", "b", "c", "over"))

FORK = process(
    start(),
    user("a", "b1", "b2", "c1", "z"),
    gateway("parallel", "fork"),
    gateway("parallel", "join"),
    end(),
    chain("apply", "a", "fork", "b1", "b2", "join", "z", "over"),
    chain("fork", "c1", "join"),
)

NESTED = process(
    start(),
    user("a", "m", "x1", "x2", "side", "z"),
    *(gateway("parallel", one) for one in ("outer", "inner", "inner_join", "outer_join")),
    end(),
    chain("apply", "a", "outer", "m", "inner", "x1", "inner_join", "outer_join", "z", "over"),
    chain("inner", "x2", "inner_join"),
    chain("outer", "side", "outer_join"),
)

INCLUSIVE = process(
    start(),
    user("a", "b", "c", "z"),
    gateway("inclusive", "split", "b"),
    gateway("inclusive", "join"),
    end(),
    chain("apply", "a", "split", "b", "join", "z", "over"),
    flow("split", "c", "apply.both == 1"),
    chain("c", "join"),
)

INSIDE = process(
    start(),
    user("a", "z"),
    sub("survey", start("begin"), user("s1", "s2"), end("ended"), chain("begin", "s1", "s2", "ended")),
    boundary("late", "survey"),
    terminate("given_up"),
    end(),
    chain("apply", "a", "survey", "z", "over"),
    chain("late", "given_up"),
)


def targets(case, node, instance=None):
    return {one.node_id: one.returns for one in case.run.targets(case.ref(node, Kind.USER, instance))}


def back(case, node, to, instance=None, **more):
    case.run.move(case.ref(node, Kind.USER, instance), to, **more)
    case._keep(case.run, len(case.run.passed()))
    return case


def test_a_straight_line(case):
    case = case(STRAIGHT).start().do("a").do("b")
    assert targets(case, "c") == {"a": True, "b": True}
    back(case, "c", "a")
    assert case.waiting() == ["a"]
    case.do("a").do("b").do("c")
    assert case.run.finished
    assert case.path == "apply a b a b c over"


def test_straight_back_to_who_sent_it(case):
    case = case(STRAIGHT).start().do("a").do("b")
    back(case, "c", "a", returns=True, back_mark="wei")
    assert [w.mark for w in case.run.waiting()] == [None]
    case.do("a")
    assert case.waiting() == ["c"]
    assert [w.mark for w in case.run.waiting()] == ["wei"]
    assert targets(case, "c") == {"a": True, "b": True}
    case.do("c")
    assert case.run.finished


def test_a_mark_stands_on_the_step_itself_when_the_case_walks_on(case):
    case = case(STRAIGHT).start().do("a")
    back(case, "b", "a", mark="wei")
    assert [w.mark for w in case.run.waiting()] == ["wei"]
    assert [w.mark for w in case.do("a").run.waiting()] == [None]


def test_it_may_be_sent_on_back_while_it_is_back(case):
    case = case(STRAIGHT).start().do("a").do("b")
    back(back(case, "c", "b", returns=True, back_mark="of c"), "b", "a", returns=True, back_mark="of b")
    case.do("a")
    assert [(w.node.id, w.mark) for w in case.run.waiting()] == [("b", "of b")]
    case.do("b")
    assert [(w.node.id, w.mark) for w in case.run.waiting()] == [("c", "of c")]
    case.do("c")
    assert case.path == "apply a b a b c over"


def test_a_look_at_an_earlier_step_from_which_the_case_walks_on_after_all(case):
    case = case(FORK).start().do("a").do("b1")
    back(case, "b2", "b1", returns=True)
    back(case, "b1", "a")
    assert case.waiting() == ["a"]
    case.do("a").do("b1").do("c1").do("b2").do("z")
    assert case.run.finished


def test_within_a_branch_the_other_branch_stays(case):
    case = case(FORK).start().do("a").do("b1")
    kept = case.ref("c1", Kind.USER)
    back(case, "b2", "b1")
    assert sorted(case.waiting()) == ["b1", "c1"]
    assert case.ref("c1", Kind.USER) == kept
    case.do("c1").do("b1").do("b2").do("z")
    assert case.run.finished


@pytest.mark.parametrize("other", ["open", "waiting at the join"])
def test_before_the_fork_all_branches_are_taken_back(case, other):
    case = case(FORK).start().do("a").do("b1")
    if other != "open":
        case.do("c1")
    assert targets(case, "b2")["a"]
    back(case, "b2", "a")
    assert case.waiting() == ["a"]
    case.do("a")
    assert sorted(case.waiting()) == ["b1", "c1"]
    case.do("c1").do("b1")
    assert case.waiting() == ["b2"], "what was done before the return does not open the join"
    case.do("b2").do("z")
    assert case.run.finished


def test_a_look_back_before_the_fork_leaves_the_branches_alone(case):
    case = case(FORK).start().do("a").do("b1")
    back(case, "b2", "a", returns=True)
    assert sorted(case.waiting()) == ["a", "c1"]
    case.do("c1").do("a")
    assert case.waiting() == ["b2"]
    case.do("b2").do("z")
    assert case.run.finished


def test_no_step_of_another_branch_and_none_inside_a_fork_that_is_over(case):
    case = case(FORK).start().do("a")
    assert set(targets(case, "c1")) == {"a", "z"}
    assert set(targets(case, "b1")) == {"a", "b2", "z"}
    case.do("b1").do("b2").do("c1")
    assert set(targets(case, "z")) == {"a"}


def test_out_of_a_fork_within_a_fork(case):
    case = case(NESTED).start().do("a").do("m")
    kept = case.ref("side", Kind.USER)
    back(case, "x1", "m")
    assert sorted(case.waiting()) == ["m", "side"]
    assert case.ref("side", Kind.USER) == kept
    case.do("m").do("x1").do("x2").do("side").do("z")
    assert case.run.finished


def test_out_of_both_forks(case):
    case = case(NESTED).start().do("a").do("m").do("x2")
    back(case, "x1", "a")
    assert case.waiting() == ["a"]
    case.do("a").do("m").do("x1").do("x2").do("side").do("z")
    assert case.run.finished


@pytest.mark.parametrize("both", [0, 1])
def test_an_inclusive_split(case, both):
    case = case(INCLUSIVE).start(apply={"both": both}).do("a")
    node = case.waiting()[0]
    back(case, node, "a").do("a")
    assert len(case.waiting()) == 1
    back(case, case.waiting()[0], "a").do("a")
    while not case.run.finished:
        case.do(case.waiting()[0])
    assert case.path.endswith("z over")


def test_out_of_a_sub_process_with_what_runs_inside(case):
    case = case(INSIDE).start().do("a").do("s1")
    assert targets(case, "s2") == {"s1": True, "a": False, "z": False}
    back(case, "s2", "a")
    assert (case.waiting(), case.scopes, case.timers) == (["a"], [], [])
    case.do("a")
    assert (case.waiting(), case.scopes, case.timers) == (["s1"], ["survey"], ["late"])
    back(case.do("s1"), "s2", "s1")
    assert (case.waiting(), case.scopes, case.timers) == (["s1"], ["survey"], ["late"])
    case.do("s1").do("s2").do("z")
    assert case.run.finished


def test_no_step_inside_a_sub_process_that_is_over(case):
    case = case(INSIDE).start().do("a").do("s1").do("s2")
    assert targets(case, "z") == {"a": True}
    with pytest.raises(NoWayBack):
        case.run.move(case.ref("z", Kind.USER), "s1")


SIGNED = process(
    start(),
    user("a", "z"),
    user("sign", inner=instances(items="apply.who", item="who", results="said", result="sign.outcome")),
    boundary("late", "sign"),
    user("urge"),
    end(),
    end("urged"),
    chain("apply", "a", "sign", "z", "over"),
    chain("late", "urge", "urged"),
)


def test_out_of_one_instance_all_go_and_the_next_round_starts_fresh(case):
    case = case(SIGNED).start(apply={"who": ["p", "q", "r"]}).do("a")
    case.do("sign", "yes", instance="0")
    assert targets(case, "sign", "1")["a"] is False
    back(case, "sign", "a", instance="1")
    assert (case.waiting(), case.timers, case.scopes) == (["a"], [], [])
    case.do("a")
    assert case.waiting() == ["sign"] * 3
    for instance in "012":
        case.do("sign", "no", instance=instance)
    assert case.data["said"] == ["no", "no", "no"]
    back(case, "z", "sign", returns=True, back_mark="m")
    assert (case.waiting(), case.timers) == (["sign"] * 3, ["late"])
    for instance in "012":
        case.do("sign", "yes", instance=instance)
    assert case.waiting() == ["z"]
    assert case.data["said"] == ["yes", "yes", "yes"]
    assert [w.mark for w in case.run.waiting()] == ["m"]


def test_the_mark_of_a_step_with_a_timer(case):
    main = process(
        start(), user("a", "b"), boundary("late", "a"), terminate("stop"), boundary("slow", "b", interrupting=False),
        end("noted"), end(), chain("apply", "a", "b", "over"), chain("late", "stop"), chain("slow", "noted"),
    )  # fmt: skip
    case = case(main).start().do("a")
    back(case, "b", "a", returns=True, back_mark="m")
    assert case.timers == ["late"]
    assert [w.mark for w in case.run.waiting()] == [None, None]
    case.do("a")
    assert (case.waiting(), case.timers) == (["b"], ["slow"])
    assert [w.mark for w in case.run.waiting() if w.kind is Kind.USER] == ["m"]
    back(case, "b", "a")
    case.fire("late")
    assert case.run.finished


APPLICANTS = process(
    start("fill_begin"),
    element("userTask", "fill", extended('<yc:assign role="applicant"/>')),
    end("fill_end"),
    chain("fill_begin", "fill", "fill_end"),
    id="shared_fill",
)


def test_an_activity_in_which_the_applicant_works_is_a_target_as_a_whole(case):
    main = process(
        start(), user("a", "b"), gateway("exclusive", "x", "b"), call("more", "shared_fill"), end(),
        chain("apply", "a", "x", "b", "over"), flow("x", "more", 'a.outcome == "more"'), chain("more", "a"),
    )  # fmt: skip
    case = case(main, shared_fill=APPLICANTS).start().do("a")
    assert targets(case, "b") == {"a": True, "more": True}
    back(case, "b", "more", returns=True)
    assert (case.waiting(), case.scopes) == (["fill"], ["more"])
    case.do("fill")
    assert case.waiting() == ["b"]


def test_only_what_waits_for_a_person_is_moved(case):
    case = case(INSIDE).start().do("a")
    for ref in (case.ref("late", Kind.TIMER), case.ref("survey", Kind.SCOPE), "0" * 32, "x"):
        with pytest.raises(TaskNotOpen):
            case.run.targets(ref)
        with pytest.raises(TaskNotOpen):
            case.run.move(ref, "a")
    for node_id in ("s1", "apply", "over", "late", "given_up", "nothing"):
        with pytest.raises(NoWayBack):
            case.run.move(case.ref("s1", Kind.USER), node_id)


# -- taking back


def take_back(case, node, *open_, mark=None):
    case.run.take_back(node, {case.ref(one, Kind.USER) for one in open_}, mark)
    case._keep(case.run, len(case.run.passed()))
    return case


def test_what_was_sent_on_is_taken_back(case):
    case = case(STRAIGHT).start().do("a")
    take_back(case, "a", "b", mark="m")
    assert case.waiting() == ["a"]
    assert [w.mark for w in case.run.waiting()] == ["m"]
    with pytest.raises(NoWayBack):
        case.do("a").run.take_back("a", set())


def test_what_waits_at_a_join_is_taken_back_alone(case):
    case = case(FORK).start().do("a").do("b1").do("b2")
    take_back(case, "b2")
    assert sorted(case.waiting()) == ["b2", "c1"]
    case.do("c1").do("b2").do("z")
    assert case.run.finished


def test_a_fork_is_taken_back_whole_or_not_at_all(case):
    case = case(FORK).start().do("a")
    with pytest.raises(NoWayBack):
        case.run.take_back("a", {case.ref("b1", Kind.USER)})
    take_back(case, "a", "b1", "c1")
    assert case.waiting() == ["a"]


def test_the_last_step_before_a_join_is_taken_back_and_the_other_token_waits_again(case):
    case = case(FORK).start().do("a").do("b1").do("c1").do("b2")
    take_back(case, "b2", "z")
    assert case.waiting() == ["b2"]
    case.do("b2")
    assert case.waiting() == ["z"]
    take_back(case, "c1", "z")
    assert case.waiting() == ["c1"]
    back(case, "c1", "a")
    assert case.waiting() == ["a"]
    case.do("a").do("b1").do("b2")
    assert case.waiting() == ["c1"]
    case.do("c1").do("z")
    assert case.run.finished


# -- ending


@pytest.mark.parametrize("diagram", [STRAIGHT, FORK, INSIDE, SIGNED])
def test_a_run_is_ended_where_it_stands(case, diagram):
    case = case(diagram).start(apply={"who": ["p", "q"]}).do("a")
    case.run.cancel()
    assert (case.run.finished, list(case.run.waiting())) == (True, [])
    state = case.run.dump()
    loaded = case._process.load(state)
    assert (loaded.finished, list(loaded.waiting())) == (True, [])
    assert loaded.dump() == state


# -- the proof


def marking(definition, *places):
    return frozenset((place, None, ()) if isinstance(place, str) else (*place, ()) for place in places)


def test_what_ends_well():
    fork = parse(FORK, {}).spec
    assert ends_well(fork, marking(fork, "b1", "c1"))
    assert ends_well(fork, marking(fork, "b1", ("join", "c1")))
    assert not ends_well(fork, marking(fork, "b1")), "the join would wait for ever"
    assert not ends_well(fork, marking(fork, "a", "c1")), "c1 would be done twice"
    assert not ends_well(fork, marking(fork, "a", ("join", "c1"))), "the join would go too early"


def test_what_is_too_much_to_look_at_is_not_proved(monkeypatch):
    spec = parse(FORK, {}).spec
    monkeypatch.setattr("engine.spiff.proof.MAX_MARKINGS", 2)
    assert not ends_well(spec, marking(spec, "b1", "c1"))


def test_walks_with_returns_always_reach_the_end():
    """Wherever a random walk sends its tokens, a run that then only goes forward ends, and its state can be stored."""
    definition = parse(EVERYTHING, {"shared_ask": ASK})
    returned, depth = 0, set()
    for seed in range(120):
        rng = random.Random(seed)
        run = definition.start({"apply": {"who": list("pqrs")[: rng.randrange(4)]}})
        for _ in range(rng.randrange(4, 30)):
            people = [w for w in run.waiting() if w.kind is Kind.USER]
            if run.finished or not people:
                break
            chosen = rng.choice(people)
            ways = run.targets(chosen.ref) if rng.random() < 0.4 else ()
            if ways:
                way = rng.choice(ways)
                run.move(chosen.ref, way.node_id, returns=way.returns and rng.random() < 0.5)
                returned += 1
                depth.add((chosen.node.id, way.node_id))
            else:
                outcome = step(run, rng.random())
                assert outcome is None or isinstance(outcome, list), (seed, outcome)
            state = run.dump()
            run = definition.load(state)
            assert run.dump() == state
        for _ in range(200):
            if run.finished:
                break
            waiting = [w for w in run.waiting() if w.kind is Kind.USER] or [
                w for w in run.waiting() if w.kind is Kind.TIMER
            ]
            one = waiting[0]
            run.fire(one.ref) if one.kind is Kind.TIMER else run.complete(one.ref, {one.node.id: {"outcome": "go"}})
        assert run.finished, seed
    assert returned > 200
    assert len(depth) > 40


def test_a_timer_between_the_steps(case):
    main = process(start(), user("a", "b"), timer("pause"), end(), chain("apply", "a", "pause", "b", "over"))
    case = case(main).start().do("a")
    assert case.timers == ["pause"]
    case.fire("pause")
    back(case, "b", "a")
    assert (case.waiting(), case.timers) == (["a"], [])


# -- events

EVENTS = process(
    start(),
    user("intake", "u", "b", "c", "z"),
    gateway("parallel", "fork"),
    gateway("eventBased", "first"),
    catch("fee", "message paid"),
    timer("too_late"),
    gateway("exclusive", "m"),
    gateway("parallel", "join"),
    end(),
    chain("apply", "intake", "fork", "u", "join", "z", "over"),
    chain("fork", "first", "fee", "b", "m", "join"),
    chain("first", "too_late", "c", "m"),
    declared=declared("message paid"),
)


def waits(case):
    return [(str(w.kind), w.node.id) for w in case.run.waiting() if w.kind is not Kind.USER]


def test_the_events_behind_a_gateway_go_and_come_together(case):
    case = case(EVENTS).start().do("intake")
    both = [("message", "fee"), ("timer", "too_late")]
    assert waits(case) == both
    back(case, "u", "intake", returns=True)
    assert waits(case) == both, "a look back leaves them waiting"
    case.do("intake")
    back(case, "u", "intake")
    assert waits(case) == []
    case.do("intake")
    assert waits(case) == both
    case.fire("too_late")
    assert set(targets(case, "c")) == {"intake", "b", "z"}
    back(case, "c", "intake")
    assert case.waiting() == ["intake"]
    case.do("intake").fire("too_late").do("c").do("u").do("z")
    assert case.run.finished


def test_inside_a_level_that_an_error_may_end(case):
    main = process(
        start(), user("a", "mend"),
        sub("work", start("begin"), user("w1", "w2"), gateway("exclusive", "x", "ended"), end("ended"),
            end("failed", '<bpmn:errorEventDefinition errorRef="error_bad"/>'),
            chain("begin", "w1", "w2", "x", "ended"), flow("x", "failed", 'w2.outcome == "bad"')),
        boundary("wrong", "work", what="error bad"), end(), chain("apply", "a", "work", "over"),
        chain("wrong", "mend", "over"), declared=declared("error bad"),
    )  # fmt: skip
    case = case(main).start().do("a").do("w1")
    assert set(targets(case, "w2")) == {"w1", "a", "mend"}
    back(case, "w2", "w1").do("w1").do("w2", "bad")
    assert case.waiting() == ["mend"]


def test_a_way_that_waits_for_a_signal_is_not_proved(case):
    main = process(
        start(), user("intake", "a", "b"), gateway("parallel", "fork"), gateway("parallel", "join"),
        catch("go", "signal go"), throw("tell", "signal go"), end(),
        chain("apply", "intake", "fork", "a", "tell", "join"),
        chain("fork", "go", "b", "join", "over"), declared=declared("signal go"),
    )  # fmt: skip
    case = case(main).start().do("intake")
    assert targets(case, "a") == {}
    # what follows the signal no longer waits for it, but what comes before it would
    case.do("a")
    assert targets(case, "b") == {}
