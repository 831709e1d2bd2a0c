"""The stored state: what is in it, what is refused, and that version 1 stays readable."""

import pathlib
import threading
from zlib import crc32

import orjson
import pytest
from bpmn_text import boundary, call, chain, end, flow, gateway, instances, process, start, sub, user

from engine.errors import StateFault
from engine.process import Kind
from engine.spiff import parse
from engine.spiff.codec import VERSION

DATA = pathlib.Path(__file__).parent / "data"

CALLED = process(
    start("ask_begin"), user("answer"), end("ask_end"), chain("ask_begin", "answer", "ask_end"), id="shared_ask"
)
MAIN = process(
    start(),
    gateway("parallel", "split"),
    gateway("parallel", "join"),
    user("a", "after"),
    sub("inner", start("begin"), user("work"), end("done"), chain("begin", "work", "done")),
    boundary("slow", "inner"),
    user("late"),
    call("ask", "shared_ask", instances(items="apply.towns", item="town", results="answers", result="answer.outcome")),
    gateway("exclusive", "x", "join"),
    end(),
    chain("apply", "split", "a", "join"),
    chain("split", "inner", "x", "join"),
    chain("split", "ask", "join"),
    chain("slow", "late", "x"),
    chain("join", "after", "over"),
    flow("x", "inner", 'work.outcome == "back"'),
)


def users(run):
    return [w.node.id for w in run.waiting() if w.kind is Kind.USER]


def do(definition, run, node, outcome="done"):
    ref = next(w.ref for w in run.waiting() if w.node.id == node)
    run.complete(ref, {node: {"outcome": outcome}})
    return definition.load(run.dump())


@pytest.fixture(scope="module")
def definition():
    return parse(MAIN, {"shared_ask": CALLED})


@pytest.fixture
def run(definition):
    return definition.start({"apply": {"towns": ["东", "西"]}})


def finish(definition, run):
    while not run.finished:
        run = do(definition, run, users(run)[0])
    return run


def sealed(body):
    return b"YC\x01" + crc32(body).to_bytes(4) + body


def test_references_survive_and_the_same_state_is_the_same_bytes(definition, run):
    for node in ("a", "answer"):
        again = definition.load(run.dump())
        assert again.dump() == run.dump()
        assert list(again.waiting()) == list(run.waiting())
        assert all(len(w.ref) == 32 and int(w.ref, 16) for w in run.waiting())
        run = do(definition, run, node)


def test_waiting_is_in_the_order_of_entering(definition, run):
    assert [w.node.id for w in run.waiting()] == ["a", "ask", "ask", "ask", "inner", "slow", "answer", "answer", "work"]
    run = do(definition, run, "work", "back")
    assert [w.node.id for w in run.waiting()] == ["a", "ask", "ask", "ask", "answer", "answer", "inner", "slow", "work"]


def test_the_definition_is_not_inside_and_the_finished_part_is_dropped(definition, run):
    sizes = []
    for _ in range(20):
        run = do(definition, run, "work", "back")
        sizes.append(len(run.dump()))
    assert max(sizes) - min(sizes) < 10
    assert b"bpmn" not in run.dump()
    body = orjson.loads(finish(definition, run).dump()[7:])
    assert body["x"] is True
    assert [len(rows) for _, rows in body["w"]] == [1]
    assert body["s"] == {}


def test_a_finished_case_stays_finished(definition, run):
    done = finish(definition, run)
    again = definition.load(done.dump())
    assert again.finished
    assert not again.waiting()


def test_a_case_with_several_ends_is_finished_when_all_are_reached():
    definition = parse(
        process(
            start(),
            gateway("parallel", "split"),
            user("a", "b"),
            end("e1"),
            end("e2"),
            end("e3"),
            chain("apply", "split", "a", "e1"),
            chain("split", "b", "e2"),
            chain("split", "e3"),
        ),
        {},
    )
    run = definition.start({})
    for node in ("a", "b"):
        assert not run.finished
        run = do(definition, run, node)
    assert run.finished
    assert not run.waiting()
    assert [len(rows) for _, rows in orjson.loads(run.dump()[7:])["w"]] == [1]


def test_two_loads_are_two_runs(definition, run):
    state = run.dump()
    one, two = definition.load(state), definition.load(state)
    do(definition, one, "a")
    assert two.dump() == state
    assert "a" in users(two)


