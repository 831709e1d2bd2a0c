"""Notices: the papers an applicant receives, read from ``notices/*.html`` (see ``docs/packages.md``).

A notice is written by an analyst and shown to citizens, so only text markup and a small part of Jinja are taken:
facts, ``if``, ``for``, filters.  Nothing that could call, loop without end or reach outside the facts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePosixPath

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from processes.problems import Problem, Severity
from processes.reading import MAX_BYTES, Reading, open_table

#: names a notice may use
FACTS = frozenset(
    {
        *("applicant", "agency", "item", "type", "case_no", "submitted_on", "accepted_on", "issued_on", "promised"),
        *("promised_due_on", "statutory", "statutory_due_on", "materials", "missing", "opinion", "outcome", "remedies"),
        *("bases", "result_name", "step", "step_limit", "clock_basis"),
    }
)

TAGS = frozenset(
    {
        *("p", "br", "hr", "b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "span", "div", "section"),
        *("h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col"),
    }
)
ATTRIBUTES = frozenset({"class", "colspan", "rowspan", "scope", "start"})
FILTERS = frozenset(
    {"default", "first", "join", "last", "length", "list", "replace", "reverse", "sort", "string", "trim", "unique"}
)

_HEAD = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"[\u4e00-\u9fff]{1,6}")
_NODES: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
    *(nodes.Getattr, nodes.Tuple, nodes.List, nodes.Assign, nodes.Keyword),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The template of a notice."""

    #: file name without its ending; what ``yc:notice template`` names
    template: str
    title: str
    #: the series in its number, such as 受 in 灵审受字〔2026〕第000123号
    word: str
    #: Jinja source of the HTML fragment
    body: str


def read_notice(content: bytes, name: str) -> Notice:
    """The notice in ``content``; ``name`` is its path, such as ``notices/acceptance.html``.

    Raises :class:`engine.errors.InvalidDefinition` whose ``problems`` name every mistake with its line.
    """
    reading = Reading(name, "notice")
    if len(content) > MAX_BYTES:
        reading.report(f"文件超过{MAX_BYTES // 1024}KB")
        reading.refuse()
    text = _decoded(content, reading)
    head = _HEAD.match(text)
    if head is None:
        reading.report("文件应以“---”之间的标题部分开头")
        reading.refuse()
    assert head is not None
    # the head keeps its first line, so that its lines are the file's
    table = open_table(("\n" + head[1]).encode(), reading, frozenset({"title", "word"}))
    title, word = table.text("title", limit=60), table.text("word", limit=20)
    if word and not _WORD.fullmatch(word):
        table.report("word", "“word”应为1至6个汉字，如 受")
    body = text[head.end() :]
    _check(body, text.count("\n", 0, head.end()), reading)
    reading.refuse()
    return Notice(PurePosixPath(name).stem, title, word, body)


def _decoded(content: bytes, reading: Reading) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        reading.report("文件不是UTF-8编码的文本")
        reading.refuse()
        raise


def _check(body: str, above: int, reading: Reading) -> None:
    """Report what is wrong with the body; ``above`` is how many lines of the file stand above it."""
    found: list[tuple[int, str]] = []
    if not body.strip():
        found.append((1, "正文是空的"))
    try:
        found += _template_mistakes(SandboxedEnvironment().parse(body))
    except TemplateSyntaxError as error:
        found.append((error.lineno, "模板语法不正确"))
    except RecursionError:
        found.append((1, "模板嵌套过深"))
    found += _Markup.mistakes_in(body)
    for line, message in found:
        reading.problems.append(Problem(reading.rule, Severity.ERROR, message, reading.file, above + line))


def _template_mistakes(template: nodes.Template) -> list[tuple[int, str]]:
    own = {node.name for node in template.find_all(nodes.Name) if node.ctx == "store"}
    known = FACTS | own | _guarded(template) | {"loop"}
    found = []
    for node in _walk(template):
        if not isinstance(node, _NODES):
            found.append((node.lineno, "文书里只能使用变量、if、for和过滤器"))
        elif isinstance(node, nodes.Name) and node.name not in known:
            found.append((node.lineno, f"没有“{node.name}”这个变量"))
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            found.append((node.lineno, f"没有“{node.name}”这个过滤器"))
        elif isinstance(node, nodes.Getattr) and not (isinstance(node.node, nodes.Name) and node.node.name == "loop"):
            found.append((node.lineno, f"变量没有“{node.attr}”这一项"))
    return found


def _guarded(template: nodes.Template) -> set[str]:
    """Names that the template itself asks for by ``is defined`` before it uses them."""
    tests = (test for test in template.find_all(nodes.Test) if test.name == "defined")
    return {test.node.name for test in tests if isinstance(test.node, nodes.Name)}


def _walk(node: nodes.Node) -> list[nodes.Node]:
    found, left = [], [node]
    while left:
        found.append(left.pop())
        left.extend(found[-1].iter_child_nodes())
    return found


class _Markup(HTMLParser):
    """Finds tags and attributes that a notice may not have."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    @classmethod
    def mistakes_in(cls, body: str) -> list[tuple[int, str]]:
        parser = cls()
        try:
            parser.feed(body)
            parser.close()
        except AssertionError:  # what html.parser raises on broken declarations
            parser._note("HTML不正确")
        return parser.found

    def _note(self, message: str) -> None:
        self.found.append((self.getpos()[0], message))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self._note(f"文书里不能用<{tag}>")
        for name, _ in attrs:
            if name not in ATTRIBUTES:
                self._note(f"文书里不能用属性“{name}”")

    def handle_decl(self, decl: str) -> None:
        self._note("文书里不能有声明")

    def handle_pi(self, data: str) -> None:
        self._note("文书里不能有处理指令")

    def unknown_decl(self, data: str) -> None:
        self._note("文书里不能有声明")
