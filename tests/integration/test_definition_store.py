"""Publishing: all or nothing, every content once, a version number for each change."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select
from storage_samples import DAY, NOW, a_case, stored
from test_storage_concurrency import together

from engine.records import CaseStatus
from engine.views import ItemRow, PublishedPackage
from storage.database import Database
from storage.definitions import DefinitionStore
from storage.queries.catalog import CatalogQueries
from storage.tables import contents, definition_files, versions


def a_package(key: str = "lingshan-energy-review", process: bytes = b"<bpmn/>", **changes: Any) -> PublishedPackage:
    files = {
        "item.yaml": f"key: {key}\n".encode(),
        "process.bpmn": process,
        "_shared/受理.html": b"<p>\xe5\x8f\x97</p>",
    }
    row = ItemRow(
        key=key,
        code=f"11450721MB15580811400010400200-{key}",
        name="固定资产投资项目节能审查",
        agency="灵山县行政审批局",
        owner_org="450721-spj",
        item_type="行政许可",
        kind="承诺件",
        promised="5个工作日",
        statutory="20个工作日",
        audience=("企业法人", "事业法人"),
        definition_id="",
        version=0,
        published_at=NOW,
    )
    digest = sha256(b"".join(files.values())).hexdigest()
    return PublishedPackage(digest, files, replace(row, **changes))


def publish(database: Database, *packages: PublishedPackage, at: object = NOW) -> list[tuple[str, int]]:
    rows = DefinitionStore(database).publish(packages, by="u-analyst", note="首次发布", at=at)
    return [(row.key, row.version) for row in rows]


def test_published_files_come_back_byte_for_byte(database: Database) -> None:
    package = a_package(process=bytes(range(256)))
    assert publish(database, package) == [("lingshan-energy-review", 1)]
    store = DefinitionStore(database)
    assert store.files(package.definition_id) == package.files
    assert store.current("lingshan-energy-review") == package.definition_id
    assert store.version(package.definition_id) == ("lingshan-energy-review", 1)
    assert store.files("0" * 64) is None
    assert store.current("none") is None
    assert store.version("0" * 64) is None


def test_same_content_is_left_as_it_is_and_other_content_gets_the_next_number(database: Database) -> None:
    first, second = a_package(), a_package(process=b"<bpmn>2</bpmn>")
    assert publish(database, first) == [("lingshan-energy-review", 1)]
    assert publish(database, first, at=NOW + DAY) == [("lingshan-energy-review", 1)]
    assert publish(database, second, at=NOW + DAY) == [("lingshan-energy-review", 2)]
    assert publish(database, first, at=NOW + 2 * DAY) == [("lingshan-energy-review", 3)]
    catalog = CatalogQueries(database)
    rows = catalog.versions("lingshan-energy-review")
    assert [(row.version, row.in_force, row.published_at) for row in rows] == [
        (3, True, NOW + 2 * DAY),
        (2, False, NOW + DAY),
        (1, False, NOW),
    ]
    assert catalog.item("lingshan-energy-review").version == 3
    assert DefinitionStore(database).version(first.definition_id) == ("lingshan-energy-review", 3)
    assert DefinitionStore(database).files(second.definition_id) == second.files


def test_contents_are_stored_once(database: Database) -> None:
    publish(database, a_package(), a_package("other"), a_package("other", process=b"2"))
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(definition_files)) == 9
        # two item.yaml, two diagrams, one notice
        assert connection.scalar(select(func.count()).select_from(contents)) == 5


def test_one_that_fails_takes_all_with_it(database: Database) -> None:
    publish(database, a_package())
    changed, broken = a_package(process=b"2"), replace(a_package("broken"), files={})
    with pytest.raises(ValueError, match="empty package"):
        publish(database, changed, broken)
    assert DefinitionStore(database).current("lingshan-energy-review") == a_package().definition_id
    assert DefinitionStore(database).files(changed.definition_id) is None
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(versions)) == 1


def test_publications_at_once_get_numbers_of_their_own(database: Database) -> None:
    packages = [a_package(process=f"<bpmn>{n}</bpmn>".encode()) for n in range(6)]
    results = together(6, lambda n: publish(database, packages[n], a_package("other")))
    assert sorted(version for ((_, version), _) in results) == [1, 2, 3, 4, 5, 6]
    assert {other for (_, other) in results} == {("other", 1)}


def test_catalog_shows_what_is_in_force(database: Database) -> None:
    energy = a_package()
    water = a_package(
        "wanyuan-water",
        name="取水许可",
        agency="万源市水务局",
        code=None,
        item_type=None,
        kind=None,
        promised=None,
        statutory=None,
        audience=("自然人",),
    )
    publish(database, energy, water)
    publish(database, replace(energy, definition_id="f" * 64, row=replace(energy.row, name="节能审查（新）")))
    catalog = CatalogQueries(database)
    items = catalog.items()
    assert [item.name for item in items] == ["取水许可", "节能审查（新）"]
    assert items[0] == replace(water.row, definition_id=water.definition_id, version=1, published_at=NOW)
    for text, keys in {
        "水务局": ["wanyuan-water"],
        " 节能 ": ["lingshan-energy-review"],
        "11450721mb": ["lingshan-energy-review"],
        "固定资产": [],
        "%": [],
        "": ["wanyuan-water", "lingshan-energy-review"],
    }.items():
        assert [item.key for item in catalog.items(text)] == keys, text
    assert [item.key for item in catalog.items(audience="自然人")] == ["wanyuan-water"]
    assert catalog.items(audience="社会组织") == []
    assert catalog.item(energy.row.code) == catalog.item("lingshan-energy-review")
    assert catalog.item("none") is None


def test_versions_know_their_running_cases(database: Database) -> None:
    first, second = a_package(), a_package(process=b"2")
    publish(database, first)
    publish(database, second, at=NOW + DAY)
    stored(
        database,
        a_case(definition_id=first.definition_id),
        a_case(definition_id=first.definition_id),
        a_case(definition_id=first.definition_id, status=CaseStatus.CONCLUDED, concluded_at=NOW),
    )
    rows = CatalogQueries(database).versions()
    assert [(row.version, row.running_cases, row.published_by, row.note) for row in rows] == [
        (2, 0, "u-analyst", "首次发布"),
        (1, 2, "u-analyst", "首次发布"),
    ]
    assert CatalogQueries(database).versions("none") == []
