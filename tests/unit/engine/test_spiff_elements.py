"""engine.spiff: every element that a diagram may use, in memory and stored after every step."""

from datetime import date
from decimal import Decimal

import orjson
import pytest
from bpmn_text import (
    boundary,
    call,
    chain,
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
    timer,
    user,
)

from engine.elements import Limit, Milestone
from engine.errors import InvalidValue, ProcessFault, TaskNotOpen
from engine.process import Kind
from engine.spiff import parse

APPROVAL = process(
    start(),
    user("accept", "fix", "review", "decide"),
    gateway("exclusive", "accepted", "refused"),
    gateway("exclusive", "reviewed", "review_again"),
    user("review_again"),
    element("intermediateThrowEvent", "fact", extended('<yc:milestone name="accepted"/>')),
    end(),
    end("refused"),
    chain("apply", "accept", "accepted", "refused"),
    flow("accepted", "fix", 'accept.outcome == "supplement"'),
    flow("accepted", "fact", 'accept.outcome == "accepted" and apply.coal > 1000'),
    chain("fix", "accept"),
    chain("fact", "review", "reviewed", "review_again"),
    flow("reviewed", "decide", "review.outcome == 'pass'"),
    chain("review_again", "review"),
    chain("decide", "over"),
)


def test_an_approval_from_application_to_end(case):
    run = case(APPROVAL).start(apply={"coal": 1200})
    assert run.waiting() == ["accept"]
    run.do("accept", "supplement")
    assert run.waiting() == ["fix"]
    run.do("fix").do("accept", "accepted")
    assert run.waiting() == ["review"]
    run.do("review", "fail").do("review_again").do("review", "pass").do("decide", "granted")
    assert run.run.finished
    assert not run.run.waiting()
    assert run.path == (
        "apply accept accepted fix accept accepted fact review reviewed review_again review reviewed decide over"
    )


def test_the_default_flow_is_taken_when_no_condition_holds(case):
    assert case(APPROVAL).start(apply={"coal": 1000}).do("accept", "accepted").passed[-1] == "refused"


def test_the_first_flow_of_the_file_wins_wherever_it_is_drawn(case):
    main = process(
        start(),
        user("a", "b", "c"),
        gateway("exclusive", "x", "over"),
        end(),
        chain("apply", "x", "over"),
        flow("x", "b", "1 == 1"),
        flow("x", "a", "1 == 1"),
        flow("x", "c", "1 == 1"),
        *(flow(task, "over") for task in "abc"),
    )
    assert case(main).start().waiting() == ["b"]


def test_nodes_carry_what_the_diagram_says_of_them():
    main = process(
        element("startEvent", "apply", extended('<yc:form ref="application"/><yc:milestone name="submitted"/>')),
        element("userTask", "accept", extended('<yc:limit value="5"/>')),
        sub("inner", start("begin"), user("work"), end("done"), chain("begin", "work", "done")),
        call("ask", "shared_ask"),
        end(),
        chain("apply", "accept", "inner", "ask", "over"),
        id="county_item",
    )
    called = process(start("asked"), end("answered"), chain("asked", "answered"), id="shared_ask")
    parsed = parse(main, {"shared_ask": called, "shared_not_called": b"never read"})
    assert parsed.id == "county_item"
    assert parsed.start_node.id == "apply"
    assert parsed.start_node.ext.form == "application"
    assert parsed.nodes["apply"].ext.milestone == Milestone("submitted")
    assert parsed.nodes["accept"].ext.limit == Limit(5)
    assert [(n.id, n.type, n.process_id) for n in parsed.nodes.values()] == [
        ("apply", "startEvent", "county_item"),
        ("accept", "userTask", "county_item"),
        ("inner", "subProcess", "county_item"),
        ("ask", "callActivity", "county_item"),
        ("over", "endEvent", "county_item"),
        ("begin", "startEvent", "county_item"),
        ("work", "userTask", "county_item"),
        ("done", "endEvent", "county_item"),
        ("asked", "startEvent", "shared_ask"),
        ("answered", "endEvent", "shared_ask"),
    ]


