from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_packages import CALLED, drawn, notice, replaced, sound_files, write

from engine.errors import InvalidDefinition
from processes import bundle
from processes.package import Package, read_package


def refusals(folder: Path) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        read_package(folder)
    return [str(p) for p in caught.value.problems]


def test_a_folder_becomes_a_flat_bundle(tmp_path: Path) -> None:
    package = read_package(write(tmp_path) / "town" / "shop-permit")
    assert dict(package.files) == sound_files()
    assert package.key == "town-shop-permit"
    assert set(package.forms) == {"apply", "inspect", "supplement"}
    assert set(package.notices) == {"supplement", "non_acceptance", "decision_refused"}
    assert list(package.called) == ["shared_supplement"]


def test_the_hash_depends_on_names_and_contents_alone() -> None:
    files = sound_files()
    same = dict(reversed(files.items()))
    assert Package.from_files(files).definition_id == Package.from_files(same).definition_id
    assert bundle.definition_id({"a": b"bc"}) != bundle.definition_id({"ab": b"c"})
    assert bundle.definition_id({"a": b"b"}) != bundle.definition_id({"a": b"c"})
    assert len(bundle.definition_id(files)) == 64


def test_a_shared_notice_that_nobody_uses_stays_out(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    before = read_package(folder).definition_id
    (tmp_path / "_shared" / "notices" / "special_time.html").write_bytes(notice("特别程序", "特"))
    assert read_package(folder).definition_id == before


def test_the_item_s_own_notice_takes_the_shared_one_s_place(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    (folder / "notices" / "supplement.html").write_bytes(notice("本事项的补正通知书", "补"))
    assert read_package(folder).notices["supplement"].title == "本事项的补正通知书"


def test_what_a_called_process_calls_comes_along(tmp_path: Path) -> None:
    root = write(tmp_path)
    inner = root / "_shared" / "inner-step" / "process.bpmn"
    inner.parent.mkdir()
    text = replaced(CALLED, ("shared_supplement", "shared_inner_step"), ('"supplement"', '"inner"'))
    inner.write_bytes(drawn(text.replace("supplement_", "inner_")))
    (inner.parent / "forms").mkdir()
    (inner.parent / "forms" / "inner.yaml").write_bytes(sound_files()["forms/supplement.yaml"])
    call = '<bpmn:callActivity id="deep" name="深" calledElement="shared_inner_step"/><bpmn:endEvent'
    path = root / "_shared" / "supplement" / "process.bpmn"
    path.write_bytes(drawn(CALLED.replace("<bpmn:endEvent", call)))
    package = read_package(root / "town" / "shop-permit")
    assert set(package.called) == {"shared_supplement", "shared_inner_step"}
    assert "inner" in package.forms


def test_called_processes_may_not_bring_two_forms_of_one_name(tmp_path: Path) -> None:
    root = write(tmp_path)
    other = root / "_shared" / "other"
    (other / "forms").mkdir(parents=True)
    (other / "process.bpmn").write_bytes(
        drawn(CALLED.replace("supplement", "other").replace('ref="other"', 'ref="supplement"'))
    )
    (other / "forms" / "supplement.yaml").write_bytes(sound_files()["forms/supplement.yaml"] + b"# other\n")
    path = root / "town" / "shop-permit" / "process.bpmn"
    call = b'<bpmn:callActivity id="o" name="x" calledElement="shared_other"/><bpmn:boundaryEvent'
    path.write_bytes(path.read_bytes().replace(b"<bpmn:boundaryEvent", call))
    assert any("两个不同的“forms/supplement.yaml”" in text for text in refusals(path.parent))


@pytest.mark.parametrize(
    "name",
    ["../evil.yaml", "/etc/passwd", "forms/../../x.yaml", "forms/a/b.yaml", "forms/.x.yaml", "forms/x.yml",
     "notices/x.txt", "called/../x.bpmn", "other.txt", "forms\\x.yaml", "", "FORMS/x.yaml", "forms/x.yaml\n"],
)  # fmt: skip
def test_no_other_file_gets_into_a_bundle(name: str) -> None:
    with pytest.raises(InvalidDefinition, match="不能有这种文件"):
        Package.from_files({**sound_files(), name: b"title: x"})


def test_links_are_refused_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_bytes(sound_files()["forms/inspect.yaml"])
    folder = write(tmp_path / "bpmn") / "town" / "shop-permit"
    os.symlink(secret, folder / "forms" / "stolen.yaml")
    os.symlink(tmp_path, folder / "notices" / "more")
    texts = refusals(folder)
    assert any("forms/stolen.yaml" in text and "符号链接" in text for text in texts)
    assert any("notices/more" in text and "符号链接" in text for text in texts)


def test_a_strange_file_is_named_and_notes_are_left_alone(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    (folder / "README.md").write_text("来源")
    (folder / ".DS_Store").write_bytes(b"\0")
    read_package(folder)
    (folder / "forms" / "apply.yml").write_text("x")
    assert refusals(folder) == ["forms/apply.yml 流程包里不能有这种文件"]


def test_files_too_big_or_missing_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path) / "town" / "shop-permit"
    (folder / "forms" / "apply.yaml").write_bytes(b"#" * (bundle.MAX_FILE + 1))
    assert any("forms/apply.yaml" in text and "超过" in text for text in refusals(folder))
    (folder / "item.yaml").unlink()
    assert any("item.yaml 缺少这个文件" in text for text in refusals(folder))
    assert refusals(tmp_path / "town" / "nothing")


def test_all_mistakes_of_all_files_come_at_once() -> None:
    files = {**sound_files(), "forms/apply.yaml": b"title: x", "notices/supplement.html": b"x", "item.yaml": b"key: x"}
    with pytest.raises(InvalidDefinition) as caught:
        Package.from_files(files)
    assert {p.file for p in caught.value.problems} == {"forms/apply.yaml", "notices/supplement.html", "item.yaml"}


def test_compiles_into_what_the_engine_runs() -> None:
    package = Package.from_files(sound_files())
    definition = package.compile(3)
    assert (definition.id, definition.version, definition.item.key) == (package.definition_id, 3, "town-shop-permit")
    assert definition.routes == {"apply": {"area", "kind"}, "inspect": set(), "supplement": set()}
    assert definition.notices["supplement"] == ("补正通知书", "补")
    run = definition.process.start({"apply": {"area": 10, "kind": "shop"}})
    assert [w.node.id for w in run.waiting()] == ["accept"]
