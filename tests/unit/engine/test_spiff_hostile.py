"""Diagrams that cannot be run are refused with the place; nothing of Python's own evaluators can be reached."""

import builtins
import pathlib
import pickle

import pytest
import SpiffWorkflow.bpmn.script_engine.python_engine
import SpiffWorkflow.bpmn.script_engine.python_environment
from bpmn_text import (
    boundary,
    call,
    chain,
    element,
    end,
    extended,
    flow,
    flow_id,
    gateway,
    instances,
    process,
    start,
    sub,
    timer,
    user,
)

import engine
from engine.errors import InvalidDefinition, ProcessFault
from engine.process import Kind
from engine.spiff import parse


def with_task(inner, *more):
    """apply → a → over, with ``inner`` in the task."""
    return process(start(), element("userTask", "a", inner), end(), chain("apply", "a", "over"), *more)


def in_the_middle(element_):
    """apply → x → over."""
    return process(start(), element_, end(), chain("apply", "x", "over"))


def split(kind, *flows, default=None):
    return process(
        start(), user("a", "b"), gateway(kind, "x", default), end(), flow("apply", "x"), *flows,
        chain("a", "over"), chain("b", "over"),
    )  # fmt: skip


MANY = [f"t{number}" for number in range(200)]
TIMER = "<bpmn:timerEventDefinition/>"