PARALLEL = process(
    start(),
    user("a", "b", "c", "after"),
    gateway("parallel", "split"),
    gateway("parallel", "join"),
    end(),
    chain("apply", "split", "a", "join", "after", "over"),
    chain("split", "b", "join"),
    chain("split", "c", "join"),
)


def test_parallel_branches_meet(case):
    run = case(PARALLEL).start()
    assert run.waiting() == ["a", "b", "c"]
    assert run.do("b").do("c").waiting() == ["a"]
    assert run.do("a").waiting() == ["after"]
    assert run.do("after").path == "apply split b c a join after over"
    assert run.run.finished


def test_parallel_branches_do_not_overwrite_each_other(case):
    """b finishes last, and what it saw of a when it was opened is old by then."""
    loop = process(
        start(),
        user("a", "b", "check"),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        gateway("exclusive", "x", "round"),
        gateway("exclusive", "round"),
        end(),
        chain("apply", "round", "split", "a", "join", "check", "x", "round"),
        chain("split", "b", "join"),
        flow("x", "over", 'a.outcome == "pass" and b.outcome == "pass"'),
    )
    for order in ("ab", "ba"):
        run = case(loop).start(apply={"x": 1})
        for outcome in ("fail", "pass"):
            for task in order:
                run.do(task, outcome, by=task)
            assert run.data == {
                "apply": {"x": 1},
                "a": {"outcome": outcome, "by": "a"},
                "b": {"outcome": outcome, "by": "b"},
                **({"check": {}} if outcome == "pass" else {}),
            }
            run.do("check")
        assert run.run.finished


def test_a_node_s_new_values_replace_its_old_ones_and_amend_another_s(case):
    run = case(APPROVAL).start(apply={"coal": 1, "name": "n"})
    run.do("accept", "supplement", note="x")
    before = run.run.waiting()[0].data
    run.run.complete(run.ref("fix", Kind.USER), {"fix": {"done": True}, "apply": {"coal": 2}})
    assert run.data["apply"] == {"coal": 2, "name": "n"}
    assert dict(before)["apply"] == {"coal": 1, "name": "n"}, "what was handed out stays as it was"
    run.do("accept", "supplement")
    assert run.data["accept"] == {"outcome": "supplement"}


INCLUSIVE = process(
    start(),
    user("a", "b", "c", "after"),
    gateway("inclusive", "split", "c"),
    gateway("inclusive", "join"),
    end(),
    chain("apply", "split"),
    flow("split", "a", "apply.a"),
    flow("split", "b", "apply.b"),
    flow("split", "c"),
    chain("a", "join", "after", "over"),
    chain("b", "join"),
    chain("c", "join"),
)


@pytest.mark.parametrize(
    ("a", "b", "open_"), [(True, True, "ab"), (True, False, "a"), (False, True, "b"), (None, None, "c")]
)
def test_an_inclusive_gateway_waits_for_what_it_has_opened(case, a, b, open_):
    run = case(INCLUSIVE).start(apply={"a": a, "b": b})
    assert run.waiting() == list(open_)
    for task in open_:
        assert "after" not in run.waiting()
        run.do(task)
    assert run.waiting() == ["after"]
    assert run.do("after").run.finished


def test_an_inclusive_join_waits_for_a_branch_sent_back(case):
    """Table 13.3 of BPMN would let a's opinion alone through while b, who may send a's back, is still at work."""
    main = process(
        start(),
        user("a", "b", "c", "after"),
        gateway("inclusive", "split", "c"),
        gateway("inclusive", "join"),
        gateway("exclusive", "x", "join"),
        end(),
        chain("apply", "split"),
        flow("split", "a", "1 == 1"),
        flow("split", "b", "1 == 1"),
        flow("split", "c"),
        chain("a", "join", "after", "over"),
        chain("b", "x", "join"),
        chain("c", "join"),
        flow("x", "a", 'b.outcome == "back"'),
    )
    run = case(main).start()
    assert run.waiting() == ["a", "b"]
    assert run.do("a").waiting() == ["b"]
    assert run.do("b", "back").waiting() == ["a"]
    assert run.do("a").waiting() == ["after"], "two tokens over one flow leave as one"
    assert run.do("after").run.finished


