from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.errors import InvalidDefinition
from processes.forms import FieldType, Form, read_form

GOOD = """\
title: 节能审查申请
sections:
  - title: 项目基本信息
    hint: 按备案证填写
    fields:
      - {key: project_name, type: text, label: 项目名称, required: true, min_length: 2, max_length: 100}
      - {key: code, type: text, label: 项目代码, pattern: '^\\d{4}-\\d{6}$', pattern_message: 如 2026-000001}
      - {key: coal, type: decimal, label: 能耗, unit: 吨标准煤, required: true, min: 0.1, places: 2, route: true}
      - key: started
        type: radio
        label: 是否已开工
        options: [{value: 'yes', label: 是}, {value: 'no', label: 否}]
      - {key: plan, type: textarea, label: 说明, show_if: {field: started, equals: 'yes'}}
  - title: 日期与材料
    fields:
      - {key: starts, type: date, label: 拟开工日期, min: today, max: 2030-12-31}
      - {key: kinds, type: checkboxes, label: 品种, route: true, options: [{value: power, label: 电力}]}
      - {key: agree, type: checkbox, label: 我已阅读, required: true}
      - {key: more, type: text, label: 其他, show_if: {field: kinds, equals: power}}
      - {key: fit, type: review, label: 用能设备}
      - {key: missing, type: materials, label: 需补正的材料}
      - {key: files, type: uploads, label: 材料}
      - {key: plan_file, type: file, label: 方案, accept: [.pdf, .docx], max_mb: 20}
"""


def form(text: str) -> Form:
    return read_form(text.encode(), "forms/apply.yaml")


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        form(text)
    assert all(p.file == "forms/apply.yaml" for p in caught.value.problems)
    return [f"{p.line} {p.element or ''} {p.message}" for p in caught.value.problems]


def one_field(attributes: str, before: str = "") -> str:
    return f"title: 表\nsections:\n  - title: 节\n    fields:\n{before}      - {{{attributes}}}\n"


def test_reads_everything_that_a_form_can_say() -> None:
    read = form(GOOD)
    assert (read.ref, read.title, len(read.sections)) == ("apply", "节能审查申请", 2)
    assert [f.type for f in read.fields] == [
        *[FieldType.TEXT] * 2, FieldType.DECIMAL, FieldType.RADIO, FieldType.TEXTAREA, FieldType.DATE,
        FieldType.CHECKBOXES, FieldType.CHECKBOX, FieldType.TEXT, FieldType.REVIEW, FieldType.MATERIALS,
        FieldType.UPLOADS, FieldType.FILE,
    ]  # fmt: skip
    coal = read.field("coal")
    assert coal is not None
    assert (coal.min, coal.places, coal.unit, coal.required) == (Decimal("0.1"), 2, "吨标准煤", True)
    starts = read.field("starts")
    assert starts is not None
    assert (starts.min, starts.max) == ("today", date(2030, 12, 31))
    file = read.field("plan_file")
    assert file is not None
    assert (file.accept, file.max_mb) == ((".pdf", ".docx"), 20)


def test_only_marked_fields_enter_the_routing_data() -> None:
    assert form(GOOD).routes == {"coal", "kinds"}


def test_a_condition_holds_on_a_choice_and_within_a_list() -> None:
    plan, more = form(GOOD).field("plan"), form(GOOD).field("more")
    assert plan is not None
    assert plan.show_if is not None
    assert plan.show_if.holds({"started": "yes"})
    assert not plan.show_if.holds({"started": "no"})
    assert not plan.show_if.holds({})
    assert more is not None
    assert more.show_if is not None
    assert more.show_if.holds({"kinds": ["coal", "power"]})


def test_a_pattern_matches_the_whole_value() -> None:
    code = form(GOOD).field("code")
    assert code is not None
    assert code.matches("2026-000001")
    assert not code.matches("2026-000001x")


