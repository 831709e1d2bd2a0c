"""Walking a checked expression over routing data; the language itself is in :mod:`engine.expressions`.

The walk trusts that the tree was checked: every node has its rule in one table, and a node without one is an error.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engine.errors import InvalidExpression

#: steps of one evaluation: a node visited or a list element looked at
MAX_OPERATIONS = 5_000
MAX_TEXT = 10_000
#: beyond this a float no longer holds every whole number
MAX_NUMBER = 10**15

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

UNARY: Mapping[type[ast.AST], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
ARITHMETIC: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_ORDER: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ORDERED = frozenset({"数字", "文字", "日期"})
_SCALARS = _ORDERED | {"真假值"}


def _kind(value: Any) -> str:
    """The kind of a value, in the words of an error message."""
    if value is None:
        return "空值"
    if isinstance(value, bool):
        return "真假值"
    if isinstance(value, int | float):
        return "数字"
    if isinstance(value, str):
        return "文字"
    if isinstance(value, list | tuple):
        return "列表"
    if isinstance(value, date):
        return "日期"
    return "一组数据"


def number_in_range(value: Any) -> Any:
    """``value``, a number; InvalidExpression when it is not finite or beyond :data:`MAX_NUMBER`."""
    # the comparison first: isfinite() cannot take a whole number beyond a float
    if abs(value) > MAX_NUMBER or not math.isfinite(value):
        raise InvalidExpression("表达式中的数字太大。")
    return value


def unparse(node: ast.AST) -> str:
    """The source of a node, for messages."""
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError, AttributeError):
        return type(node).__name__


def short(text: str) -> str:
    """``text``, cut for a message."""
    return text if len(text) <= 60 else f"{text[:60]}…"


class Walk:
    """One evaluation of one checked tree."""

    def __init__(self, source: str, data: Mapping[str, Any]) -> None:
        self._source = source
        self._data = data
        self._left = MAX_OPERATIONS

    def value(self, node: ast.expr) -> Any:
        self.spend(1)
        return _VALUES[type(node)](self, node)

    def spend(self, operations: int) -> None:
        self._left -= operations
        if self._left < 0:
            raise InvalidExpression(f"表达式“{short(self._source)}”的运算太多。")

    def name(self, node: Any) -> Any:
        return self._data.get(node.id)

    def attribute(self, node: Any) -> Any:
        base = self.value(node.value)
        if base is None:
            return None
        if not isinstance(base, Mapping):
            raise InvalidExpression(f"“{unparse(node.value)}”没有字段，不能写“{unparse(node)}”。")
        return base.get(node.attr)

    def boolean(self, node: Any) -> Any:
        stops_at = isinstance(node.op, ast.Or)
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is stops_at:
                return value
        return value

    def unary(self, node: Any) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        self._numbers(node, (node.operand, value))
        return UNARY[type(node.op)](value)

    def binary(self, node: Any) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        self._numbers(node, (node.left, left), (node.right, right))
        if right == 0 and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
            raise InvalidExpression(f"“{short(unparse(node))}”除以零。")
        return number_in_range(ARITHMETIC[type(node.op)](left, right))

    def compare(self, node: Any) -> bool:
        left_node, left = node.left, self.value(node.left)
        for operation, right_node in zip(node.ops, node.comparators, strict=True):
            right = self.value(right_node)
            if not self._compared(type(operation), (left_node, left), (right_node, right)):
                return False
            left_node, left = right_node, right
        return True

    def sequence(self, node: Any) -> list[Any]:
        return [self.value(element) for element in node.elts]

    def call(self, node: Any) -> Any:
        arguments = [self.value(argument) for argument in node.args]
        return _CALLS[node.func.id](self, node, *arguments)

    # comparisons

    def _compared(self, operation: type[ast.cmpop], left: tuple[ast.expr, Any], right: tuple[ast.expr, Any]) -> bool:
        if operation is ast.Is or operation is ast.IsNot:
            return (left[1] is None) is (operation is ast.Is)
        if operation is ast.In or operation is ast.NotIn:
            return self._contained(left[1], *right) is (operation is ast.In)
        if operation is ast.Eq or operation is ast.NotEq:
            if left[1] is None or right[1] is None:
                return (left[1] is right[1]) is (operation is ast.Eq)
            self._same_kind(left, right, _SCALARS)
            return bool(left[1] == right[1]) is (operation is ast.Eq)
        self._same_kind(left, right, _ORDERED)
        return bool(_ORDER[operation](left[1], right[1]))

    def _contained(self, value: Any, node: ast.expr, container: Any) -> bool:
        if isinstance(container, str):
            if not isinstance(value, str):
                raise InvalidExpression(f"“{short(unparse(node))}”是文字，只能在其中找文字。")
            self._text(container)
            return value in container
        return self._occurrences(node, container, value) > 0

    def _occurrences(self, node: ast.expr, container: Any, value: Any) -> int:
        kind = _kind(value)
        return sum(1 for element in self._list(node, container) if _kind(element) == kind and element == value)

    def _same_kind(self, left: tuple[ast.expr, Any], right: tuple[ast.expr, Any], kinds: frozenset[str]) -> None:
        left_kind, right_kind = _kind(left[1]), _kind(right[1])
        if left_kind == right_kind and left_kind in kinds:
            return
        for node, value in (left, right):
            if value is None:
                raise InvalidExpression(f"“{short(unparse(node))}”没有值，不能比较大小。")
        texts = [f"“{short(unparse(node))}”（{_kind(value)}）" for node, value in (left, right)]
        raise InvalidExpression(f"{texts[0]}与{texts[1]}不能比较。")

    # values of the right kind

    def _numbers(self, node: ast.expr, *operands: tuple[ast.expr, Any]) -> None:
        for operand, value in operands:
            if _kind(value) != "数字":
                what = "没有值" if value is None else f"是{_kind(value)}"
                raise InvalidExpression(f"“{short(unparse(operand))}”{what}，不能参加运算“{short(unparse(node))}”。")
            number_in_range(value)

    def _text(self, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise InvalidExpression(f"表达式“{short(self._source)}”中的文字太长。")
        return value

    def _list(self, node: ast.expr, value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise InvalidExpression(f"“{short(unparse(node))}”是{_kind(value)}，不是列表。")
        self.spend(len(value))
        return list(value)

    # functions

    def call_len(self, node: Any, value: Any) -> int:
        return len(self._text(value)) if isinstance(value, str) else len(self._list(node.args[0], value))

    def call_any(self, node: Any, value: Any) -> bool:
        return any(self._list(node.args[0], value))

    def call_all(self, node: Any, value: Any) -> bool:
        return all(self._list(node.args[0], value))

    def call_count(self, node: Any, values: Any, value: Any) -> int:
        return self._occurrences(node.args[0], values, value)

    def call_sum(self, node: Any, value: Any) -> Any:
        total: Any = 0
        for element in self._list(node.args[0], value):
            # true counts as one, so that sum([a.outcome == "pass", …]) >= 2 says "two of them"
            if not isinstance(element, bool):
                self._numbers(node, (node.args[0], element))
            total = number_in_range(total + element)
        return total

    def call_min(self, node: Any, *values: Any) -> Any:
        return min(self._comparable(node, values))

    def call_max(self, node: Any, *values: Any) -> Any:
        return max(self._comparable(node, values))

    def _comparable(self, node: Any, values: tuple[Any, ...]) -> list[Any]:
        elements = self._list(node.args[0], values[0]) if len(values) == 1 else list(values)
        kinds = {_kind(element) for element in elements}
        if len(kinds) != 1 or not kinds <= _ORDERED:
            raise InvalidExpression(f"“{short(unparse(node))}”要比较的值不是同一种，或者没有值。")
        return elements

    def call_date(self, node: Any, value: Any) -> date:
        try:
            if isinstance(value, str) and _DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise InvalidExpression(f"“{short(unparse(node.args[0]))}”不是日期，应写成 2026-10-01。")


_VALUES: Mapping[type[ast.AST], Callable[[Walk, Any], Any]] = {
    ast.Constant: lambda walk, node: node.value,
    ast.Name: Walk.name,
    ast.Attribute: Walk.attribute,
    ast.BoolOp: Walk.boolean,
    ast.UnaryOp: Walk.unary,
    ast.BinOp: Walk.binary,
    ast.Compare: Walk.compare,
    ast.List: Walk.sequence,
    ast.Tuple: Walk.sequence,
    ast.Call: Walk.call,
}


_CALLS: Mapping[str, Callable[..., Any]] = {
    "len": Walk.call_len,
    "min": Walk.call_min,
    "max": Walk.call_max,
    "sum": Walk.call_sum,
    "any": Walk.call_any,
    "all": Walk.call_all,
    "count": Walk.call_count,
    "date": Walk.call_date,
}