SUB = process(
    start(),
    user("after", "late"),
    sub(
        "inner",
        start("begin"),
        user("one", "two"),
        gateway("parallel", "in_split"),
        gateway("parallel", "in_join"),
        end("done"),
        chain("begin", "in_split", "one", "in_join", "done"),
        chain("in_split", "two", "in_join"),
    ),
    boundary("slow", "inner"),
    end(),
    end("given_up"),
    chain("apply", "inner", "after", "over"),
    chain("slow", "late", "given_up"),
)


def test_a_sub_process_is_a_scope_with_tasks_in_it(case):
    run = case(SUB).start(apply={"x": 1})
    assert [(w.node.id, w.kind) for w in run.run.waiting()] == [
        ("inner", Kind.SCOPE),
        ("slow", Kind.TIMER),
        ("one", Kind.USER),
        ("two", Kind.USER),
    ]
    assert run.data == {"apply": {"x": 1}}
    run.do("two", "t").do("one", "o")
    assert (run.waiting(), run.timers, run.scopes) == (["after"], [], [])
    assert run.data == {"apply": {"x": 1}, "two": {"outcome": "t"}, "one": {"outcome": "o"}}
    assert run.path == "apply begin in_split two one in_join done inner"


def test_an_interrupting_timer_ends_a_sub_process_with_all_that_is_in_it(case):
    run = case(SUB).start().do("one").fire("slow")
    assert [(w.node.id, w.kind) for w in run.run.waiting()] == [("late", Kind.USER)]
    assert "inner" not in run.passed
    assert run.do("late").run.finished


CALLED = process(
    start("asked"),
    user("answer"),
    gateway("exclusive", "enough", "asked_again"),
    user("asked_again"),
    end("answered"),
    chain("asked", "answer", "enough", "asked_again", "answer"),
    flow("enough", "answered", 'answer.outcome == "yes" and apply.x == 1'),
    id="shared_ask",
)


def test_a_called_process_sees_all_data_and_gives_its_own_back(case):
    main = process(
        start(),
        user("before", "after"),
        call("ask", "shared_ask"),
        call("ask_more", "shared_ask"),
        end(),
        chain("apply", "before", "ask", "ask_more", "after", "over"),
    )
    run = case(main, shared_ask=CALLED).start(apply={"x": 1}).do("before", "b")
    assert (run.waiting(), run.scopes) == (["answer"], ["ask"])
    run.do("answer", "no").do("asked_again").do("answer", "yes", n=1)
    assert (run.waiting(), run.scopes) == (["answer"], ["ask_more"])
    run.do("answer", "yes", n=2)
    assert run.waiting() == ["after"]
    assert run.data == {
        "apply": {"x": 1},
        "before": {"outcome": "b"},
        "answer": {"outcome": "yes", "n": 2},
        "asked_again": {},
    }
    assert run.do("after").run.finished
    assert run.passed.count("answer") == 3
    assert run.passed[-4:] == ["answered", "ask_more", "after", "over"]


def test_calls_and_sub_processes_nest(case):
    outer = process(
        start("s1"),
        sub("deep", start("s2"), call("ask", "shared_ask"), end("e2"), chain("s2", "ask", "e2")),
        boundary("stop", "deep"),
        end("e1"),
        end("stopped"),
        chain("s1", "deep", "e1"),
        chain("stop", "stopped"),
        id="shared_outer",
    )
    main = process(start(), call("go", "shared_outer"), end(), chain("apply", "go", "over"))
    run = case(main, shared_outer=outer, shared_ask=CALLED).start(apply={"x": 1})
    assert run.scopes == ["go", "deep", "ask"]
    assert run.waiting() == ["answer"]
    run.do("answer", "yes")
    assert run.run.finished
    assert run.path == "apply s1 s2 asked answer enough answered ask e2 deep e1 go over"
    assert case(main, shared_outer=outer, shared_ask=CALLED).start(apply={"x": 1}).fire("stop").run.finished


