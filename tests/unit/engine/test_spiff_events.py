"""Messages, signals, errors, escalations and the event-based gateway, each by the section of BPMN 2.0.2 it carries out.

Every test runs in memory and once more with the run stored and loaded after every step.
"""

import pytest
from bpmn_text import (
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
    timer,
    user,
)

from engine.errors import InvalidDefinition, ProcessFault, TaskNotOpen
from engine.process import Kind
from engine.spiff import parse

EVERYTHING = declared(
    "message paid", "message recalled", "signal halt", "signal ready", "error failed", "error other",
    "escalation urgent", "escalation other",
)  # fmt: skip


def drawn(*parts, **more):
    return process(*parts, declared=EVERYTHING, **more)


# -- messages --


def test_an_intermediate_message_waits_until_it_is_delivered(case):
    """10.5.3, 13.5.2: a token stays at the event until the message comes, then goes on; its content is data."""
    main = drawn(
        start(),
        catch("fee", "message paid"),
        gateway("exclusive", "x", "short"),
        user("full", "short"),
        end(),
        chain("apply", "fee", "x", "short", "over"),
        flow("x", "full", "fee.amount >= 80"),
        flow("full", "over"),
    )
    run = case(main).start()
    assert (run.waiting(), run.messages, run.run.finished) == ([], ["fee"], False)
    assert run.run.waiting()[0].node.message == "paid"
    assert run.deliver("fee", amount=80).waiting() == ["full"]
    assert run.data["fee"] == {"amount": 80}
    assert run.path == "apply fee x"
    assert case(main).start().deliver("fee", amount=79).waiting() == ["short"]


def test_a_message_is_taken_by_one_event_only(case):
    """8.4.11: a message is for one receiver, unlike a signal; who else waits for the same name goes on waiting."""
    main = drawn(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        catch("one", "message paid"),
        catch("two", "message paid"),
        end(),
        chain("apply", "split", "one", "join", "over"),
        chain("split", "two", "join"),
    )
    run = case(main).start()
    assert run.messages == ["one", "two"]
    ref = run.ref("two", Kind.MESSAGE)
    assert run.deliver("two").messages == ["one"]
    with pytest.raises(TaskNotOpen):
        run.run.deliver(ref, {})
    assert run.deliver("one").run.finished


@pytest.mark.parametrize("on", ["work", "inner"])
def test_an_interrupting_boundary_message_ends_its_activity(case, on):
    """10.5.3, 13.5.3: cancelActivity true – the activity and all in it end, the token leaves by the event."""
    main = drawn(
        start(),
        user("work") if on == "work" else sub("inner", start("b"), user("work"), end("e"), chain("b", "work", "e")),
        boundary("recalled", on, what="message recalled"),
        user("after", "closing"),
        end(),
        chain("apply", on, "after", "over"),
        chain("recalled", "closing", "over"),
    )
    run = case(main).start()
    assert (run.waiting(), run.messages) == (["work"], ["recalled"])
    run.deliver("recalled", why="withdrawn")
    assert (run.waiting(), run.messages, run.scopes) == (["closing"], [], [])
    assert on not in run.passed
    assert run.data == {"recalled": {"why": "withdrawn"}}
    assert run.do("closing").run.finished
    in_time = case(main).start().do("work")
    assert (in_time.waiting(), in_time.messages) == (["after"], [])


def test_a_boundary_message_that_does_not_interrupt_can_come_again(case):
    """13.5.3: the handler runs beside the activity, and the event listens as long as the activity is active."""
    main = drawn(
        start(),
        user("work", "note"),
        boundary("more", "work", interrupting=False, what="message paid"),
        end(),
        end("noted"),
        chain("apply", "work", "over"),
        chain("more", "note", "noted"),
    )
    run = case(main).start()
    for number in range(1, 4):
        run.deliver("more", n=number)
        assert sorted(run.waiting()) == ["note"] * number + ["work"]
        assert run.messages == ["more"]
    run.do("work")
    assert (run.waiting(), run.messages) == (["note"] * 3, [])
    assert run.do("note").do("note").do("note").run.finished


