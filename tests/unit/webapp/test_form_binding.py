from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from engine.errors import InvalidForm
from processes.forms import Field, FieldType, Form, Option, Section, ShowIf
from tests.unit.engine.fakes import at
from webapp.forms import Facts, bind, collect, question_blocks
from webapp.inputs import INPUTS

TODAY = at("2026-10-14 10:42").date()
FACTS = Facts(today=TODAY, materials={"request": "申请书", "map": "位置图"}, uploads={"a1": "request", "a2": "scan"})
YES_NO = (Option("yes", "是"), Option("no", "否"))


def form(*fields):
    return Form("f", "表", (Section("一", None, fields),))


def one(type_, raw, **attributes):
    """Bind a single required question; its value or its message."""
    attributes = {"required": True, **attributes}
    bound = bind(form(Field("q", FieldType(type_), "年电力消费量", **attributes)), {"q": raw}, FACTS)
    return bound.errors["q"][0] if bound.errors else bound.values["q"]


def test_every_type_of_question_can_be_judged():
    assert set(INPUTS) == set(FieldType)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("620", 620),
        ("620.5", 620.5),
        (" 1,286.40 ", 1286.4),
        ("６２０．５", 620.5),
        ("-3", -3),
        (620.5, 620.5),
        (7, 7),
        ("0", 0),
    ],
)
def test_a_number_is_read_as_people_write_it(raw, value):
    got = one("decimal", raw)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("raw", ["约六百二十", "620万千瓦时", "1e9", "NaN", "inf", "6,20", "--5", True, [], {"a": 1}])
def test_what_is_no_number_is_refused_with_an_example(raw):
    message = one("decimal", raw)
    assert message.startswith(("年电力消费量要填数字", "请填写年电力消费量"))


def test_bounds_and_places_of_a_number_name_the_bound_and_the_unit():
    limits = {"min": Decimal(0), "max": Decimal("999.5"), "unit": "吨", "places": 2}
    assert one("decimal", "-1", **limits) == "年电力消费量不能小于 0 吨"
    assert one("decimal", "1000", **limits) == "年电力消费量不能大于 999.5 吨"
    assert one("decimal", "1.234", **limits) == "年电力消费量最多 2 位小数"
    assert one("decimal", "1.230", **limits) == 1.23
    assert one("integer", "1.5") == "年电力消费量要填整数，例如 3"
    assert one("decimal", "12345678901234567").startswith("年电力消费量的数字太长")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10))
def test_a_number_comes_back_as_it_was_written(number):
    assert Decimal(str(one("decimal", str(number)))) == number


def test_a_date_must_exist_and_lie_within_its_bounds():
    assert one("date", "2026年3月8日") == "2026-03-08"
    assert one("date", "2026/3/8") == "2026-03-08"
    assert one("date", "20260308") == "2026-03-08"
    assert "这一天不存在" in one("date", "2026-02-30")
    assert one("date", "去年") == "年电力消费量要填日期，例如 2026-03-08"
    assert one("date", "2026-10-15", max="today") == "年电力消费量不能晚于今天"
    assert one("date", "2026-10-14", max="today") == "2026-10-14"
    assert one("date", "2026-10-14", min="today") == "2026-10-14"
    assert one("date", "2026-10-13", min="today") == "年电力消费量不能早于今天"


def test_a_text_is_measured_in_characters_and_says_how_many_it_has():
    assert one("text", "荔", min_length=2) == "年电力消费量至少要写 2 个字，现在是 1 个字"
    assert one("text", "荔枝" * 6, max_length=10) == "年电力消费量最多写 10 个字，现在是 12 个字"
    assert one("text", "a\x00b").startswith("年电力消费量里有不能保存的控制字符")
    assert one("text", "一行\n两行") == "年电力消费量只能写一行"
    assert one("textarea", "一行\r\n两行 ") == "一行\n两行"
    assert one("text", "AB12", pattern="[a-z]+", pattern_message="只能是小写字母") == "只能是小写字母"


def test_choices_are_only_those_offered():
    assert one("radio", "yes", options=YES_NO) == "yes"
    assert one("select", "maybe", options=YES_NO) == "年电力消费量只能从列出的选项中选择"
    assert one("checkboxes", ["no", "yes", "no"], options=YES_NO) == ["yes", "no"]
    assert one("checkboxes", ["other"], options=YES_NO) == "年电力消费量只能从列出的选项中选择"
    assert one("review", "ok") == "ok"
    assert one("review", "fine") == "年电力消费量只能选择符合或不符合"
    assert one("materials", ["map"]) == ["map"]
    assert one("materials", ["passport"]) == "年电力消费量只能从列出的选项中选择"