@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("kind", ["user", "call"])
def test_boundary_timers(case, interrupting, kind):
    main = process(
        start(),
        user("answer") if kind == "user" else call("ask", "shared_ask"),
        user("urge", "after"),
        boundary("slow", "answer" if kind == "user" else "ask", interrupting),
        end(),
        end("urged"),
        chain("apply", "answer" if kind == "user" else "ask", "after", "over"),
        chain("slow", "urge", "urged"),
    )
    called = {} if kind == "user" else {"shared_ask": CALLED}
    in_time = case(main, **called).start(apply={"x": 1})
    assert (in_time.waiting(), in_time.timers) == (["answer"], ["slow"])
    in_time.do("answer", "yes")
    assert (in_time.waiting(), in_time.timers) == (["after"], [])
    assert in_time.do("after").run.finished

    late = case(main, **called).start(apply={"x": 1}).fire("slow")
    assert late.timers == []
    if interrupting:
        assert (late.waiting(), late.scopes) == (["urge"], [])
        assert late.do("urge").run.finished
        return
    assert sorted(late.waiting()) == ["answer", "urge"]
    late.do("answer", "yes").do("after")
    assert not late.run.finished, "the urging is still going on"
    assert late.do("urge").run.finished
    first_urged = case(main, **called).start(apply={"x": 1}).fire("slow").do("urge")
    assert not first_urged.run.finished
    assert first_urged.do("answer", "yes").do("after").run.finished


def test_two_boundary_timers_on_one_task(case):
    main = process(
        start(),
        user("work", "urge", "take_over"),
        boundary("yellow", "work", False),
        boundary("red", "work"),
        end(),
        chain("apply", "work", "over"),
        chain("yellow", "urge", "e1"),
        chain("red", "take_over", "e2"),
        end("e1"),
        end("e2"),
    )
    run = case(main).start()
    assert run.timers == ["yellow", "red"]
    run.fire("yellow")
    assert (sorted(run.waiting()), run.timers) == (["urge", "work"], ["red"])
    run.fire("red")
    assert (sorted(run.waiting()), run.timers) == (["take_over", "urge"], [])
    assert case(main).start().fire("red").waiting() == ["take_over"]


def test_a_boundary_timer_may_lead_back_to_its_own_task(case):
    main = process(
        start(),
        user("work"),
        boundary("slow", "work"),
        end(),
        chain("apply", "work", "over"),
        flow("slow", "work"),
    )
    run = case(main).start()
    for _ in range(5):
        ref = run.ref("work", Kind.USER)
        run.fire("slow")
        assert (run.waiting(), run.timers) == (["work"], ["slow"])
        assert run.ref("work", Kind.USER) != ref
    assert run.do("work").run.finished


def test_an_intermediate_timer_waits_until_it_is_told(case):
    main = process(
        start(), timer("notice_period"), user("after"), end(), chain("apply", "notice_period", "after", "over")
    )
    run = case(main).start()
    for _ in range(3):
        assert (run.waiting(), run.timers) == ([], ["notice_period"])
        run._keep(run.run)
    assert run.fire("notice_period").waiting() == ["after"]


def test_a_terminate_end_ends_its_own_level_and_nothing_else(case):
    level = [
        start("begin"),
        gateway("parallel", "in_split"),
        user("stop", "work"),
        sub("deep", start("s2"), user("below"), end("e2"), chain("s2", "below", "e2")),
        boundary("slow", "deep"),
        terminate("stopped"),
        end("done"),
        chain("begin", "in_split", "stop", "stopped"),
        chain("in_split", "work", "done"),
        chain("in_split", "deep", "done"),
        flow("slow", "done"),
    ]
    main = process(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        sub("inner", *level),
        user("beside"),
        end(),
        chain("apply", "split", "inner", "join", "over"),
        chain("split", "beside", "join"),
    )
    run = case(main).start()
    assert sorted(run.waiting()) == ["below", "beside", "stop", "work"]
    run.do("stop")
    assert (run.waiting(), run.timers, run.scopes) == (["beside"], [], [])
    assert run.do("beside").run.finished

    alone = case(process(*level)).start()
    assert alone.do("stop").run.finished
    assert not alone.run.waiting()
    assert alone.path == "begin in_split s2 stop stopped"


# -- multi-instance --