def test_a_message_changes_nothing_unless_it_is_waited_for(case):
    main = drawn(start(), user("work"), boundary("late", "work"), end(), chain("apply", "work", "over"),
                 flow("late", "over"))  # fmt: skip
    run = case(main).start()
    state = run.run.dump()
    for ref in (run.ref("work", Kind.USER), run.ref("late", Kind.TIMER), "0" * 32, "", None):
        with pytest.raises(TaskNotOpen):
            run.run.deliver(ref, {})
    assert run.run.dump() == state


# -- signals --


def test_a_signal_is_heard_by_everybody_who_waits_in_the_case(case):
    """10.5.5 "Signal": broadcast across levels; here to every branch, sub-process and called process of the case."""
    called = drawn(start("cs"), catch("c_hear", "signal ready"), end("ce"), chain("cs", "c_hear", "ce"), id="shared_c")
    main = drawn(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        user("prepare"),
        throw("tell", "signal ready"),
        catch("hear", "signal ready"),
        catch("other", "signal halt"),
        sub("inner", start("b"), catch("in_hear", "signal ready"), end("e"), chain("b", "in_hear", "e")),
        call("ask", "shared_c"),
        user("stop"),
        end("halted", about("signal halt")),
        gateway("parallel", "fork"),
        end(),
        chain("apply", "split", "prepare", "tell", "join", "over"),
        chain("split", "hear", "join"),
        chain("split", "inner", "join"),
        chain("split", "ask", "join"),
        chain("split", "other", "join"),
        chain("split", "fork", "stop", "halted"),
    )
    run = case(main, shared_c=called).start()
    assert sorted(run.signals) == ["c_hear", "hear", "in_hear", "other"]
    run.do("prepare")
    assert (run.signals, run.waiting(), run.scopes) == (["other"], ["stop"], [])
    assert not run.run.finished
    assert run.do("stop").run.finished, "a signal end event signals, too (10.5.2)"


@pytest.mark.parametrize("first", ["hear", "tell"])
def test_a_branch_that_starts_to_listen_in_the_same_act_hears(case, first):
    """Tokens of one act move at the same time: the order of drawing must not decide who hears."""
    second = "tell" if first == "hear" else "hear"
    main = drawn(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        throw("tell", "signal ready"),
        catch("hear", "signal ready"),
        user("after"),
        end(),
        chain("apply", "split", first, "join", "after", "over"),
        chain("split", second, "join"),
    )
    assert case(main).start().waiting() == ["after"]


@pytest.mark.parametrize("interrupting", [True, False])
def test_boundary_signals(case, interrupting):
    """10.5.3: a signal of another branch ends the activity, or starts something beside it as often as it comes."""
    main = drawn(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        gateway("exclusive", "x", "told"),
        gateway("exclusive", "again"),
        gateway("exclusive", "worked"),
        user("watch", "work", "look"),
        throw("told", "signal halt"),
        boundary("halted", "work", interrupting, what="signal halt"),
        end(),
        "" if interrupting else end("seen"),
        chain("apply", "split", "again", "watch", "x", "told", "again"),
        flow("x", "join", 'watch.outcome == "quiet"'),
        chain("split", "work", "worked", "join", "over"),
        chain("halted", "look", "worked" if interrupting else "seen"),
    )
    run = case(main).start().do("watch", "alarm")
    assert sorted(run.waiting()) == (["look", "watch"] if interrupting else ["look", "watch", "work"])
    run.do("watch", "alarm")
    assert sorted(run.waiting()) == (["look", "watch"] if interrupting else ["look", "look", "watch", "work"])
    assert run.signals == ([] if interrupting else ["halted"])
    if not interrupting:
        run.do("look").do("work")
    run.do("look").do("watch", "quiet")
    assert run.run.finished


