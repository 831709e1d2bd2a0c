"""Strict reading of the YAML files of a package.

YAML's own guesses (``yes`` is true, ``12:30`` is 750, ``010`` is 8) lose facts without a word, so nothing is converted
by the library: files are composed into nodes, which know their lines, and each key says which type it expects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from processes.problems import Problem, Severity, refuse

MAX_BYTES = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 24
MAX_TEXT = 20_000

#: libyaml where PyYAML was built with it: ten times as fast
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_BOOL = "tag:yaml.org,2002:bool"
_DATE = "tag:yaml.org,2002:timestamp"
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?")


class Reading:
    """One file being read: its name, and the problems found so far."""

    def __init__(self, file: str, rule: str) -> None:
        self.file = file
        self.rule = rule
        self.problems: list[Problem] = []

    def report(self, message: str, node: Node | None = None, path: str | None = None) -> None:
        """Note a mistake at ``node``; reading goes on, so that all are found at once."""
        line = node.start_mark.line + 1 if node is not None and node.start_mark else None
        self.problems.append(Problem(self.rule, Severity.ERROR, message, self.file, line, path or None))

    def refuse(self) -> None:
        """Raise InvalidDefinition when anything was reported."""
        refuse(self.problems)


def open_table(content: bytes, reading: Reading, known: frozenset[str] | None) -> Table:
    """The top mapping of a YAML file, with these keys or (None) any; InvalidDefinition when there is none."""
    node = _compose(content, reading)
    if not isinstance(node, MappingNode):
        reading.report("文件的最外层应为“键: 值”", node)
        reading.refuse()
    assert isinstance(node, MappingNode)
    return Table(node, "", known, reading)


def _compose(content: bytes, reading: Reading) -> Node | None:
    if len(content) > MAX_BYTES:
        reading.report(f"文件超过{MAX_BYTES // 1024}KB")
        reading.refuse()
    try:
        _count(content, reading)
        node: Node | None = yaml.compose(content.decode("utf-8"), Loader=_LOADER)
    except UnicodeDecodeError:
        reading.report("文件不是UTF-8编码的文本")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        reading.problems.append(Problem(reading.rule, Severity.ERROR, "不是正确的YAML", reading.file, line))
    except yaml.YAMLError:
        reading.report("不是正确的YAML")
    reading.refuse()
    return node


def _count(content: bytes, reading: Reading) -> None:
    """Refuse what could hang or exhaust the composer: aliases, tags, thousands of nodes, deep nesting."""
    depth = 0
    for number, event in enumerate(yaml.parse(content.decode("utf-8"), Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        wrong = None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            wrong = "不能使用YAML锚点（& 和 *）"
        elif getattr(event, "tag", None) not in (None, "!"):
            wrong = "不能使用YAML标签（!）"
        elif depth > MAX_DEPTH or number > MAX_NODES:
            wrong = "内容过多或嵌套过深"
        if wrong:
            line = event.start_mark.line + 1 if event.start_mark else None
            reading.problems.append(Problem(reading.rule, Severity.ERROR, wrong, reading.file, line))
            reading.refuse()


class Table:
    """A mapping of the file.  Each reader reports what is wrong and gives back a harmless value of its type."""

    def __init__(self, node: MappingNode, path: str, known: frozenset[str] | None, reading: Reading) -> None:
        self.node = node
        self.path = path
        self._known = known
        self._reading = reading
        self._nodes: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if name is None:
                reading.report("键应为文本", key, path)
            elif name in self._nodes:
                reading.report(f"键“{name}”重复", key, self.at(name))
            else:
                self._nodes[name] = value
                if known is not None and name not in known:
                    reading.report(f"没有“{name}”这个键", key, self.at(name))

    def at(self, key: str) -> str:
        """Path of a key, for messages."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """The key is there and not null."""
        return key in self._nodes and not _is_null(self._nodes[key])

    def is_text(self, key: str) -> bool:
        """The key's value is a single scalar that is not null."""
        return self.has(key) and isinstance(self._nodes[key], ScalarNode)

    def report(self, key: str | None, message: str) -> None:
        """Note a mistake at the key's value, or at the mapping itself."""
        node = self._nodes.get(key, self.node) if key else self.node
        self._reading.report(message, node, self.at(key) if key else self.path)

    def require(self, *keys: str) -> None:
        """Report each key that is missing; one that is null is not missing."""
        for key in keys:
            if key not in self._nodes:
                self.report(None, f"缺少“{key}”")

    def require_all(self) -> None:
        """Report each known key that is missing."""
        self.require(*sorted((self._known or frozenset()) - self._nodes.keys()))

    def __iter__(self) -> Iterator[str]:
        """The keys, in the file's order."""
        return iter(self._nodes)

    def line(self, key: str | None = None) -> int:
        """1-based line of a key's value, or of the mapping."""
        mark = (self._nodes.get(key, self.node) if key else self.node).start_mark
        return mark.line + 1 if mark else 1

    def text(self, key: str, *, limit: int = MAX_TEXT) -> str:
        """A text that must be there and not empty."""
        value = self.text_or_none(key, limit=limit)
        if value is None and (key not in self._nodes or _is_null(self._nodes[key])):
            self.report(key, f"“{key}”必须填写")
        return value or ""

    def text_or_none(self, key: str, *, limit: int = MAX_TEXT) -> str | None:
        """A text; None when null or missing."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        return self._text(node, self.at(key), limit)

    def _text(self, node: Node, path: str, limit: int = MAX_TEXT) -> str | None:
        if not isinstance(node, ScalarNode):
            self._reading.report("应为文本", node, path)
        elif node.tag != _TEXT:
            self._reading.report(f"应为文本，请给“{node.value}”加上引号", node, path)
        elif not node.value.strip():
            self._reading.report("不能为空；来源没有的请写null", node, path)
        elif len(node.value) > limit:
            self._reading.report(f"不能超过{limit}个字", node, path)
        elif any(ord(c) < 32 and c not in "\n\t" for c in node.value):
            self._reading.report("含有控制字符", node, path)
        else:
            return str(node.value).strip()
        return None

    def choice(self, key: str, choices: frozenset[str]) -> str:
        """One of ``choices``."""
        value = self.text(key)
        if value and value not in choices:
            self.report(key, f"“{key}”只能是 {'、'.join(sorted(choices))} 之一")
            return ""
        return value

    def boolean(self, key: str, default: bool = False) -> bool:
        """true or false; ``default`` when missing or null."""
        value = self.boolean_or_none(key)
        return default if value is None else value

    def boolean_or_none(self, key: str) -> bool | None:
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if isinstance(node, ScalarNode) and node.tag == _BOOL and node.value.lower() in ("true", "false"):
            return bool(node.value.lower() == "true")
        self.report(key, "应为 true 或 false")
        return None

    def integer(self, key: str, low: int = 0, high: int = 10**9) -> int | None:
        """A whole number between ``low`` and ``high``; None when missing or null."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if _is_number(node, _WHOLE) and low <= int(node.value) <= high:
            return int(node.value)
        self.report(key, f"应为{low}至{high}的整数")
        return None

    def decimal(self, key: str) -> Decimal | None:
        """A number, read without binary rounding; None when missing or null."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if _is_number(node, _NUMBER):
            return Decimal(node.value)
        self.report(key, "应为数字")
        return None

    def date_text(self, key: str) -> str | None:
        """The raw text of a date, which YAML may have taken for a timestamp."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if isinstance(node, ScalarNode) and node.tag in (_TEXT, _DATE):
            return str(node.value)
        self.report(key, "应为日期，如 2026-01-31")
        return None

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of texts; None when missing or null."""
        nodes = self._list(key)
        if nodes is None:
            return None
        found = (self._text(node, f"{self.at(key)}[{i}]") for i, node in enumerate(nodes))
        return tuple(text for text in found if text is not None)

    def table(self, key: str, known: frozenset[str]) -> Table | None:
        """A mapping; None when missing, null or not a mapping."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if isinstance(node, MappingNode):
            return Table(node, self.at(key), known, self._reading)
        self.report(key, "应为“键: 值”")
        return None

    def tables(self, key: str, known: frozenset[str]) -> list[Table] | None:
        """A list of mappings; None when missing or null."""
        nodes = self._list(key)
        if nodes is None:
            return None
        found = []
        for i, node in enumerate(nodes):
            path = f"{self.at(key)}[{i}]"
            if isinstance(node, MappingNode):
                found.append(Table(node, path, known, self._reading))
            else:
                self._reading.report("应为“键: 值”", node, path)
        return found

    def data(self, key: str) -> Any:
        """A value of any shape as published: texts, numbers, true/false, null, lists, mappings with text keys."""
        node = self._nodes.get(key)
        return None if node is None else _plain(node)

    def _list(self, key: str) -> list[Node] | None:
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.report(key, "应为列表")
        return None


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL


def _is_number(node: Node, pattern: re.Pattern[str]) -> bool:
    return isinstance(node, ScalarNode) and not node.style and bool(pattern.fullmatch(node.value))


def _plain(node: Node) -> Any:
    if isinstance(node, SequenceNode):
        return tuple(_plain(child) for child in node.value)
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL and node.value.lower() in ("true", "false"):
        return bool(node.value.lower() == "true")
    if _is_number(node, _WHOLE):
        return int(node.value)
    return str(node.value)