@pytest.mark.parametrize("sequential", [False, True])
def test_multi_instance_over_a_collection(case, sequential):
    marker = instances(
        items="apply.agencies", item="agency", results="opinions", result="opine.outcome", sequential=sequential
    )
    main = process(start(), user("opine", inner=marker), user("after"), end(), chain("apply", "opine", "after", "over"))
    run = case(main).start(apply={"agencies": ["water", "roads", "fire"]})
    assert run.scopes == ["opine"]
    if sequential:
        for number, agency in enumerate(["water", "roads", "fire"]):
            (waiting,) = [w for w in run.run.waiting() if w.kind is Kind.USER]
            assert (waiting.instance, waiting.data["agency"], waiting.data["loopCounter"]) == (
                str(number),
                agency,
                number + 1,
            )
            run.do("opine", f"{agency} ok")
    else:
        seen = [(w.instance, w.data["agency"]) for w in run.run.waiting() if w.kind is Kind.USER]
        assert seen == [("0", "water"), ("1", "roads"), ("2", "fire")]
        for number, agency in ((2, "fire"), (0, "water"), (1, "roads")):
            run.do("opine", f"{agency} ok", instance=str(number))
    assert (run.waiting(), run.scopes) == (["after"], [])
    assert run.data["opinions"] == ["water ok", "roads ok", "fire ok"]
    assert run.data["opine"]["outcome"] == ("fire ok" if sequential else "roads ok"), "the last one's, like any node's"
    assert "agency" not in run.data
    assert "loopCounter" not in run.data
    assert run.passed == ["apply", "opine"], "the activity passes once, its instances do not"
    assert run.do("after").run.finished


@pytest.mark.parametrize("sequential", [False, True])
def test_multi_instance_ends_early_when_its_condition_holds(case, sequential):
    marker = instances(
        cardinality="apply.n", until="opine.outcome == 'no' or numberOfCompletedInstances * 2 > numberOfInstances",
        results="opinions", result="opine.outcome", sequential=sequential,
    )  # fmt: skip
    main = process(start(), user("opine", inner=marker), user("after"), end(), chain("apply", "opine", "after", "over"))
    veto = case(main).start(apply={"n": 4}).do("opine", "yes").do("opine", "no")
    assert veto.waiting() == ["after"]
    assert veto.data["opinions"] == ["yes", "no"]
    majority = case(main).start(apply={"n": 4}).do("opine", "yes").do("opine", "yes").do("opine", "yes")
    assert majority.waiting() == ["after"]
    none = case(main).start(apply={"n": 0})
    assert none.waiting() == ["after"]
    assert none.data["opinions"] == []


@pytest.mark.parametrize("sequential", [False, True])
def test_multi_instance_sub_processes_do_not_see_each_other_s_work(case, sequential):
    body = [
        instances(items="apply.towns", item="town", results="found", result="survey.outcome", sequential=sequential),
        start("begin"),
        user("survey", "again"),
        gateway("exclusive", "x", "again"),
        end("done"),
        chain("begin", "survey", "x", "again", "survey"),
        flow("x", "done", "survey.outcome == town"),
    ]
    main = process(start(), sub("each", *body), user("after"), end(), chain("apply", "each", "after", "over"))
    run = case(main).start(apply={"towns": ["east", "west"]})
    if sequential:
        assert [w.data["town"] for w in run.run.waiting() if w.kind is Kind.USER] == ["east"]
        run.do("survey", "west").do("again").do("survey", "east").do("survey", "west")
    else:
        assert run.scopes == ["each", "each", "each"]
        east, west = (w.ref for w in run.run.waiting() if w.node.id == "survey")
        run.run.complete(west, {"survey": {"outcome": "east"}})
        run._keep(run.run)
        by_town = {w.data["town"]: w for w in run.run.waiting() if w.kind is Kind.USER}
        assert by_town["west"].node.id == "again"
        assert "survey" not in by_town["east"].data
        run.run.complete(east, {"survey": {"outcome": "east"}})
        run._keep(run.run)
        run.do("again").do("survey", "west")
    assert run.waiting() == ["after"]
    assert run.data["found"] == ["east", "west"]