def test_one_signal_can_end_an_activity_and_what_listens_within(case):
    """The outer interruption comes first; what waited within is gone before it could hear."""
    main = drawn(
        start(),
        gateway("parallel", "split"),
        gateway("parallel", "join"),
        user("press", "after_inner", "closing"),
        throw("tell", "signal halt"),
        sub("inner", start("b"), catch("deep", "signal halt"), user("never"), end("e"),
            chain("b", "deep", "never", "e")),
        boundary("halted", "inner", what="signal halt"),
        gateway("exclusive", "done"),
        end(),
        chain("apply", "split", "press", "tell", "join", "over"),
        chain("split", "inner", "after_inner", "done", "join"),
        chain("halted", "closing", "done"),
    )  # fmt: skip
    run = case(main).start().do("press")
    assert (run.waiting(), run.signals, run.scopes) == (["closing"], [], [])
    assert "deep" not in run.passed
    assert run.do("closing").run.finished


# -- errors and escalations --


def failing(level, what, *, interrupting=True, thrown="error failed", caught="error failed", marker=""):
    """A piece of work that can go wrong, as sub-process, called process or a sub-process within a sub-process."""
    inside = [
        start("b"),
        gateway("parallel", "fork"),
        user("work", "beside"),
        gateway("exclusive", "x", "fine"),
        end("fine"),
        end("beside_end"),
        chain("b", "fork", "work", "x", "fine"),
        chain("fork", "beside", "beside_end"),
        flow("x", "bad", 'work.outcome == "bad"'),
        end("bad", about(thrown))
        if what == "end"
        else throw("bad", thrown) + user("rest") + chain("bad", "rest", "e2"),
        end("e2") if what != "end" else "",
    ]
    called = {}
    if level == "sub":
        body = sub("outer", marker, *inside)
    elif level == "call":
        body = call("outer", "shared_work", marker)
        called = {"shared_work": drawn(*inside, id="shared_work")}
    else:
        deep = sub("deep", *inside)
        body = sub("outer", marker, start("b0"), deep, end("e0"), chain("b0", "deep", "e0"))
    main = drawn(
        start(),
        body,
        boundary("wrong", "outer", interrupting, what=caught),
        user("after", "mend"),
        end(),
        end("mended"),
        chain("apply", "outer", "after", "over"),
        chain("wrong", "mend", "mended"),
    )
    return main, called


@pytest.mark.parametrize("caught", ["error failed", "error"])
@pytest.mark.parametrize("level", ["sub", "call", "deep"])
def test_an_error_ends_the_innermost_activity_that_catches_it(case, level, caught):
    """10.5.6, 13.5.3: an error end event ends its level and is caught by the nearest matching boundary event.

    The activity is ended with everything in it; errorRef left out catches every error.
    """
    main, called = failing(level, "end", caught=caught)
    run = case(main, **called).start()
    assert sorted(run.waiting()) == ["beside", "work"]
    run.do("work", "bad")
    assert (run.waiting(), run.scopes, run.timers) == (["mend"], [], [])
    assert run.passed[-2:] == ["bad", "wrong"]
    assert "outer" not in run.passed
    assert run.do("mend").run.finished
    fine = case(main, **called).start().do("work", "good").do("beside")
    assert fine.waiting() == ["after"]
    assert "wrong" not in fine.passed


def test_an_error_ends_all_instances(case):
    """13.3.7: the boundary event belongs to the multi-instance as a whole."""
    main, called = failing("sub", "end", marker=instances(cardinality="3"))
    run = case(main, **called).start()
    assert len(run.waiting()) == 6
    run.do("work", "good").do("work", "bad")
    assert (run.waiting(), run.scopes) == (["mend"], [])
    assert run.do("mend").run.finished