def test_every_truncation_and_every_damaged_byte_is_a_state_fault(definition, run):
    state = run.dump()
    for length in range(len(state)):
        with pytest.raises(StateFault):
            definition.load(state[:length])
    for position in range(len(state)):
        with pytest.raises(StateFault):
            definition.load(state[:position] + bytes([state[position] ^ 0x20]) + state[position + 1 :])
    with pytest.raises(StateFault):
        definition.load(state + b" ")


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"YC",
        b"\x80\x04\x95pickle",
        b"{}",
        b"YC\x00" + sealed(b"{}")[3:],
        b"YC\x02" + sealed(b"{}")[3:],
        b"YC\xff" + sealed(b"{}")[3:],
        sealed(b""),
        sealed(b"null"),
        sealed(b"[]"),
        sealed(b"{}"),
        sealed(b'{"p":"p"}'),
        sealed(b"\xff\xff"),
        sealed(b"[" * 100_000),
        sealed(b'{"p":"p","n":1,"x":false,"d":{},"s":{},"w":[]}'),
        sealed(b'{"p":"p","n":1,"x":false,"d":{},"s":{},"w":[[null,[]]]}'),
        sealed(b'{"p":"p","n":1,"x":false,"d":[1],"s":{},"w":[[null,[["00",-1,"Start",64,{}]]]]}'),
    ],
)
def test_what_was_not_stored_by_this_codec_is_a_state_fault(definition, state):
    with pytest.raises(StateFault) as fault:
        definition.load(state)
    assert any("一" <= letter <= "鿿" for letter in fault.value.message)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(p="other"),
        lambda body: body["w"][0][1][1].__setitem__(2, "no_such_node"),
        lambda body: body["w"][0][1][1].__setitem__(1, 99),
        lambda body: body["w"][0][1][1].__setitem__(1, -1),
        lambda body: body["w"][0][1][1].__setitem__(1, 1),
        lambda body: body["w"][0][1][1].__setitem__(3, 3),
        lambda body: body["w"][0][1][1].__setitem__(0, "xyz"),
        lambda body: body["w"][0][1][1].__setitem__(4, None),
        lambda body: body["w"][0][1][1].pop(),
        lambda body: body["w"][1].__setitem__(0, "0" * 32),
        lambda body: body["w"][1].__setitem__(0, body["w"][0][1][1][0]),
        lambda body: body["w"].reverse(),
        lambda body: body["w"][0][1].clear(),
        lambda body: body.update(s=[]),
    ],
)
def test_a_state_of_another_definition_is_a_state_fault(definition, run, change):
    body = orjson.loads(run.dump()[7:])
    change(body)
    with pytest.raises(StateFault):
        definition.load(sealed(orjson.dumps(body)))


def test_version_1_stays_readable():
    """Stored on the day the format was made; never to be written anew."""
    definition = parse(
        (DATA / "state_v1.bpmn").read_bytes(), {"shared_ask": (DATA / "state_v1_called.bpmn").read_bytes()}
    )
    run = definition.load((DATA / "state_v1.bin").read_bytes())
    assert not run.finished
    assert [(w.kind, w.node.id, w.instance) for w in run.waiting()] == [
        (Kind.SCOPE, "ask", None),
        (Kind.SCOPE, "ask", "1"),
        (Kind.USER, "answer", None),
        (Kind.SCOPE, "inner", None),
        (Kind.TIMER, "slow", None),
        (Kind.USER, "work", None),
    ]
    assert run.waiting()[0].data == {
        "apply": {"towns": ["东", "西"]},
        "a": {"outcome": "同意"},
        "work": {"outcome": "back"},
        "answer": {"outcome": "可以"},
    }
    assert run.waiting()[2].data["town"] == "西"
    run = do(definition, run, "work")
    run = do(definition, run, "answer", "不可以")
    assert users(run) == ["after"]
    assert run.waiting()[0].data["answers"] == ["可以", "不可以"]
    assert do(definition, run, "after").finished


def test_version_1_keeps_what_listens():
    """Stored in the middle of messages, a timer and an error boundary; never to be written anew."""
    definition = parse((DATA / "state_v1_events.bpmn").read_bytes(), {})
    state = (DATA / "state_v1_events.bin").read_bytes()
    run = definition.load(state)
    assert [(w.kind, w.node.id) for w in run.waiting()] == [
        (Kind.SCOPE, "whole"),
        (Kind.USER, "work"),
        (Kind.MESSAGE, "fee"),
        (Kind.TIMER, "late"),
        (Kind.MESSAGE, "recalled"),
        (Kind.USER, "note"),
    ]
    run.deliver(run.waiting()[2].ref, {"fee": {"amount": 80}})
    assert users(run) == ["work", "note"]
    run = do(definition, definition.load(state), "work", "bad")
    assert sorted(users(run)) == ["mend", "note"]
    assert do(definition, do(definition, run, "mend"), "note").finished


def test_every_version_ever_written_has_a_stored_example():
    written = {path.stem.split("_")[1] for path in DATA.glob("state_v*.bin")}
    assert written == {f"v{number}" for number in range(1, VERSION + 1)}


def test_a_definition_is_shared_by_threads(definition):
    """Eight threads on one definition, states handed on at every step; nothing in the definition changes."""
    before = fingerprint(definition)
    failures = []

    def work():
        try:
            for _ in range(15):
                run = definition.load(definition.start({"apply": {"towns": ["东", "西"]}}).dump())
                for node in ("work", "answer", "a", "answer"):
                    run = do(definition, run, node, node)
                assert run.waiting()[0].data["answers"] == ["answer", "answer"]
                assert do(definition, run, "after").finished
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert fingerprint(definition) == before


def fingerprint(definition):
    """Everything that a spec holds, handlers of its events included."""
    return [
        (name, spec.name, {key: event_or_text(value) for key, value in vars(spec).items()})
        for name, owner in (("", definition.spec), *definition.subs.items())
        for spec in owner.task_specs.values()
    ]


def event_or_text(value):
    return str(vars(value)) if type(value).__name__ == "Event" else repr(value)