def test_interrupting_a_multi_instance_ends_everything_in_it(case):
    body = [
        instances(cardinality="3"),
        start("begin"),
        sub("deep", start("s2"), user("work"), end("e2"), chain("s2", "work", "e2")),
        end("done"),
        chain("begin", "deep", "done"),
    ]
    main = process(
        start(),
        sub("each", *body),
        boundary("slow", "each"),
        user("after"),
        end(),
        chain("apply", "each", "after", "over"),
        flow("slow", "after"),
    )
    run = case(main).start()
    assert run.waiting() == ["work"] * 3
    run.do("work", instance=None).fire("slow")
    assert [(w.node.id, w.kind) for w in run.run.waiting()] == [("after", Kind.USER)]
    assert orjson.loads(run.run.dump()[7:])["s"] == {}, "nothing is kept of the instances"
    assert run.do("after").run.finished


def test_multi_instance_in_a_loop_starts_afresh(case):
    marker = instances(cardinality="2", results="opinions", result="opine.outcome")
    main = process(
        start(),
        user("opine", inner=marker),
        gateway("exclusive", "x", "opine"),
        end(),
        chain("apply", "opine", "x", "opine"),
        flow("x", "over", 'count(opinions, "yes") == 2'),
    )
    run = case(main).start()
    for _ in range(3):
        run.do("opine", "yes", instance="1").do("opine", "no", instance="0")
        assert run.waiting() == ["opine", "opine"]
    assert run.do("opine", "yes").do("opine", "yes").run.finished


@pytest.mark.parametrize("value", [-1, 51, 1.5, True, "3", None])
def test_a_number_of_instances_that_makes_no_sense_is_a_fault(value):
    main = process(start(), user("a", inner=instances(cardinality="apply.n")), end(), chain("apply", "a", "over"))
    with pytest.raises(ProcessFault):
        parse(main, {}).start({"apply": {"n": value}})


@pytest.mark.parametrize("value", ["text", 5, {"a": 1}, list(range(51))])
def test_a_collection_that_is_no_list_is_a_fault(value):
    main = process(start(), user("a", inner=instances(items="apply.n")), end(), chain("apply", "a", "over"))
    with pytest.raises(ProcessFault):
        parse(main, {}).start({"apply": {"n": value}})


# -- what is refused while a case runs --


def test_only_what_waits_for_a_person_is_completed_and_only_timers_fire(case):
    run = case(SUB).start()
    one, slow, inner = run.ref("one", Kind.USER), run.ref("slow", Kind.TIMER), run.ref("inner", Kind.SCOPE)
    state = run.run.dump()
    for act, refs in ((lambda ref: run.run.complete(ref, {}), (slow, inner)), (run.run.fire, (one, inner))):
        for ref in (*refs, "0" * 32, "", "not hex", None, one[:-1]):
            with pytest.raises(TaskNotOpen):
                act(ref)
    assert run.run.dump() == state
    run.do("one")
    with pytest.raises(TaskNotOpen):
        run.run.complete(one, {})
    run.fire("slow")
    with pytest.raises(TaskNotOpen):
        run.run.fire(slow)


@pytest.mark.parametrize(
    "data",
    [
        {"accept": {"typename": "x"}},
        {"typename": {}},
        {"accept": {"rows": [{"deep": {"typename": 1}}]}},
        {"accept": "text"},
        {"accept": {"x": object()}},
        {"accept": {"x": b"bytes"}},
        {"accept": {1: "x"}},
        {"accept": {"x": 10**30}},
        {"accept": {"x": "\ud800"}},
        {"accept": {"x": "x" * 70_000}},
        {"accept": {"x": {1, 2}}},
    ],
)
def test_data_that_could_not_be_kept_is_refused_and_the_run_is_as_it_was(data):
    parsed = parse(APPROVAL, {})
    run = parsed.start({})
    state = run.dump()
    with pytest.raises(InvalidValue):
        run.complete(run.waiting()[0].ref, data)
    assert run.dump() == state
    with pytest.raises(InvalidValue):
        parsed.start(data)


def test_data_is_at_once_what_it_will_be_after_loading(case):
    run = case(APPROVAL).start(apply={"a": Decimal("12.50"), "b": Decimal("3"), "c": date(2026, 9, 18), "d": (1, 2)})
    assert run.data == {"apply": {"a": 12.5, "b": 3, "c": "2026-09-18", "d": [1, 2]}}
    assert type(run.data["apply"]["b"]) is int
    with pytest.raises(TypeError):
        run.run.waiting()[0].data["apply"] = {}