def test_an_error_goes_past_boundaries_for_other_errors(case):
    """10.5.6: only a boundary event with the same code catches, one that names no code if none does by name."""
    main = drawn(
        start(),
        sub(
            "outer",
            start("b1"),
            sub(
                "inner",
                start("b2"),
                user("work"),
                gateway("exclusive", "x", "failed"),
                end("failed", about("error failed")),
                end("odd", about("error other")),
                chain("b2", "work", "x", "failed"),
                flow("x", "odd", 'work.outcome == "odd"'),
            ),
            boundary("not_mine", "inner", what="error other"),
            user("odd_work"),
            end("e1"),
            chain("b1", "inner", "e1"),
            chain("not_mine", "odd_work", "e1"),
        ),
        boundary("other", "outer", what="error"),
        boundary("mine", "outer", what="error failed"),
        user("mend", "mend_other"),
        end(),
        chain("apply", "outer", "over"),
        chain("mine", "mend", "over"),
        chain("other", "mend_other", "over"),
    )
    run = case(main).start().do("work")
    assert (run.waiting(), run.scopes) == (["mend"], [])
    assert run.do("mend").run.finished
    odd = case(main).start().do("work", "odd")
    assert (odd.waiting(), odd.scopes) == (["odd_work"], ["outer"])
    assert odd.do("odd_work").run.finished


@pytest.mark.parametrize("what", ["throw", "end"])
@pytest.mark.parametrize("interrupting", [True, False])
@pytest.mark.parametrize("level", ["sub", "call", "deep"])
def test_an_escalation_tells_the_level_above(case, level, interrupting, what):
    """10.5.6, 13.5.3: caught like an error, but the activity goes on unless the boundary event interrupts it."""
    thrown = "escalation urgent"
    main, called = failing(level, what, interrupting=interrupting, thrown=thrown, caught=thrown)
    run = case(main, **called).start().do("work", "bad")
    assert run.passed[-2:] == ["bad", "wrong"]
    if interrupting:
        assert (run.waiting(), run.scopes) == (["mend"], [])
        assert run.do("mend").run.finished
        return
    assert sorted(run.waiting()) == ["beside", "mend", *(["rest"] if what == "throw" else [])]
    if what == "throw":
        run.do("rest")
    run.do("beside")
    assert sorted(run.waiting()) == ["after", "mend"]
    assert not run.do("after").run.finished
    assert run.do("mend").run.finished


def test_an_escalation_that_nobody_catches_changes_nothing(case):
    """10.5.6: an escalation is not critical; a called process may tell more than one of its callers asks to hear."""
    called = drawn(start("cs"), throw("tell", "escalation other"), user("work"), end("ce", about("escalation urgent")),
                   chain("cs", "tell", "work", "ce"), id="shared_c")  # fmt: skip
    main = drawn(start(), call("ask", "shared_c"), user("after"), end(), chain("apply", "ask", "after", "over"))
    run = case(main, shared_c=called).start()
    assert run.waiting() == ["work"]
    assert run.do("work").waiting() == ["after"]


def test_an_escalation_may_come_again_while_the_activity_runs(case):
    """13.5.3: as often as it is thrown."""
    main = drawn(
        start(),
        sub(
            "inner",
            start("b"),
            gateway("exclusive", "again"),
            user("work"),
            gateway("exclusive", "x", "tell"),
            throw("tell", "escalation urgent"),
            end("e"),
            chain("b", "again", "work", "x", "tell", "again"),
            flow("x", "e", 'work.outcome == "done"'),
        ),
        boundary("told", "inner", interrupting=False, what="escalation urgent"),
        user("look"),
        end(),
        end("seen"),
        chain("apply", "inner", "over"),
        chain("told", "look", "seen"),
    )
    run = case(main).start().do("work").do("work")
    assert sorted(run.waiting()) == ["look", "look", "work"]
    run.do("work", "done")
    assert run.waiting() == ["look", "look"]
    assert run.do("look").do("look").run.finished


