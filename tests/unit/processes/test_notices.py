from __future__ import annotations

import pytest

from engine.errors import InvalidDefinition
from processes.notices import read_notice

HEAD = "---\ntitle: 受理通知书\nword: 受\n---\n"


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        read_notice(text.encode(), "notices/acceptance.html")
    return [f"{p.line} {p.message}" for p in caught.value.problems]


def test_reads_head_and_body() -> None:
    body = (
        "<p>您于{{ submitted_on }}提出申请。</p>\n{% if materials %}<ol>{% for name in materials %}"
        "<li>{{ loop.index }}. {{ name }}</li>{% endfor %}</ol>{% else %}{{ bases | join('；') }}{% endif %}\n"
        "{% if type is defined and type == '行政许可' %}许可{% endif %}"
    )
    notice = read_notice((HEAD + body).encode(), "notices/acceptance.html")
    assert (notice.template, notice.title, notice.word, notice.body) == ("acceptance", "受理通知书", "受", body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<p>{{ nobody }}</p>", "5 没有“nobody”这个变量"),
        ("<p>好</p>\n<p>{{ applicant.__class__ }}</p>", "6 变量没有“__class__”这一项"),
        ("{{ applicant['x'] }}", "5 文书里只能使用变量、if、for和过滤器"),
        ("{{ range(9) }}", "只能使用变量"),
        ("{{ 'a' * 999999999 }}", "只能使用变量"),
        ("{% include 'x' %}", "只能使用变量"),
        ("{% macro x() %}{% endmacro %}", "只能使用变量"),
        ("{{ item | attr('x') }}", "没有“attr”这个过滤器"),
        ("{{ item | safe }}", "没有“safe”这个过滤器"),
        ("{% if item %}", "模板语法不正确"),
        ("{{ item ", "模板语法不正确"),
        ("\n\n{% nonsense %}", "7 模板语法不正确"),
        ("<script>alert(1)</script>", "5 文书里不能用<script>"),
        ("<p onclick='x'>好</p>", "不能用属性“onclick”"),
        ("<p style='x'>好</p>", "不能用属性“style”"),
        ("<img src=x>", "不能用<img>"),
        ("<p>好</p>\n<iframe>", "6 文书里不能用<iframe>"),
        ("<!DOCTYPE html>", "不能有声明"),
        ("<?php ?>", "不能有处理指令"),
        ("", "正文是空的"),
    ],
)
def test_only_text_facts_and_plain_markup_are_taken(body: str, message: str) -> None:
    assert any(message in p for p in problems(HEAD + body)), problems(HEAD + body)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<p>好</p>", "应以“---”之间的标题部分开头"),
        ("---\ntitle: x\n<p>", "应以“---”之间的标题部分开头"),
        ("---\nword: 受\n---\n<p>好</p>", "“title”必须填写"),
        ("---\ntitle: x\n---\n<p>好</p>", "“word”必须填写"),
        ("---\ntitle: x\nword: abc\n---\n<p>好</p>", "3 “word”应为1至6个汉字"),
        ("---\ntitle: x\nword: 受\nseal: 1\n---\n<p>好</p>", "4 没有“seal”这个键"),
        ("---\ntitle: [\n---\n<p>好</p>", "不是正确的YAML"),
        (HEAD + "长" * 100_000, "超过256KB"),
    ],
)
def test_a_wrong_head_is_refused(text: str, message: str) -> None:
    assert any(message in p for p in problems(text)), problems(text)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="UTF-8"):
        read_notice(HEAD.encode() + b"\xff", "notices/x.html")