def test_a_condition_that_fails_is_a_fault_that_names_the_gateway():
    run = parse(APPROVAL, {}).start({})
    with pytest.raises(ProcessFault) as fault:
        run.complete(run.waiting()[0].ref, {"accept": {"outcome": "accepted"}})
    assert fault.value.place == "accepted"
    assert "apply.coal" in fault.value.message


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
@pytest.mark.parametrize("value", [1200, 0, "no", ["x"], {"a": 1}])
def test_a_condition_that_is_neither_true_nor_false_is_a_fault(kind, value):
    """A number or a text is not a yes: ``apply.coal`` for ``apply.coal > 1000`` must not let a case pass."""
    main = process(
        start(),
        user("a"),
        gateway(kind, "x", "over"),
        end(),
        chain("apply", "x", "over"),
        flow("x", "a", "apply.coal"),
        flow("a", "over"),
    )
    with pytest.raises(ProcessFault) as fault:
        parse(main, {}).start({"apply": {"coal": value}})
    assert fault.value.place == "x"
    assert "既不是真也不是假" in fault.value.message
    assert parse(main, {}).start({"apply": {"coal": None}}).finished


def test_a_loop_without_a_wait_is_a_fault_not_a_hang():
    main = process(
        start(),
        user("a"),
        gateway("exclusive", "x", "y"),
        gateway("exclusive", "y"),
        end(),
        chain("apply", "a", "x", "y", "x"),
        flow("x", "over", "a.outcome == 'never'"),
    )
    run = parse(main, {}).start({})
    with pytest.raises(ProcessFault) as fault:
        run.complete(run.waiting()[0].ref, {})
    assert fault.value.place in ("x", "y")


def test_a_process_that_has_come_to_a_standstill_is_a_fault():
    main = process(
        start(),
        user("a", "b"),
        gateway("parallel", "split"),
        gateway("exclusive", "x", "join"),
        gateway("parallel", "join"),
        end(),
        end("left"),
        chain("apply", "split", "a", "x", "join", "over"),
        chain("split", "b", "join"),
        flow("x", "left", "a.outcome == 'no'"),
    )
    run = parse(main, {}).start({})
    run.complete(run.waiting()[0].ref, {"a": {"outcome": "no"}})
    with pytest.raises(ProcessFault) as fault:
        run.complete(run.waiting()[0].ref, {"b": {}})
    assert fault.value.place == "join"


def test_a_case_may_go_back_and_forth_for_ever(case):
    """SpiffWorkflow's own walks stop at a depth of 1000 and call such a case complete."""
    main = process(
        start(),
        gateway("parallel", "split"),
        user("slow", "a", "b"),
        gateway("exclusive", "x", "a"),
        gateway("parallel", "join"),
        end(),
        chain("apply", "split", "slow", "join", "over"),
        chain("split", "a", "b", "x", "a"),
        flow("x", "join", "b.outcome == 'enough'"),
    )
    run = case(main).start()
    sizes = set()
    for number in range(600):
        run.do("a").do("b", "more", n=number % 10)
        sizes.add(len(run.run.dump()) // 16)
    assert len(sizes) <= 3, "the state does not grow"
    assert run.do("a").do("b", "enough").waiting() == ["slow"]
    assert run.do("slow").run.finished


def test_tokens_in_excess_stay_at_a_parallel_join(case):
    """Two tokens over one flow and one over the other make one passage, and the rest waits for its counterpart."""
    main = process(
        start(),
        gateway("parallel", "split"),
        user("a", "again", "b", "more"),
        gateway("parallel", "join"),
        user("after"),
        end(),
        chain("apply", "split", "a", "x"),
        gateway("exclusive", "x"),
        chain("split", "again", "x", "join"),
        chain("split", "b", "y"),
        chain("split", "more", "y", "join"),
        gateway("exclusive", "y"),
        chain("join", "after", "over"),
    )
    run = case(main).start()
    run.do("a").do("again")
    assert "after" not in run.waiting()
    run.do("b")
    assert sorted(run.waiting()) == ["after", "more"]
    run.do("more")
    assert run.waiting() == ["after", "after"]
    assert run.do("after").do("after").run.finished