HOSTILE = {
    # not a diagram
    "empty file": (b"", "process.bpmn:1"),
    "not xml": (b"hello", "process.bpmn:1"),
    "doctype": (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a/>", "process.bpmn:1"),
    "other root": (b"<html/>", "process.bpmn:1"),
    "no process": (process().replace(b"bpmn:process", b"bpmn:collaboration"), "process.bpmn:1"),
    "two processes": (
        process(start()).replace(b"</bpmn:definitions>", b'<bpmn:process id="q"/></bpmn:definitions>'),
        "process.bpmn:1",
    ),
    "not executable": (
        process(start(), end(), chain("apply", "over"), attributes='isExecutable="false"'), "process.bpmn:2 p",
    ),
    "empty process": (process(), "process.bpmn:2 p"),
    # elements that SpiffWorkflow runs wrongly, silently or not at all
    **{
        kind: (in_the_middle(element(kind, "x")), "process.bpmn:4 x")
        for kind in (
            "task", "manualTask", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask",
            "transaction", "adHocSubProcess", "complexGateway", "eventBasedGateway", "choreographyTask",
        )
    },
    "script task with a script": (
        in_the_middle(element("scriptTask", "x", "<bpmn:script>__import__('os').system('id')</bpmn:script>")),
        "process.bpmn:4 x",
    ),
    "foreign element": (in_the_middle('<x:task xmlns:x="urn:x" id="x"/>'), "process.bpmn:4 x"),
    "data object": (with_task("", '<bpmn:dataObject id="d"/>'), "process.bpmn:8 d"),
    "data association": (with_task("<bpmn:dataInputAssociation id='d'/>"), "process.bpmn:4 d"),
    "io specification": (with_task("<bpmn:ioSpecification/>"), "process.bpmn:4 a"),
    "standard loop": (with_task("<bpmn:standardLoopCharacteristics/>"), "process.bpmn:4 a"),
    "script in a user task": (with_task("<bpmn:script>1</bpmn:script>"), "process.bpmn:4 a"),
    **{
        f"{event} on {kind}": (in_the_middle(element(kind, "x", f"<bpmn:{event}EventDefinition/>")), "process.bpmn:4 x")
        for event in ("message", "signal", "error", "escalation", "compensate", "conditional", "link", "cancel")
        for kind in ("intermediateThrowEvent", "intermediateCatchEvent")
    },
    "signal end": (
        process(start(), end("over", "<bpmn:signalEventDefinition/>"), chain("apply", "over")), "process.bpmn:4 over",
    ),
    "message start": (
        process(element("startEvent", "apply", "<bpmn:messageEventDefinition/>"), end(), chain("apply", "over")),
        "process.bpmn:3 apply",
    ),
    "timer start": (
        process(element("startEvent", "apply", TIMER), end(), chain("apply", "over")), "process.bpmn:3 apply",
    ),
    "event sub-process": (
        process(
            start(), end(), chain("apply", "over"),
            element("subProcess", "x", start("s") + end("e") + chain("s", "e"), triggeredByEvent="true"),
        ),
        "process.bpmn:6 x",
    ),
    "compensation": (in_the_middle(element("userTask", "x", isForCompensation="true")), "process.bpmn:4 x"),
    "start quantity": (in_the_middle(element("userTask", "x", startQuantity="2")), "process.bpmn:4 x"),
    # timers
    "stock timer": (
        in_the_middle(
            element("intermediateCatchEvent", "x", extended('<yc:limit value="1"/>')
                    + TIMER.replace("/>", "><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>"))
        ),
        "process.bpmn:4 x",
    ),
    "timer without a limit": (in_the_middle(element("intermediateCatchEvent", "x", TIMER)), "process.bpmn:4 x"),
    "catch without a definition": (
        in_the_middle(element("intermediateCatchEvent", "x", extended('<yc:limit value="1"/>'))), "process.bpmn:4 x",
    ),
    "two timers in one": (
        in_the_middle(element("intermediateCatchEvent", "x", extended('<yc:limit value="1"/>') + TIMER * 2)),
        "process.bpmn:4 x",
    ),
    "boundary on a gateway": (
        process(
            start(), gateway("parallel", "g"), boundary("x", "g"), end(), chain("apply", "g", "over"), flow("x", "over")
        ),
        "process.bpmn:5 x",
    ),
    "boundary on nothing": (
        process(start(), user("a"), boundary("x", "b"), end(), chain("apply", "a", "over"), flow("x", "over")),
        "process.bpmn:5 x",
    ),
    "boundary with a flow in": (
        process(
            start(), user("a", "b"), boundary("x", "a"), end(), chain("apply", "a", "over"), chain("x", "b", "x")
        ),
        "process.bpmn:6 x",
    ),
    # ids
    "no id": (in_the_middle('<bpmn:userTask name="x"/>'), "process.bpmn:4"),
    "twice the same id": (with_task("", user("a")), "process.bpmn:8 a"),
    "id of a flow and a node": (
        process(start(), user("f_apply_a"), end(), chain("apply", "f_apply_a", "over"),
                flow("apply", "a").replace("targetRef=\"a\"", "targetRef=\"f_apply_a\"")),
        "process.bpmn:8 f_apply_a",
    ),
    **{
        f"id {bad}": (
            process(start(), user(bad), end(), chain("apply", bad, "over")), f"process.bpmn:4 {bad}",
        )
        for bad in ("Start", "End", "typename", "len", "pass", "_x", "a-b", "a.b", "受理", "x" * 65, "__class__")
    },
    "flow without an id": (
        process(start(), end(), '<bpmn:sequenceFlow sourceRef="apply" targetRef="over"/>'), "process.bpmn:5 p",
    ),
    # flows
    "two starts": (
        process(start(), start("again"), end(), chain("apply", "over"), flow("again", "over")), "process.bpmn:2 p",
    ),
    "no end": (process(start(), user("a"), chain("apply", "a"), flow("a", "a")), "process.bpmn:2 p"),
    "flow to nowhere": (with_task("", flow("a", "nowhere")), "process.bpmn:8 f_a_nowhere"),
    "flow into a sub-process": (
        process(
            start(), user("a"), sub("s", start("b"), user("c"), end("e"), chain("b", "c", "e")), end(),
            flow("apply", "a"), flow("a", "c"), flow("s", "over"),
        ),
        "process.bpmn:12 f_a_c",
    ),
    "orphan": (with_task("", user("lost"), flow("lost", "over")), "process.bpmn:8 lost"),
    "dead end": (process(start(), user("a"), end(), gateway("exclusive", "x", "over"),
                         chain("apply", "x", "over"), flow("x", "a", "1 == 1")), "process.bpmn:4 a"),
    "implicit split": (with_task("", user("b"), flow("a", "b"), flow("b", "over")), "process.bpmn:4 a"),
    "flow after the end": (with_task("", flow("over", "a")), "process.bpmn:5 over"),
    "flow into the start": (with_task("", flow("a", "apply")), "process.bpmn:3 apply"),
    "condition behind a task": (
        process(start(), user("a"), end(), flow("apply", "a"), flow("a", "over", "a.outcome == 1")),
        "process.bpmn:7 f_a_over",
    ),
    "exclusive without a default": (
        split("exclusive", flow("x", "a", "1 == 1"), flow("x", "b", "1 == 2")), "process.bpmn:6 x",
    ),
    "inclusive without a default": (
        split("inclusive", flow("x", "a", "1 == 1"), flow("x", "b", "1 == 2")), "process.bpmn:6 x",
    ),
    "default of another gateway": (
        split("exclusive", flow("x", "a", "1 == 1"), flow("x", "b", "1 == 2"), default="over"), "process.bpmn:6 x",
    ),
    "condition on the default": (
        split("exclusive", flow("x", "a", "1 == 1"), flow("x", "b", "1 == 2"), default="a"),
        "process.bpmn:9 f_x_a",
    ),
    "no condition": (
        split("exclusive", flow("x", "a"), flow("x", "b"), default="a"), "process.bpmn:10 f_x_b",
    ),
    "condition behind a parallel gateway": (
        split("parallel", flow("x", "a", "1 == 1"), flow("x", "b")), "process.bpmn:9 f_x_a",
    ),
    "two flows between two nodes": (
        split("exclusive", flow("x", "a"), flow("x", "a", "1 == 1").replace("f_x_a", "g"), flow("x", "b", "1 == 1"),
              default="a"),
        "process.bpmn:10 g",
    ),
    "parallel join waiting for itself": (
        process(
            start(), gateway("parallel", "g"), user("a"), gateway("exclusive", "x", "over"), end(),
            chain("apply", "g", "a", "x", "over"), flow("x", "g", "1 == 1"),
        ),
        "process.bpmn:12 f_x_g",
    ),
    # expressions
    **{
        f"condition {number}": (
            split("exclusive", flow("x", "a", condition), flow("x", "b"), default="b"), "process.bpmn:9 f_x_a",
        )
        for number, condition in enumerate(
            ["", "open('x')", "__import__('os')", "a.__class__", "1 ==", "${a == 'x'}", "[x for x in a]", "x" * 2000]
        )
    },
    "condition with a comment in it": (
        split("exclusive", flow("x", "a", "1 == 1").replace("1 == 1", "1 == 1<!-- --> and 1 == 2"), flow("x", "b"),
              default="b"),
        "process.bpmn:9 f_x_a",
    ),
    # multi-instance
    "instances without a number": (with_task(instances()), "process.bpmn:4 a"),
    "instances with number and list": (with_task(instances(cardinality="2", items="apply.x")), "process.bpmn:4 a"),
    "instances with code": (with_task(instances(cardinality="open('x')")), "process.bpmn:4 a"),
    "instances with half an output": (with_task(instances(cardinality="2", results="r")), "process.bpmn:4 a"),
    "instances with an item and no list": (with_task(instances(cardinality="2", item="x")), "process.bpmn:4 a"),
    "instances with an item of several": (with_task(instances(items="apply.x", item="a.b")), "process.bpmn:4 in_a.b"),
    "instances of a gateway": (
        in_the_middle(element("parallelGateway", "x", instances(cardinality="2"))), "process.bpmn:4 x",
    ),
    "instances with behaviour": (
        with_task(instances(cardinality="2").replace("isSeq", 'behavior="One" isSeq')), "process.bpmn:4 a",
    ),
    # calls and extensions
    "call of nothing": (in_the_middle(element("callActivity", "x")), "process.bpmn:4 x"),
    "call of the unknown": (in_the_middle(call("x", "shared_unknown")), "process.bpmn:4 x"),
    "call of itself": (in_the_middle(call("x", "p")), "process.bpmn:4 x"),
    "unknown extension": (with_task(extended("<yc:nothing/>")), "process.bpmn:4 a"),
    "countersign": (with_task(extended('<yc:countersign pass="all"/>')), "process.bpmn:4 a"),
    "too many nodes": (
        process(start(), user(*MANY), end(), chain("apply", *MANY, "over")), "process.bpmn:2 p",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_diagram_that_cannot_be_run_is_refused_with_its_place(name):
    content, place = HOSTILE[name]
    with pytest.raises(InvalidDefinition) as refused:
        parse(content, {})
    error = refused.value
    found = [f"{error.place} ", *error.problems]
    assert any(problem.startswith((f"{place} ", f"{place}:")) for problem in found), found
    assert any("一" <= letter <= "鿿" for letter in error.message)


@pytest.mark.parametrize("attributes", ["", 'isExecutable="true"', 'isExecutable="1"'])
def test_a_process_is_executable_unless_it_says_otherwise(attributes):
    assert parse(process(start(), end(), chain("apply", "over"), attributes=attributes), {}).start({}).finished


def test_all_problems_are_found_at_once():
    main = process(
        start(),
        element("scriptTask", "x"),
        user("a"),
        end(),
        chain("apply", "a"),
        flow("a", "over", "open(1)"),
        timer("lost"),
    )
    with pytest.raises(InvalidDefinition) as refused:
        parse(main, {})
    assert [problem.split()[:2] for problem in refused.value.problems] == [
        ["process.bpmn:4", "x"],
        ["process.bpmn:8", "f_a_over"],
        ["process.bpmn:8", "f_a_over"],
        ["process.bpmn:9", "lost"],
        ["process.bpmn:9", "lost"],
    ]


def ask(id_, *calls):
    names = [f"{id_}_{number}" for number, _ in enumerate(calls)]
    return process(
        start(f"{id_}_s"),
        *(call(name, target) for name, target in zip(names, calls, strict=True)),
        end(f"{id_}_e"),
        chain(f"{id_}_s", *names, f"{id_}_e"),
        id=id_,
    )


@pytest.mark.parametrize(
    ("called", "place"),
    [
        ({"shared_a": ask("shared_a", "shared_a")}, "shared_a/process.bpmn:4 shared_a_0"),
        ({"shared_a": ask("shared_a", "p")}, "shared_a/process.bpmn:4 shared_a_0"),
        (
            {"shared_a": ask("shared_a", "shared_b"), "shared_b": ask("shared_b", "shared_a")},
            "shared_b/process.bpmn:4 shared_b_0",
        ),
        ({"shared_a": ask("shared_a", "shared_c")}, "shared_a/process.bpmn:4 shared_a_0"),
        ({"shared_a": ask("shared_b")}, "shared_a/process.bpmn:2 shared_b"),
        ({"shared_a": b"<a>"}, "shared_a/process.bpmn:1"),
        (
            {"shared_a": process(start(), end("e"), chain("apply", "e"), id="shared_a")},
            "shared_a/process.bpmn:3 apply",
        ),
    ],
    ids=["itself", "the main one", "each other", "unknown", "another id", "not xml", "id used twice"],
)
def test_called_processes_are_checked_too(called, place):
    with pytest.raises(InvalidDefinition) as refused:
        parse(in_the_middle(call("x", "shared_a")), called)
    assert place in str(refused.value.place) or any(place in problem for problem in refused.value.problems)


def test_a_ladder_of_calls_is_read_once_each():
    """Two calls on each of thirty steps would be a thousand million paths."""
    called = {f"c{n}": ask(f"c{n}", f"c{n + 1}", f"c{n + 1}") for n in range(30)} | {"c30": ask("c30")}
    assert len(parse(in_the_middle(call("x", "c0")), called).nodes) == 3 + 30 * 4 + 2


def test_nested_parallel_splits_do_not_grow_the_tree():
    """A stock tree predicts every path: three ways on twenty steps would be 3 to the 20th tasks."""
    steps = 20
    main = process(
        start(),
        end(),
        flow("apply", "s0"),
        *(
            gateway("parallel", f"s{n}")
            + user(f"a{n}", f"b{n}", f"c{n}")
            + gateway("parallel", f"j{n}")
            + "".join(flow(f"s{n}", f"{x}{n}") + flow(f"{x}{n}", f"j{n}") for x in "abc")
            + (flow(f"j{n}", f"s{n + 1}") if n < steps - 1 else flow(f"j{n}", "over"))
            for n in range(steps)
        ),
    )
    definition = parse(main, {})
    run = definition.start({})
    while not run.finished:
        run.complete(run.waiting()[0].ref, {})
        run = definition.load(run.dump())
        assert len(run.dump()) < 1_000


def test_moving_shapes_changes_nothing():
    main = process(
        start(), user("a", "b"), gateway("exclusive", "x", "over"), end(), chain("apply", "x", "over"),
        flow("x", "a", "1 == 1"), flow("x", "b", "1 == 1"), flow("a", "over"), flow("b", "over"),
        '<bpmn:laneSet id="ls"><bpmn:lane id="l"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>',
        '<bpmn:textAnnotation id="n"><bpmn:text>说明</bpmn:text></bpmn:textAnnotation>',
    )  # fmt: skip
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{node}_di" bpmnElement="{node}"><dc:Bounds x="0" y="{y}"/></bpmndi:BPMNShape>'
        for node, y in (("a", "900"), ("b", "nonsense"))
    )
    drawn = main.replace(
        b"</bpmn:definitions>",
        (
            '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
            f' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><bpmndi:BPMNPlane bpmnElement="p">{shapes}'
            "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
        ).encode(),
    )
    assert [w.node.id for w in parse(drawn, {}).start({}).waiting()] == ["a"]


# -- Python's own evaluators --

EVERY_EXPRESSION = process(
    start(),
    user("a", inner=instances(items="apply.towns", item="town", results="r", result="a.outcome",
                              until="a.outcome == 'x'")),
    user("b", inner=instances(cardinality="len(apply.towns)", sequential=True)),
    gateway("exclusive", "x", "b"),
    gateway("inclusive", "i", "over"),
    timer("t"),
    end(),
    chain("apply", "a", "x", "b", "t", "i", "over"),
    flow("x", "t", "count(r, 'ok') == 2"),
    flow("i", "a", "b.outcome == 'again'"),
)  # fmt: skip


def test_no_evaluator_of_python_s_is_ever_called(monkeypatch):
    """With eval, exec, pickle and the stock script engine booby-trapped, every kind of expression still runs."""

    def trap(*args, **kwargs):
        raise AssertionError("an evaluator was called")

    real_compile = builtins.compile

    def only_a_tree(*args, **kwargs):
        flags = args[3] if len(args) > 3 else kwargs.get("flags", 0)
        assert flags & 0x400, "compile() beyond a syntax tree"
        return real_compile(*args, **kwargs)

    environment = SpiffWorkflow.bpmn.script_engine.python_environment
    monkeypatch.setattr(environment, "eval", trap, raising=False)
    monkeypatch.setattr(environment, "exec", trap, raising=False)
    monkeypatch.setattr(environment.TaskDataEnvironment, "evaluate", trap)
    monkeypatch.setattr(environment.TaskDataEnvironment, "execute", trap)
    monkeypatch.setattr(SpiffWorkflow.bpmn.script_engine.python_engine.PythonScriptEngine, "__init__", trap)
    monkeypatch.setattr(SpiffWorkflow.bpmn.script_engine.python_engine.PythonScriptEngine, "evaluate", trap)
    for name in ("loads", "load", "dumps", "dump"):
        monkeypatch.setattr(pickle, name, trap)
    monkeypatch.setattr(builtins, "eval", trap)
    monkeypatch.setattr(builtins, "exec", trap)
    monkeypatch.setattr(builtins, "compile", only_a_tree)
    definition = parse(EVERY_EXPRESSION, {})
    for outcome in ("ok", "not ok"):
        run = definition.start({"apply": {"towns": ["e", "w"]}})
        for _ in range(20):
            if run.finished:
                break
            waiting = next(w for w in run.waiting() if w.kind is not Kind.SCOPE)
            if waiting.kind is Kind.TIMER:
                run.fire(waiting.ref)
            else:
                run.complete(waiting.ref, {waiting.node.id: {"outcome": outcome}})
            run = definition.load(run.dump())
        assert run.finished
    monkeypatch.undo()


def test_no_source_of_the_engine_names_an_evaluator():
    for path in pathlib.Path(engine.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "PythonScriptEngine", "import marshal", "literal_eval(", " exec(", "importlib"):
            assert word not in text, (path.name, word)


def test_data_is_never_an_expression():
    """What a citizen typed may look like code; it is compared, never read."""
    main = process(
        start(), user("a"), gateway("exclusive", "x", "a"), end(), chain("apply", "x", "a", "over"),
        flow("x", "over", "apply.text == '__import__'"),
    )  # fmt: skip
    run = parse(main, {}).start(
        {"apply": {"text": "__import__('os').system('touch /tmp/x')", "f_x_a": flow_id("x", "a")}}
    )
    assert [w.node.id for w in run.waiting()] == ["a"]


@pytest.mark.parametrize("kind", ["exclusive", "inclusive"])
def test_a_condition_that_is_neither_true_nor_false_stops_the_case(kind):
    diagram = split(kind, flow("x", "a", "apply.word"), flow("x", "b"), default="b")
    run = parse(diagram, {}).start
    assert [w.node.id for w in run({"apply": {"word": True}}).waiting()] == ["a"]
    assert [w.node.id for w in run({}).waiting()] == ["b"]
    for neither in ("no", 0, 120):
        with pytest.raises(ProcessFault, match="既不是真也不是假"):
            run({"apply": {"word": neither}})


def test_instances_inside_instances_are_counted_together():
    inner = instances("50") + start("i1") + user("deep") + end("i2") + chain("i1", "deep", "i2")
    outer = instances("apply.n") + start("o1") + sub("inner", inner) + end("o2") + chain("o1", "inner", "o2")
    begin = parse(in_the_middle(sub("x", outer)), {}).start
    assert sum(w.kind is Kind.USER for w in begin({"apply": {"n": 2}}).waiting()) == 100
    with pytest.raises(ProcessFault, match="超过 500 个"):
        begin({"apply": {"n": 20}})