def test_an_escalation_at_the_very_end_is_still_heard(case):
    """The activity ends in the same act; what its boundary event has heard goes on all the same."""
    main = drawn(
        start(),
        sub("inner", start("b"), user("work"), end("e", about("escalation urgent")), chain("b", "work", "e")),
        boundary("told", "inner", interrupting=False, what="escalation urgent"),
        user("look"),
        end(),
        end("seen"),
        chain("apply", "inner", "over"),
        chain("told", "look", "seen"),
    )
    run = case(main).start().do("work")
    assert (run.waiting(), run.scopes) == (["look"], [])
    assert run.passed.count("inner") == 1
    assert run.do("look").run.finished


def test_terminate_ends_its_level_without_an_error(case):
    """13.5.6 and 10.5.2: a terminate end event ends all of its own level; no boundary event is told."""
    main = drawn(
        start(),
        sub(
            "inner",
            start("b"),
            gateway("parallel", "fork"),
            user("work", "beside"),
            gateway("exclusive", "x", "enough"),
            terminate("enough"),
            end("bad", about("error failed")),
            end("e"),
            chain("b", "fork", "work", "x", "enough"),
            chain("fork", "beside", "e"),
            flow("x", "bad", 'work.outcome == "bad"'),
        ),
        boundary("wrong", "inner", what="error"),
        user("after", "mend"),
        end(),
        chain("apply", "inner", "after", "over"),
        chain("wrong", "mend", "over"),
    )
    assert case(main).start().do("work").waiting() == ["after"]
    assert case(main).start().do("work", "bad").waiting() == ["mend"]


# -- the event-based gateway --

CHOICE = drawn(
    start(),
    gateway("exclusive", "again"),
    gateway("eventBased", "first"),
    catch("fee", "message paid"),
    catch("withdrawn", "message recalled"),
    catch("halted", "signal halt"),
    timer("too_late"),
    gateway("parallel", "split"),
    gateway("parallel", "join"),
    user("guard", "after", "lapse", "close"),
    throw("halt", "signal halt"),
    gateway("exclusive", "on"),
    gateway("exclusive", "x", "on"),
    end(),
    chain("apply", "split", "again", "first", "fee", "after", "x", "on", "join", "over"),
    flow("x", "again", 'after.outcome == "again"'),
    chain("first", "withdrawn", "close", "on"),
    chain("first", "halted", "on"),
    chain("first", "too_late", "lapse", "on"),
    chain("split", "guard", "halt", "join"),
)


@pytest.mark.parametrize(
    ("event", "then"), [("fee", "after"), ("withdrawn", "close"), ("too_late", "lapse"), ("halt", None)]
)
def test_the_first_event_behind_the_gateway_decides(case, event, then):
    """10.6.6, 13.4.4: exactly one way is taken, by the first event to come; the others no longer wait."""
    run = case(CHOICE).start()
    assert (run.messages, run.timers, run.signals) == (["fee", "withdrawn"], ["too_late"], ["halted"])
    others = [w.ref for w in run.run.waiting() if w.kind in (Kind.MESSAGE, Kind.TIMER) and w.node.id != event]
    if event == "halt":
        run.do("guard")
    elif event == "too_late":
        run.fire("too_late")
    else:
        run.deliver(event)
    assert (run.messages, run.timers, run.signals) == ([], [], [])
    assert sorted(run.waiting()) == sorted([*([then] if then else []), *(["guard"] if event != "halt" else [])])
    for ref in others:
        for act in (lambda one: run.run.deliver(one, {}), run.run.fire):
            with pytest.raises(TaskNotOpen):
                act(ref)
    if then:
        run.do(then)
    if event != "halt":
        run.do("guard")
    assert run.run.finished


def test_the_gateway_starts_afresh_in_a_loop(case):
    """13.4.4: each token that arrives waits for events of its own."""
    run = case(CHOICE).start()
    for _ in range(3):
        old = run.ref("fee", Kind.MESSAGE)
        run.deliver("fee").do("after", "again")
        assert (run.messages, run.timers) == (["fee", "withdrawn"], ["too_late"])
        assert run.ref("fee", Kind.MESSAGE) != old