def test_files_are_only_those_uploaded_for_the_place():
    assert one("uploads", ["a1"]) == ["a1"]
    assert one("uploads", ["a2"]).endswith("只能从列出的选项中选择")
    scan = form(Field("scan", FieldType.FILE, "扫描件", required=True))
    assert bind(scan, {"scan": "a2"}, FACTS).values == {"scan": "a2"}
    assert bind(scan, {"scan": "a1"}, FACTS).errors["scan"]


@pytest.mark.parametrize(
    ("type_", "blank", "message"),
    [
        ("text", "  ", "请填写年电力消费量"),
        ("decimal", None, "请填写年电力消费量"),
        ("radio", "", "请选择年电力消费量"),
        ("checkboxes", [], "请至少选择一项：年电力消费量"),
        ("checkbox", False, "请勾选：年电力消费量"),
        ("file", "", "请上传年电力消费量"),
    ],
)
def test_a_required_question_left_blank_is_asked_for_by_name(type_, blank, message):
    assert one(type_, blank, options=YES_NO) == message


def test_an_optional_question_left_blank_has_no_value():
    bound = bind(form(Field("q", FieldType.DATE, "日期")), {"q": ""}, FACTS)
    assert bound.ok
    assert bound.values == {}


CHAIN = form(
    Field("built", FieldType.RADIO, "已动工", required=True, options=YES_NO),
    Field("why", FieldType.TEXT, "说明", required=True, show_if=ShowIf("built", "yes")),
    Field("agree", FieldType.CHECKBOX, "同意", show_if=ShowIf("why", "因为")),
    Field("name", FieldType.TEXT, "姓名", required=True, show_if=ShowIf("agree", True)),
)


def test_a_question_that_is_not_asked_is_neither_required_nor_kept():
    assert bind(CHAIN, {"built": "no", "why": "x" * 9999, "agree": True}).values == {"built": "no"}
    assert list(bind(CHAIN, {"built": "yes"}).errors) == ["why"]
    assert list(bind(CHAIN, {"built": "yes", "why": "因为", "agree": True}).errors) == ["name"]
    # a question that hangs on a hidden one is hidden with it, whatever the hidden one still holds
    assert bind(CHAIN, {"built": "no", "why": "因为", "agree": True, "name": ""}).ok


def test_keys_the_form_does_not_have_are_refused_by_name():
    bound = bind(CHAIN, {"built": "no", "salary": 5})
    assert bound.errors == {"salary": ["表单里没有“salary”这一项"]}
    with pytest.raises(InvalidForm) as refused:
        bound.checked()
    assert refused.value.fields == bound.errors


def test_messages_come_in_the_order_of_the_questions_and_only_for_the_page_asked_about():
    two = form(*(Field(k, FieldType.TEXT, k, required=True) for k in ("b", "a")))
    assert list(bind(two, {}).errors) == ["b", "a"]
    assert list(bind(two, {}, only=["a"]).errors) == ["a"]


def test_a_browser_sends_nothing_for_an_unticked_box_and_lists_for_several():
    asked = form(
        Field("agree", FieldType.CHECKBOX, "同意"),
        Field("kinds", FieldType.CHECKBOXES, "种类", options=YES_NO),
        Field("name", FieldType.TEXT, "名称"),
    )
    posted = MultiDict(
        [("f.kinds", "yes"), ("f.kinds", "no"), ("f.name", "荔枝"), ("version", "3"), ("f.strange", "x")]
    )
    raw = collect(asked, posted)
    assert raw == {"agree": False, "kinds": ["yes", "no"], "name": "荔枝", "strange": "x"}
    assert list(bind(asked, raw).errors) == ["strange"]
    assert collect(asked, MultiDict([("f.agree", "yes")]))["agree"] is True


def test_neighbouring_review_questions_stand_in_one_table():
    fields = [Field(k, t, k) for k, t in (("a", FieldType.REVIEW), ("b", FieldType.REVIEW), ("c", FieldType.TEXT))]
    assert [[f.key for f in block] for block in question_blocks(fields)] == [["a", "b"], ["c"]]


@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text()), st.booleans())
    )
)
def test_no_input_makes_judging_fail(raw):
    bind(CHAIN, raw)
    bind(form(*(Field(f"k{i}", t, "标", required=True, options=YES_NO) for i, t in enumerate(FieldType))), raw, FACTS)
