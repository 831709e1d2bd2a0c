"""docs/expressions.md says what the language does: every example and every error message in it is tried."""

import pathlib
import re

import pytest
from bpmn_text import chain, element, end, flow, process, start, user

from engine.errors import InvalidExpression, ProcessFault
from engine.expressions import FUNCTIONS, parse
from engine.spiff import parse as parse_process

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "expressions.md").read_text("utf-8")


def table(title):
    """Rows of the first table below a heading, as lists of cells; codes without their backquotes."""
    rows = PAGE[PAGE.index(title) :].partition("|---")[2].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def codes(cell):
    return re.findall(r"`([^`]+)`", cell)


EXAMPLES = [code for _, cell in table("## 怎么写") for code in codes(cell) if code not in ("//", "%")]
AT_PUBLISHING = [(codes(cell), said) for cell, said in table("发布时") if "不是流程里的环节" not in said]
AT_WORK = [
    ("apply.coal > 1000", {}),
    ("apply.coal > 1000", {"coal": "很多"}),
    ("apply.a / apply.b > 1", {"a": 1, "b": 0}),
    ("apply.coal", {"coal": 1200}),
]


def test_the_page_is_read():
    assert len(EXAMPLES) > 20
    assert len(AT_PUBLISHING) > 5
    assert all(name in PAGE for name in FUNCTIONS)


@pytest.mark.parametrize("source", EXAMPLES)
def test_every_example_is_in_the_language(source):
    assert parse(source).names


@pytest.mark.parametrize(("source", "said"), AT_PUBLISHING)
def test_every_refusal_is_worded_as_the_page_says(source, said):
    with pytest.raises(InvalidExpression) as refused:
        parse(source[0] if source else "")
    assert refused.value.message == said


@pytest.mark.parametrize(("number", "source", "filled"), [(n, *row) for n, row in enumerate(AT_WORK)])
def test_every_failure_is_worded_as_the_page_says(number, source, filled):
    shown, _, said = table("办理时")[number]
    assert codes(shown) == [source]
    main = process(
        start(),
        user("a"),
        element("exclusiveGateway", "x", default="f_x_over").replace('name="x"', 'name="受理结果"'),
        end(),
        chain("apply", "x", "over"),
        flow("x", "a", source),
        flow("a", "over"),
    )
    with pytest.raises(ProcessFault) as fault:
        parse_process(main, {}).start({"apply": filled})
    assert fault.value.message == said
    assert fault.value.place == "x"