def test_two_tokens_at_the_gateway_do_not_disturb_each_other(case):
    marker = instances(items="apply.towns", item="town")
    main = drawn(
        start(),
        sub(
            "each",
            marker,
            start("b"),
            gateway("eventBased", "first"),
            catch("fee", "message paid"),
            timer("late"),
            user("chase"),
            end("e"),
            chain("b", "first", "fee", "e"),
            chain("first", "late", "chase", "e"),
        ),
        end(),
        chain("apply", "each", "over"),
    )
    run = case(main).start(apply={"towns": ["east", "west"]})
    assert [w.data["town"] for w in run.run.waiting() if w.kind is Kind.MESSAGE] == ["east", "west"]
    run.fire("late")
    assert [w.data["town"] for w in run.run.waiting() if w.kind is Kind.MESSAGE] == ["west"]
    assert run.timers == ["late"]
    assert not run.deliver("fee").run.finished
    assert run.do("chase").run.finished


# -- what is refused, and why --


def with_event(tag, what, **attributes):
    """apply → x → over, where x is a throwing or catching event."""
    make = {"catch": catch, "throw": throw}[tag]
    return drawn(start(), make("x", what), end(), chain("apply", "x", "over"), **attributes)


def with_boundary(on, what, interrupting=True):
    inside = sub("a", start("b"), user("w"), end("e"), chain("b", "w", "e"))
    return drawn(start(), inside if on == "sub" else user("a"), boundary("x", "a", interrupting, what), user("y"),
                 end(), chain("apply", "a", "over"), chain("x", "y", "over"))  # fmt: skip


def choice(*targets, more=""):
    return drawn(start(), gateway("eventBased", "g"), *targets, more, end(), user("u"), flow("apply", "g"),
                 chain("u", "over"))  # fmt: skip


