"""Linting as a whole: folders, single files, output, and what must not hang."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from small_packages import CALLED, MAIN, called_with, drawn, found, main_with, replaced, sound_files, write

from processes.lint import format_json, format_text, lint, prove_folder
from processes.lint.docs import index, page
from processes.lint.registry import rules
from processes.problems import Severity

DOCS = Path(__file__).parents[3] / "docs" / "lint"


def test_a_sound_folder_gives_its_package(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    package, problems = prove_folder(folder)
    assert problems == []
    assert package is not None
    assert package.key == "town-shop-permit"


def test_roles_and_organisations_come_from_the_folder_above(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    (tmp_path / "roles.yaml").write_text("window: 综合窗口\n", "utf-8")
    assert [p.rule for p in lint(folder)] == ["unknown-role"]


def test_the_folder_s_names_must_be_the_key_s(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    moved = folder.rename(folder.parent / "other-item")
    assert [(p.rule, p.message) for p in lint(moved)] == [("item-identity", "key应为“town-other-item”，与文件夹一致")]


def test_mistakes_in_yaml_and_in_the_diagram_come_together(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    (folder / "forms" / "inspect.yaml").write_text("title: x\n")
    (folder / "process.bpmn").write_bytes(drawn(replaced(MAIN, (' default="to_refused"', ""))))
    assert {p.rule for p in lint(folder)} == {"form", "gateway-default"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空"),
        (b"not xml", "XML"),
        (b"<a><b></a>", "XML"),
        (b'<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>', "DOCTYPE"),
        (b"<x/>", "bpmn:definitions"),
        (drawn(""), "没有流程"),
        (b" " * (2 * 1024 * 1024 + 1), "2 MB"),
        (drawn('<bpmn:process id="p">' + '<bpmn:sequenceFlow id="f"/>' * 1001 + "</bpmn:process>"), "最多1000条"),
    ],
)
def test_what_is_no_diagram_is_refused_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "process.bpmn"
    path.write_bytes(content)
    (problem,) = lint(path)
    assert problem.rule == "xml"
    assert problem.severity is Severity.ERROR
    assert message in problem.message


def test_a_diagram_alone_is_not_blamed_for_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "process.bpmn"
    path.write_bytes(drawn(MAIN))
    assert lint(path) == []
    assert lint(tmp_path / "nothing.bpmn")[0].message == "文件读不出来"


def test_wrong_yc_elements_are_named_with_line_and_node() -> None:
    problems = found(main_with(('<yc:stage name="review"/>', '<yc:stage name="lunch"/>')), "vocabulary")
    assert [(p.element, p.line) for p in problems] == [("review", 11)]


def test_what_only_the_engine_refuses_is_passed_on() -> None:
    lines = '<bpmn:sequenceFlow id="f1b" sourceRef="apply" targetRef="accept"/></bpmn:process>'
    reserved = main_with(('"inspect"', '"count"'), ('ref="count"', 'ref="inspect"'))
    assert [(p.rule, p.element) for p in found(reserved)] == [("engine", "count")]
    assert "engine" not in {p.rule for p in found(main_with(("</bpmn:process>", lines)))}


def test_the_engine_s_places_in_called_files_are_the_bundle_s() -> None:
    (problem,) = found(called_with(('"supplement_end"', '"max"')))
    assert (problem.rule, problem.file, problem.element) == ("engine", "called/shared_supplement.bpmn", "max")


def calls(process_id: str, *targets: str) -> bytes:
    inner = "".join(
        f'<bpmn:callActivity id="{process_id}_{i}" name="调用" calledElement="{t}"/>' for i, t in enumerate(targets)
    )
    ids = [f"{process_id}_start", *(f"{process_id}_{i}" for i in range(len(targets))), f"{process_id}_end"]
    flows = "".join(
        f'<bpmn:sequenceFlow id="{process_id}_f{i}" sourceRef="{a}" targetRef="{b}"/>'
        for i, (a, b) in enumerate(pairwise(ids))
    )
    return drawn(
        f'<bpmn:process id="{process_id}" isExecutable="true"><bpmn:startEvent id="{ids[0]}" name="始"/>{inner}'
        f'<bpmn:endEvent id="{ids[-1]}" name="终"/>{flows}</bpmn:process>'
    )


def test_calls_in_a_circle_do_not_hang() -> None:
    files = called_with(
        ("<bpmn:endEvent", '<bpmn:callActivity id="on" name="续" calledElement="shared_a"/><bpmn:endEvent')
    )
    files["called/shared_a.bpmn"] = calls("shared_a", "shared_b", "shared_supplement")
    files["called/shared_b.bpmn"] = calls("shared_b", "shared_a")
    assert {p.element for p in found(files, "call-cycle")} >= {"shared_a", "shared_b", "shared_supplement"}


def test_calls_that_multiply_do_not_hang() -> None:
    files = called_with(
        ("<bpmn:endEvent", '<bpmn:callActivity id="on" name="续" calledElement="shared_0"/><bpmn:endEvent')
    )
    for level in range(9):
        files[f"called/shared_{level}.bpmn"] = calls(f"shared_{level}", *[f"shared_{level + 1}"] * 20)
    files["called/shared_9.bpmn"] = calls("shared_9")
    (problem,) = found(files, "call-cycle")
    assert "最多200个" in problem.message


def test_calls_too_deep_are_refused() -> None:
    files = called_with(
        ("<bpmn:endEvent", '<bpmn:callActivity id="on" name="续" calledElement="shared_0"/><bpmn:endEvent')
    )
    for level in range(40):
        files[f"called/shared_{level}.bpmn"] = calls(f"shared_{level}", f"shared_{level + 1}")
    files["called/shared_40.bpmn"] = calls("shared_40")
    assert found(files, "call-cycle")


def test_calls_within_calls_are_fine_up_to_a_point() -> None:
    files = sound_files()
    files["called/shared_a.bpmn"] = calls("shared_a", "shared_b")
    files["called/shared_b.bpmn"] = calls("shared_b")
    files["called/shared_supplement.bpmn"] = drawn(
        replaced(
            CALLED,
            ('sourceRef="supplement_fill" targetRef="supplement_end"', 'sourceRef="supplement_fill" targetRef="on"'),
            ("</bpmn:process>", '<bpmn:callActivity id="on" name="续" calledElement="shared_a"/><bpmn:sequenceFlow'
             ' id="s3" sourceRef="on" targetRef="supplement_end"/></bpmn:process>'),
        )
    )  # fmt: skip
    assert found(files) == []


def test_a_data_object_two_levels_down_is_refused_before_the_engine_sees_it() -> None:
    data = (
        '<bpmn:subProcess id="outer" name="外"><bpmn:startEvent id="o1" name="始"/>'
        '<bpmn:subProcess id="inner" name="内">'
        '<bpmn:startEvent id="i1" name="始"/><bpmn:userTask id="use" name="用"><bpmn:dataOutputAssociation>'
        "<bpmn:targetRef>d</bpmn:targetRef></bpmn:dataOutputAssociation></bpmn:userTask></bpmn:subProcess>"
        '</bpmn:subProcess><bpmn:dataObject id="d0"/><bpmn:dataObjectReference id="d" dataObjectRef="d0"/>'
    )
    problems = found(main_with(("</bpmn:process>", data + "</bpmn:process>")))
    assert {"use", "d", "d0"} <= {p.element for p in problems if p.rule == "unsupported-element"}
    assert "engine" not in {p.rule for p in problems}


def test_text_and_json_say_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    changes = ((' default="to_refused"', ""), (' notSameAs="accept"', ""))
    (folder / "process.bpmn").write_bytes(drawn(replaced(MAIN, *changes)))
    problems = {"town/shop-permit": lint(folder), "town/other": []}
    text = format_text(problems).splitlines()
    assert text[0] == "town/shop-permit"
    assert text[1].startswith(
        "  错误  process.bpmn:13（decide_result） 网关“决定结果”没有缺省流（default） [gateway-default]"
    )
    assert text[2].startswith("  提醒  process.bpmn:12（decide）")
    assert text[3] == "检查了2个流程包：1个错误，1个提醒。"
    rows = json.loads(format_json(problems))
    assert [(r["package"], r["rule"], r["severity"], r["line"]) for r in rows] == [
        ("town/shop-permit", "gateway-default", "error", 13),
        ("town/shop-permit", "accept-decide-separation", "warning", 12),
    ]


def test_the_pages_are_the_rules() -> None:
    assert (DOCS / "README.md").read_text("utf-8") == index()
    assert {path.stem for path in DOCS.glob("*.md")} == {"README", *(rule.name for rule in rules())}
    for rule in rules():
        assert (DOCS / f"{rule.name}.md").read_text("utf-8") == page(rule), "python -m processes.lint.docs docs/lint"
