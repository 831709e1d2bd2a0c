"""Importing a year's holidays from YAML and CSV: what is read, and what each mistake is answered with."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.rulebook import DayKind, DayRule
from processes.holidays import read_holidays

YAML = """\
year: 2027
source: 国务院办公厅关于2027年部分节假日安排的通知
holidays:
  - {name: 元旦, first: 2027-01-01, last: 2027-01-03}
  - {name: 清明节, first: 2027-04-05}
makeup: [2027-02-06, 2027-02-20]
"""
CSV = """\
日期,安排,名称
2027-01-01,休,元旦
2027-01-02,休,元旦
2027-01-03,休,元旦
2027-04-05,休,清明节
2027-02-06,班,
2027-02-20,班,调休
"""
DAYS = {
    DayRule(date(2027, 1, 1), DayKind.REST, "元旦"),
    DayRule(date(2027, 1, 2), DayKind.REST, "元旦"),
    DayRule(date(2027, 1, 3), DayKind.REST, "元旦"),
    DayRule(date(2027, 4, 5), DayKind.REST, "清明节"),
    DayRule(date(2027, 2, 6), DayKind.WORK, "调休"),
    DayRule(date(2027, 2, 20), DayKind.WORK, "调休"),
}


def test_both_forms_say_the_same():
    from_yaml, from_csv = read_holidays(YAML.encode(), "2027.yaml"), read_holidays(CSV.encode(), "2027.csv")
    assert (from_yaml.year, set(from_yaml.days)) == (from_csv.year, set(from_csv.days)) == (2027, DAYS)
    assert from_yaml.source.startswith("国务院办公厅")


def test_a_spreadsheet_may_put_its_mark_in_front():
    assert set(read_holidays(b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode(), "2027.CSV").days) == DAYS


def test_a_notice_may_begin_in_december_of_the_year_before():
    text = CSV + "2026-12-31,休,元旦\n"
    year = read_holidays(text.encode(), "2027.csv")
    assert year.year == 2027
    assert DayRule(date(2026, 12, 31), DayKind.REST, "元旦") in year.days


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("2027-02-06", "2027-02-08", "2027-02-08 不是周末"),
        ("2027-02-06", "2027-02-30", "“2027-02-30”不是日期"),
        ("2027-02-06", "20270206", "“20270206”不是日期"),
        ("2027-02-06", "2025-02-08", "2025-02-08 不在 2027 年的安排里"),
        ("2027-02-20", "2027-02-06", "2027-02-06 列了两次"),
        ("last: 2027-01-03", "last: 2026-12-03", "2027.yaml:4"),
        ("first: 2027-04-05", "first: 四月五日", "“四月五日”不是日期"),
        ("year: 2027", "year: 二〇二七", "2027.yaml:1"),
        ("year: 2027", "year: 9999", "年份应在"),
        ("holidays:", "holiday:", "没有“holiday”这个键"),
        ("[2027-02-06, 2027-02-20]", "2027-02-06", "应为日期的列表"),
        ("name: 元旦, ", "", "缺少“name”"),
        ("source: ", "source: &a ", "锚点"),
    ],
)
def test_each_mistake_in_yaml_is_named(old, new, said):
    assert old in YAML
    with pytest.raises(Invalid) as caught:
        read_holidays(YAML.replace(old, new).encode(), "2027.yaml")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("日期,安排,名称", "a,b,c", "第一行应写列名"),
        ("2027-01-02,休", "2027-01-02,放假", "2027.csv:3 “放假”应为 休 或 班"),
        ("2027-01-02,休,元旦", "2027-01-02,休,", "2027.csv:3 放假的日子要写名称"),
        ("2027-01-02,休", "2027/1/2,休", "2027.csv:3 “2027/1/2”不是日期"),
        ("2027-01-02,休,元旦", '2027-01-02,休,"元旦', "不是正确的CSV"),
    ],
)
def test_each_mistake_in_csv_is_named(old, new, said):
    with pytest.raises(Invalid) as caught:
        read_holidays(CSV.replace(old, new).encode(), "2027.csv")
    assert said in caught.value.message


def test_a_year_without_a_holiday_is_no_year():
    with pytest.raises(Invalid, match="没有列出任何放假的日子"):
        read_holidays("日期,安排,名称\n2027-02-06,班,\n".encode(), "2027.csv")


@pytest.mark.parametrize("name", ["2027.xlsx", "2027", "2027.yaml.exe"])
def test_other_kinds_of_files_are_refused(name):
    with pytest.raises(Invalid, match=r"\.yaml 或 \.csv"):
        read_holidays(CSV.encode(), name)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("日期,安排,名称\n" + text).encode()))
def test_whatever_the_bytes_the_answer_is_a_year_or_a_refusal(content):
    for name in ("x.csv", "x.yaml"):
        with suppress(Invalid):
            read_holidays(content, name).check()