REFUSED = {
    "a message that nobody declares": (with_event("catch", "message unknown"), "x", "messageRef"),
    "a message without a name": (
        with_event("catch", "message paid").replace(b'id="message_paid" name="paid"', b'id="message_paid"'),
        "x",
        "messageRef",
    ),
    "an event that names nothing": (with_event("catch", "signal"), "x", "signalRef"),
    "an error end that names nothing": (
        drawn(start(), end("over", about("error")), chain("apply", "over")), "over", "errorRef",
    ),
    "a sent message": (with_event("throw", "message paid"), "x", "消息事件"),
    "a thrown error": (with_event("throw", "error failed"), "x", "错误事件"),
    "an error caught in the middle": (with_event("catch", "error failed"), "x", "错误事件"),
    "a signal of nobody": (with_event("catch", "signal ready"), "x", "永远等不到"),
    "an error that nobody catches": (
        drawn(start(), user("a"), end("over", about("error failed")), chain("apply", "a", "over")), "over", "没有接住",
    ),
    "an error that nobody throws": (with_boundary("sub", "error failed"), "x", "永远走不到"),
    "an escalation that nobody throws": (with_boundary("sub", "escalation urgent"), "x", "永远走不到"),
    "an error on a person's task": (with_boundary("user", "error failed"), "x", "只能附在子流程和调用活动上"),
    "an error that does not interrupt": (with_boundary("sub", "error failed", False), "x", "总是中断"),
    "two boundary events for one message": (
        drawn(start(), user("a"), boundary("x", "a", what="message paid"), boundary("y", "a", what="message paid"),
              end(), chain("apply", "a", "over"), flow("x", "over"), flow("y", "over")),
        "y", "同一件事",
    ),
    "a choice of one": (
        choice(catch("c", "message paid"), chain("g", "c", "over")), "g", "两个以上",
    ),
    "a choice of a task": (
        choice(catch("c", "message paid"), chain("g", "c", "over"), flow("g", "u")), "u", "中间捕获事件",
    ),
    "a choice entered from elsewhere": (
        drawn(start(), gateway("exclusive", "x", "g"), gateway("eventBased", "g"), catch("c", "message paid"),
              timer("t"), end(), chain("apply", "x", "g", "c", "over"), chain("g", "t", "over"),
              flow("x", "c", "1 == 1")),
        "c", "别的入口",
    ),
    "a choice between twins": (
        choice(catch("c", "message paid"), catch("d", "message paid"), chain("g", "c", "over"),
               chain("g", "d", "over")),
        "d", "同一件事",
    ),
    "a choice with a condition": (
        choice(catch("c", "message paid"), timer("t"), flow("g", "c", "1 == 1"), flow("g", "t"),
               chain("c", "over"), chain("t", "over")),
        "f_g_c", "不能有条件",
    ),
    "a parallel event gateway": (
        choice(catch("c", "message paid"), timer("t"), chain("g", "c", "over"), chain("g", "t", "over")).replace(
            b'<bpmn:eventBasedGateway', b'<bpmn:eventBasedGateway eventGatewayType="Parallel"'),
        "g", "eventGatewayType",
    ),
    "a gateway that starts a case": (
        choice(catch("c", "message paid"), timer("t"), chain("g", "c", "over"), chain("g", "t", "over")).replace(
            b'<bpmn:eventBasedGateway', b'<bpmn:eventBasedGateway instantiate="true"'),
        "g", "由申请开始",
    ),
    "an event sub-process": (
        drawn(start(), end(), chain("apply", "over"),
              sub("x", start("s"), end("e"), chain("s", "e")).replace(
                  "<bpmn:subProcess", '<bpmn:subProcess triggeredByEvent="true"')),
        "x", "边界事件",
    ),
    "two definitions": (
        drawn(start(), catch("x", "message paid").replace("</bpmn:inter", about("signal halt") + "</bpmn:inter"), end(),
              chain("apply", "x", "over")),
        "x", "有且只有一个",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_not_be_carried_out_is_refused_with_the_reason(name):
    content, element_id, words = REFUSED[name]
    with pytest.raises(InvalidDefinition) as refused:
        parse(content, {})
    assert any(f" {element_id} " in problem and words in problem for problem in refused.value.problems), (
        refused.value.problems
    )


def test_an_error_must_be_caught_on_every_way_that_calls_it():
    called = drawn(start("cs"), user("w"), end("ce", about("error failed")), chain("cs", "w", "ce"), id="shared_c")
    caught = [call("one", "shared_c"), boundary("x", "one", what="error failed"), chain("x", "over")]
    main = drawn(start(), *caught, call("two", "shared_c"), end(), chain("apply", "one", "two", "over"))
    with pytest.raises(InvalidDefinition) as refused:
        parse(main, {"shared_c": called})
    assert refused.value.place == "shared_c/process.bpmn:5 ce"
    more = [boundary("y", "two", what="error"), chain("y", "over")]
    main = drawn(start(), *caught, call("two", "shared_c"), *more, end(), chain("apply", "one", "two", "over"))
    assert parse(main, {"shared_c": called})


def test_a_wait_for_a_signal_alone_is_a_standstill(case):
    """Nobody is left who could send it: the case says so instead of waiting for ever."""
    main = drawn(
        start(),
        user("a"),
        gateway("exclusive", "x", "hear"),
        throw("tell", "signal ready"),
        catch("hear", "signal ready"),
        end(),
        chain("apply", "a", "x", "hear", "over"),
        flow("x", "tell", 'a.outcome == "tell"'),
        flow("tell", "over"),
    )
    assert case(main).start().do("a", "tell").run.finished
    run = case(main).start()
    with pytest.raises(ProcessFault) as fault:
        run.do("a", "wait")
    assert fault.value.place == "hear"
