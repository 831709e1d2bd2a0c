"""Everything in ``bpmn/`` is publishable, and tells its guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from processes.agencies import read_agencies
from processes.guide import guide
from processes.lint import prove_folder
from processes.problems import errors

BPMN = Path(__file__).parents[3] / "bpmn"
AGENCIES, AGENCY_PROBLEMS = read_agencies(BPMN)
FOLDERS = sorted(path.parent for path in BPMN.glob("[!_]*/*/item.yaml"))


def test_there_are_packages() -> None:
    assert len(FOLDERS) >= 12


def test_organisations_roles_and_people_are_sound() -> None:
    assert [str(p) for p in AGENCY_PROBLEMS] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.relative_to(BPMN).as_posix())
def test_a_package_is_publishable(folder: Path) -> None:
    package, problems = prove_folder(folder, AGENCIES)
    assert [str(p) for p in errors(problems)] == []
    assert package is not None
    definition = package.compile(1)
    assert definition.process.start_node.id == "apply"
    way = guide(package, lambda assign: AGENCIES.words(assign, package.item.owner))
    assert way.steps[0].node_id == "apply"
    assert len(way.steps) > 2
    assert any(step.stage == "decide" for step in way.steps) or package.item.kind == "即办件"
