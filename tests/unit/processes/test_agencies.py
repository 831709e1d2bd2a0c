from __future__ import annotations

from pathlib import Path

import pytest
from small_packages import AGENCIES, write

from engine.elements import Assign
from engine.errors import InvalidDefinition
from processes.agencies import read_agencies, read_agency, read_roles

GOOD = """\
organisations:
  - {code: '450721', name: 灵山县政府, parent: null, level: county, region: '450721'}
  - {code: 450721-spj, name: 审批局, parent: '450721', level: county, region: '450721', doc_word: 灵审}
people:
  - {username: zhang.san, name: 张三, org: 450721-spj, roles: [window, 'approver@450721']}
"""


def test_reads_organisations_and_people() -> None:
    agency = read_agency(GOOD.encode())
    assert agency.organisations[1].doc_word == "灵审"
    assert agency.organisations[0].parent is None
    assert agency.people[0].groups == {"450721-spj:window", "450721:approver"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("parent: null, ", "", "缺少“parent”"),
        ("level: county, region: '450721'}", "level: 县, region: '450721'}", "“level”只能是"),
        ("region: '450721'}", "region: '4507'}", "行政区划应为6位数字"),
        ("code: 450721-spj", "code: 450721 spj", "机构代码只能含"),
        ("code: '450721'", "code: 450721", "加上引号"),
        ("zhang.san", "Zhang San", "账号应以小写字母开头"),
        ("[window", "[WINDOW", "“WINDOW”不是角色"),
        ("doc_word", "word", "没有“word”这个键"),
    ],
)
def test_each_mistake_is_named(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidDefinition) as caught:
        read_agency(GOOD.replace(old, new, 1).encode())
    assert any(message in p.message and p.line for p in caught.value.problems)


def test_roles_are_codes_with_names() -> None:
    assert read_roles("window: 综合窗口\n".encode()) == {"window": "综合窗口"}
    for wrong in ("Window: 窗口", "applicant: 申请人", "window: null", "- window"):
        with pytest.raises(InvalidDefinition):
            read_roles(wrong.encode())


def agencies_with(root: Path, old: str, new: str) -> list[str]:
    path = write(root) / "town" / "agency.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return [str(p) for p in read_agencies(root)[1]]


def test_a_sound_tree_has_no_problem(tmp_path: Path) -> None:
    agencies, problems = read_agencies(write(tmp_path))
    assert problems == []
    assert agencies.roles["window"] == "综合窗口"
    assert agencies.people[0].name == "张三"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("parent: '450721'", "parent: '999999'", "上级“999999”不存在"),
        ("parent: null", "parent: 450721-spj", "上级关系成环"),
        ("org: 450721-spj", "org: nowhere", "机构“nowhere”不存在"),
        ("[window,", "[wizard,", "角色“wizard”不存在"),
    ],
)
def test_references_that_lead_nowhere_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    found = agencies_with(tmp_path, old, new)
    assert any(message in text and text.startswith("town/agency.yaml") for text in found), found


def test_two_agencies_may_not_tell_of_the_same_organisation(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "agency.yaml").write_bytes((tmp_path / "town" / "agency.yaml").read_bytes())
    texts = [str(p) for p in read_agencies(tmp_path)[1]]
    assert any("机构“450721”重复" in text for text in texts)
    assert any("账号“zhang”重复" in text for text in texts)


@pytest.mark.parametrize(
    ("assign", "words"),
    [
        (Assign("window"), "镇审批局综合窗口"),
        (Assign("window", "parent"), "镇政府综合窗口"),
        (Assign("approver", "450721"), "镇政府审批负责人"),
        (Assign("applicant"), "申请人"),
        (Assign("window", "=apply.org"), "综合窗口"),
        (Assign("stranger", "nowhere"), "stranger"),
    ],
)
def test_says_who_an_assignment_means(assign: Assign, words: str) -> None:
    assert AGENCIES.words(assign, "450721-spj") == words