def test_a_pattern_that_would_backtrack_for_ever_does_not() -> None:
    field = form(one_field("key: a, type: text, label: 甲, pattern: '(a+)+$'")).field("a")
    assert field is not None
    assert not field.matches("a" * 50_000 + "!")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("key: a, type: text, label: 甲, lenght: 3", "没有“lenght”这个键"),
        ("key: a, type: text", "“label”必须填写"),
        ("key: a, label: 甲", "“type”必须填写"),
        ("key: a, type: string, label: 甲", "“type”只能是"),
        ("key: A, type: text, label: 甲", "应以小写字母开头"),
        ("key: typename, type: text, label: 甲", "不能叫“typename”"),
        ("key: outcome, type: text, label: 甲", "不能叫“outcome”"),
        ("key: class, type: text, label: 甲", "不能叫“class”"),
        ("key: a, type: text, label: 甲, min: 3", "text 类型的字段没有“min”"),
        ("key: a, type: text, label: 甲, required: 'true'", "应为 true 或 false"),
        ("key: a, type: text, label: 甲, required: yes", "应为 true 或 false"),
        ("key: a, type: text, label: 123", "请给“123”加上引号"),
        ("key: a, type: text, label: 甲, pattern: '(?=x)'", "不是可用的正则表达式"),
        ("key: a, type: text, label: 甲, pattern: '('", "不是可用的正则表达式"),
        ("key: a, type: text, label: 甲, check: passport", "“check”只能是"),
        ("key: a, type: text, label: 甲, min_length: 5, max_length: 4", "不能大于 max_length"),
        ("key: a, type: text, label: 甲, min_length: two", "应为0至100000的整数"),
        ("key: a, type: decimal, label: 甲, min: 5, max: 4.5", "不能大于 max"),
        ("key: a, type: decimal, label: 甲, min: 010", "应为数字"),
        ("key: a, type: integer, label: 甲, min: 1.5", "应为整数"),
        ("key: a, type: date, label: 甲, min: 2026-02-30", "应为 today 或日期"),
        ("key: a, type: radio, label: 甲", "“options”至少要有一项"),
        ("key: a, type: radio, label: 甲, options: [{value: yes, label: 是}]", "请给“yes”加上引号"),
        ("key: a, type: radio, label: 甲, options: [{value: x, label: 是}, {value: x, label: 否}]", "选项“x”重复"),
        ("key: a, type: textarea, label: 甲, route: true", "不能进入流程数据"),
        ("key: a, type: uploads, label: 甲, route: true", "不能进入流程数据"),
        ("key: a, type: file, label: 甲, accept: [pdf]", "不是文件扩展名"),
        ("key: a, type: file, label: 甲, max_mb: 9999", "应为1至200的整数"),
        ("key: a, type: text, label: 甲, show_if: {field: b, equals: x}", "不在本字段之前"),
        ("key: a, type: text, label: 甲, key: b", "键“key”重复"),
    ],
)
def test_each_mistake_is_named_with_its_line(attributes: str, message: str) -> None:
    found = problems(one_field(attributes))
    assert len(found) == 1, found
    assert message in found[0]
    assert found[0].startswith("5 ")


def test_a_condition_on_an_option_that_does_not_exist_is_refused() -> None:
    before = "      - {key: b, type: radio, label: 乙, options: [{value: x, label: 是}]}\n"
    found = problems(one_field("key: a, type: text, label: 甲, show_if: {field: b, equals: y}", before))
    assert found == ["6 sections[0].fields[1].show_if.equals 字段“b”没有选项“y”"]


def test_all_mistakes_are_reported_at_once() -> None:
    text = one_field("key: a, type: text, label: 甲, x: 1", "      - {key: a, type: nothing, label: ''}\n")
    assert len(problems(text)) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "最外层"),
        ("- a", "最外层"),
        ("title: 表", "缺少“sections”"),
        ("title: 表\nsections: []", "至少要有一节"),
        ("title: 表\nsections: 5", "应为列表"),
        ("title: 表\nsections: [5]", "应为“键: 值”"),
        ("title: [表\nsections: [", "不是正确的YAML"),
        ("title: &a 表\nsections: *a", "锚点"),
        ("title: &a 表", "锚点"),
        ("title: !!python/object/apply:os.system [ls]", "标签"),
        ("title: " + "[" * 100 + "]" * 100, "嵌套过深"),
        ("title: '" + "长" * 200_000 + "'", "超过256KB"),
    ],
)
def test_a_file_that_is_no_form_is_refused(text: str, message: str) -> None:
    assert any(message in p for p in problems(text))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="UTF-8"):
        read_form(b"title: \xff\xfe", "forms/apply.yaml")
