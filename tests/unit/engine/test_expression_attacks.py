"""The attack corpus (``data/expression_attacks.json`` and what follows from it by repetition): each is refused, in
Chinese, with the element named, and costs next to nothing."""

import json
import pathlib
import subprocess
import sys
import tracemalloc

import pytest
from bpmn_text import chain, end, flow, gateway, process, start, user

from engine.errors import InvalidDefinition, InvalidExpression, ProcessFault
from engine.expressions import MAX_SOURCE, evaluate
from engine.spiff import parse

CORPUS = json.loads((pathlib.Path(__file__).parent / "data" / "expression_attacks.json").read_text("utf-8"))
#: short to say and long to read
REPEATED = {
    "parentheses": "(" * 300 + ")" * 300,
    "brackets": "[" * 300 + "]" * 300,
    "nested lists": "[" * 80 + "1" + "]" * 80 + " == 1",
    "minus signs": "-" * 900 + "1",
    "nots": "not " * 240 + "1",
    "a long sum": "1+" * 400 + "1",
    "a long walk": "x." * 400 + "x",
    "a long comparison": "1" + "<1" * 300,
    "a long choice": " or ".join(["apply.urgent == False"] * 45),
    "calls within calls": "len(" * 150 + ")" * 150,
    "many arguments": f"max({', '.join('1' * 150)})",
    "digits": "9" * 400,
    "more digits": "9" * 900 + " > 1",
    "a long text": f"'{'x' * 990}' + 1",
    "too long": "x" * (MAX_SOURCE + 1),
    "far too long": "1 == 1 or " * 200_000,
    "quadratic": "count(huge.list, " * 20 + "1" + ")" * 20,
    "lists of a list": f"[{', '.join(['sum(huge.list)'] * 40)}]",
}
ATTACKS = {**{attack: attack for group in CORPUS.values() for attack in group}, **REPEATED}

DATA = {
    "accept": {"outcome": "accepted", "days": 3},
    "apply": {"coal": 1200.5, "kinds": ["power", "heat"], "urgent": True, "begun": "2026-09-18"},
    "huge": {"list": list(range(6_000)), "text": "x" * 10_001},
}
#: what could not come from a form, but is refused all the same
BEYOND = {**DATA, "huge": {**DATA["huge"], "number": 10**400, "float": float("inf")}}
#: bytes that one refusal may take; a tree of 1,000 characters needs some hundred thousand
MEMORY = 4 * 1024 * 1024


def test_there_are_enough_of_them():
    assert len(ATTACKS) >= 150
    assert len(CORPUS) >= 8


@pytest.mark.parametrize("name", ATTACKS)
def test_each_is_refused_in_chinese_within_bounds(name):
    tracemalloc.start()
    try:
        with pytest.raises(InvalidExpression) as refused:
            evaluate(ATTACKS[name], BEYOND)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    message = refused.value.message
    assert any("一" <= letter <= "鿿" for letter in message)
    assert len(message) < 300


@pytest.mark.parametrize("name", ATTACKS)
def test_in_a_diagram_each_names_its_element(name):
    """At publishing the flow and its line, at run time the gateway."""
    main = process(
        start(), user("a"), gateway("exclusive", "x", "over"), end(), chain("apply", "x", "over"),
        flow("x", "a", ATTACKS[name]), flow("a", "over"),
    )  # fmt: skip
    with pytest.raises((InvalidDefinition, ProcessFault)) as refused:
        parse(main, {}).start(DATA)
    error = refused.value
    if isinstance(error, ProcessFault):
        assert error.place == "x"
        assert error.message.startswith("“x”的条件不能判断：")
    else:
        # a character that XML cannot hold never gets as far as the flow
        assert "\0" in ATTACKS[name] or any("f_x_a" in problem for problem in error.problems), error.problems
        assert error.place.startswith("process.bpmn:")


@pytest.mark.parametrize("name", ["gi_frame", "func_globals", "mro", "format", "keys"])
def test_a_field_is_only_ever_data(name):
    """What is an attribute of some Python object is here the name of a field that nobody filled in."""
    assert evaluate(f"apply.{name}.f_builtins", DATA) is None


IN_A_CAGE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from tests.unit.engine.test_expression_attacks import ATTACKS, BEYOND
from engine.errors import InvalidExpression
from engine.expressions import evaluate
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 64 * 2**20,) * 2)
for attack in ATTACKS.values():
    for _ in range(3):
        try:
            evaluate(attack, BEYOND)
        except InvalidExpression:
            continue
        sys.exit(attack)
"""

#: everything that the engine does with a case, with an alarm on Python's own audit events
WITH_AN_ALARM = """
import sys
from tests.walks.walking import Walker
Walker(1).walk(0)
watched = {"exec", "pickle.find_class", "marshal.loads", "os.system", "subprocess.Popen", "open", "socket.connect"}
def alarm(event, arguments):
    if event in watched:
        raise SystemError(f"{event}: {arguments}")
sys.addaudithook(alarm)
for seed in range(30):
    walker = Walker(seed)
    for number in range(3):
        walker.walk(number)
for evaluator in (eval, exec):
    try:
        evaluator("1")
    except SystemError:
        continue
    sys.exit("the alarm does not work")
"""


@pytest.mark.parametrize("program", [IN_A_CAGE, WITH_AN_ALARM], ids=["time and memory", "evaluators"])
def test_in_a_process_of_its_own(program):
    """All attacks three times over within 20 s of CPU and 64 MB; and no evaluator of Python's ever called by walks.

    The limits are the operating system's, the alarm is the interpreter's: neither can be talked round.
    """
    root = pathlib.Path(__file__).parents[3]
    environment = {"PYTHONPATH": f"{root}:{pathlib.Path(__file__).parent}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
