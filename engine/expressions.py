"""The expression language of diagrams: a small, safe part of Python's expression syntax.

``accept.outcome == "accepted" and apply.coal > 1000``

A source is parsed once into Python's syntax tree, every node of the tree is checked against a whitelist, and the
checked tree is walked by :mod:`engine.evaluation`; nothing is ever handed to the Python compiler.  The language has:

* numbers, texts, ``True``, ``False``, ``None``, lists ``["a", "b"]``; ``and or not``; ``+ - * / // %`` on numbers;
* ``== != < <= > >=``, ``in``, ``not in``, ``is None``, ``is not None``; values of different kinds are never compared in
  silence: that raises, save that ``None`` may be tested for equality with anything;
* ``<node id>.<field>``: routing data; a node that has not completed and a field that was not filled in are ``None``;
* ``len(x)`` ``min(…)`` ``max(…)`` ``sum(list)`` ``any(list)`` ``all(list)`` ``count(list, value)``
  ``date("2026-10-01")``.

A missing list (``None``) is an empty one for ``in``, ``len``, ``any``, ``all`` and ``count``.  There are no
comprehensions: ``count(xs, "pass") == len(xs)`` and ``"fail" in xs`` say what "all" and "any" would, ``sum`` counts the
true ones of a list of comparisons, and any other loop belongs in a form.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.errors import InvalidExpression
from engine.evaluation import ARITHMETIC, UNARY, Walk, number_in_range, short, unparse

MAX_SOURCE = 1_000
MAX_NODES = 200

FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "len": (1, 1),
    "min": (1, 20),
    "max": (1, 20),
    "sum": (1, 1),
    "any": (1, 1),
    "all": (1, 1),
    "count": (2, 2),
    "date": (1, 1),
}

#: words that cannot be the id of a node or the key of a routed field, because no expression could read it
RESERVED = frozenset(FUNCTIONS) | frozenset(keyword.kwlist)

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    source: str
    body: ast.expr
    names: frozenset[tuple[str, str]]


def names(source: str) -> frozenset[tuple[str, str]]:
    """The ``(node id, field)`` pairs that ``source`` reads; a name read without a field gives ``(name, "")``.

    Raises :class:`InvalidExpression` like :func:`parse`.
    """
    return parse(source).names


def evaluate(source: str, data: Mapping[str, Any]) -> Any:
    """The value of ``source`` over ``data`` (``{node id: {field: value}}``).

    Raises :class:`InvalidExpression` when the source is not in the language, when values do not fit the operator, or
    when a cap is reached; the message quotes the part that failed.
    """
    expression = parse(source)
    return Walk(expression.source, data).value(expression.body)


def holds(source: str, data: Mapping[str, Any]) -> bool:
    """Whether the condition ``source`` is true; a missing value is not.

    Raises :class:`InvalidExpression` like :func:`evaluate`, and when the value is neither true nor false.
    """
    value = evaluate(source, data)
    if value is not None and not isinstance(value, bool):
        raise InvalidExpression(f"条件“{source}”的值既不是真也不是假。")
    return bool(value)


@lru_cache(maxsize=4096)
def parse(source: str) -> Expression:
    """Check ``source`` and keep its tree; raises :class:`InvalidExpression` saying what the language does not have."""
    text = source.strip()
    if not text:
        raise InvalidExpression("表达式是空的。")
    if len(text) > MAX_SOURCE:
        raise InvalidExpression(f"表达式超过 {MAX_SOURCE} 个字符。")
    # a comment would swallow what follows it on the next line, an escape could hide what a text says
    if any(letter in text for letter in "\\#\0"):
        raise InvalidExpression("表达式里不能有反斜杠和 #。")
    try:
        # builds the tree and nothing more; line breaks inside a diagram's condition are layout
        body = ast.parse(re.sub(r"[\r\n\t]", " ", text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InvalidExpression(f"表达式“{short(text)}”的写法不对。") from error
    return Expression(source, body, frozenset(_check(body)))


# -- checking --


def _check(body: ast.expr) -> set[tuple[str, str]]:
    """Check every node, without recursing, so that a deep tree cannot exhaust the stack; return the names it reads."""
    read: set[tuple[str, str]] = set()
    todo: list[ast.expr] = [body]
    left = MAX_NODES
    while todo:
        left -= 1
        if left < 0:
            raise InvalidExpression(f"表达式太复杂，超过 {MAX_NODES} 个成分。")
        node = todo.pop()
        checker = _CHECKS.get(type(node))
        if checker is None:
            raise InvalidExpression(f"表达式里不能用“{short(unparse(node))}”这种写法。")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            read.add((_checked_name(node.value.id), _checked_name(node.attr)))
            continue
        if isinstance(node, ast.Name):
            read.add((_checked_name(node.id), ""))
        todo.extend(checker(node))
    return read


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise InvalidExpression(f"表达式里不能用名称“{short(name)}”。")
    return name


def _check_constant(node: Any) -> Iterable[ast.expr]:
    value = node.value
    if not (value is None or isinstance(value, bool | str | int | float)):
        raise InvalidExpression("表达式里的常量只能是数字、文字、True、False 和 None。")
    if isinstance(value, int | float) and not isinstance(value, bool):
        number_in_range(value)
    return ()


def _check_attribute(node: Any) -> Iterable[ast.expr]:
    _checked_name(node.attr)
    if not isinstance(node.value, ast.Attribute):
        raise InvalidExpression(f"只能读取数据的字段，不能写“{short(unparse(node))}”。")
    return (node.value,)


def _check_unary(node: Any) -> Iterable[ast.expr]:
    if type(node.op) not in UNARY:
        raise InvalidExpression("表达式里不能用这个运算符。")
    return (node.operand,)


def _check_binary(node: Any) -> Iterable[ast.expr]:
    if type(node.op) not in ARITHMETIC:
        raise InvalidExpression("表达式里的运算只能是 + - * / // %。")
    return (node.left, node.right)


def _check_compare(node: Any) -> Iterable[ast.expr]:
    for operator_node, right in zip(node.ops, node.comparators, strict=True):
        if isinstance(operator_node, ast.Is | ast.IsNot) and not (
            isinstance(right, ast.Constant) and right.value is None
        ):
            raise InvalidExpression("is 后面只能是 None。")
    return (node.left, *node.comparators)


def _check_call(node: Any) -> Iterable[ast.expr]:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
        raise InvalidExpression(f"没有这个函数：“{short(unparse(node.func))}”，只有 {'、'.join(FUNCTIONS)}。")
    least, most = FUNCTIONS[node.func.id]
    if not least <= len(node.args) <= most:
        raise InvalidExpression(f"函数 {node.func.id} 的参数个数不对。")
    return list(node.args)


_CHECKS: Mapping[type[ast.AST], Callable[[Any], Iterable[ast.expr]]] = {
    ast.Constant: _check_constant,
    ast.Name: lambda node: (),
    ast.Attribute: _check_attribute,
    ast.BoolOp: lambda node: node.values,
    ast.UnaryOp: _check_unary,
    ast.BinOp: _check_binary,
    ast.Compare: _check_compare,
    ast.List: lambda node: node.elts,
    ast.Tuple: lambda node: node.elts,
    ast.Call: _check_call,
}
